/**
 * What the engine does with an error.
 * - `dead-letter`: keep the bytes of the message or event aside, go on with the rest.
 * - `refuse`: do not take the thing offered (a model, a configuration); what is live stays live.
 * - `retry`: temporary; do it again.
 * - `stop`: abort what is uncommitted and end the process.
 */
export type Decision = 'dead-letter' | 'refuse' | 'retry' | 'stop'

interface Entry {
  readonly decision: Decision
  /** One sentence: what happened. */
  readonly what: string
  /** One sentence: what the reader can do. */
  readonly remedy: string
}

const entry = (decision: Decision, what: string, remedy: string): Entry => ({ decision, what, remedy })

/** Every error that Spillway raises on purpose. docs/errors.md lists the same codes; a test compares the two. */
export const catalogue = {
  CONFIG_UNREADABLE: entry(
    'stop',
    'A configuration file cannot be read or is not YAML.',
    'Check the path and the YAML syntax at the line given.',
  ),
  CONFIG_INVALID: entry(
    'stop',
    'A configuration has an unknown key or a value of the wrong kind.',
    'Correct the key at the line given; `spillway create` prints a commented skeleton.',
  ),
  CONFIG_ENV_MISSING: entry(
    'stop',
    'A configuration names an environment variable that is not set.',
    'Set the variable, or give a default as ${NAME:-default}.',
  ),
  EXPRESSION_INVALID: entry(
    'stop',
    'An expression cannot be parsed or uses an unknown name or function.',
    'Correct the expression at the column given.',
  ),
  COLUMN_MISSING: entry(
    'stop',
    'A step reads a column that neither the source nor an earlier step provides.',
    'Name one of the columns listed, or add a step that produces it.',
  ),
  COLUMN_TYPE: entry(
    'stop',
    'A column has another type than the step that reads it expects.',
    'Convert the column where it is written, or change the step.',
  ),
  COLUMN_UNIT: entry(
    'stop',
    'A column has another unit than the step that reads it expects.',
    'Convert the unit in a schema map, or correct the unit in the file.',
  ),
  SCHEMA_MISMATCH: entry(
    'dead-letter',
    'A message lacks a column that a step reads, or has it with another type.',
    'Correct the producer and replay the dead letter.',
  ),
  MESSAGE_EMPTY: entry(
    'dead-letter',
    'A message has no value.',
    'Tombstones and empty messages carry no events; find their producer.',
  ),
  MESSAGE_CORRUPT: entry(
    'dead-letter',
    'The bytes of a message do not match the checksum its producer sent.',
    'The message was damaged on its way; have it produced again.',
  ),
  MESSAGE_UNDECODABLE: entry(
    'dead-letter',
    'A message is not a valid Arrow IPC stream.',
    'Correct the producer; the original bytes are in the dead letter.',
  ),
  MESSAGE_TOO_LARGE: entry(
    'dead-letter',
    'A message is, or would inflate to be, larger than the limit.',
    'Produce smaller messages or raise limits.message_bytes.',
  ),
  MESSAGE_HANGS: entry(
    'dead-letter',
    'A message did not finish within the time limit more than once.',
    'Look at the bytes with `spillway dlq show`; raise workers.batch_s if the work is that long.',
  ),
  MESSAGE_CRASHES: entry(
    'dead-letter',
    'A message made a worker or the process end more than once.',
    'Look at the bytes with `spillway dlq show`; report the model or the message that does this.',
  ),
  EVENTS_UNREADABLE: entry(
    'dead-letter',
    'Events of an input file cannot be read; those before them were scored.',
    'Fetch or repair the file named at the place given, and run on it again.',
  ),
  EVENT_FAILED: entry(
    'dead-letter',
    'A step failed on one event.',
    'See the cause; correct the event or the step and replay the dead letter.',
  ),
  SCORE_NOT_FINITE: entry(
    'dead-letter',
    'A model gave NaN or an infinity for an event.',
    'Look at the inputs of the event; correct them or the model and replay.',
  ),
  DEAD_LETTER_TOO_LARGE: entry(
    'stop',
    'A dead letter, the original bytes and a few headers, is too large for its topic.',
    'Raise max.message.bytes of the dead letter topic above that of the source topic, or keep dead letters in a folder.',
  ),
  DEAD_LETTERS_TOO_MANY: entry(
    'stop',
    'More dead letters in the window than the pipeline allows.',
    'Correct the cause, replay, or raise dead_letters.max_in_window.',
  ),
  MODEL_UNREADABLE: entry(
    'refuse',
    'A model file or its manifest cannot be read.',
    'Check the path and that both files belong together.',
  ),
  MODEL_INVALID: entry(
    'refuse',
    'A model does not fit its manifest, or uses what is not allowed.',
    'Export the model again, or correct the manifest.',
  ),
  MODEL_CRASHES: entry(
    'refuse',
    'Loading a model ended the process that tried it.',
    'The model file is malformed; export it again.',
  ),
  PROBE_FAILED: entry(
    'refuse',
    'A model does not give its probe answers here.',
    'Compare feature builder versions, runtime version and provider with the manifest.',
  ),
  MODEL_EXISTS: entry(
    'refuse',
    'A version of a model is published already, with other bytes.',
    'Publish it under the next version: `spillway publish --next`.',
  ),
  MODEL_DEMOTED: entry(
    'refuse',
    'A version that scored on trial, or went live, did worse than the pipeline allows.',
    'See the message: errors, drift or differences. Correct the model, or the limits of rollout and rollback.',
  ),
  MODEL_OUTDATED: entry(
    'refuse',
    'An older version of a model is offered over a newer one, or other bytes under the same version.',
    'Versions only grow: publish old weights under a new version, `spillway models rollback`.',
  ),
  MODEL_UNSIGNED: entry(
    'refuse',
    'A model carries no signature where one is required.',
    'Publish it signed: `spillway publish --sign KEY`.',
  ),
  SIGNATURE_INVALID: entry(
    'refuse',
    'The signature of a model is not of the key asked for, or not of these files.',
    'Sign the bundle with the key whose public half the pipeline names; do not change its files afterwards.',
  ),
  REGISTRY_UNAVAILABLE: entry(
    'retry',
    'A model registry cannot be reached, read or written.',
    'Check the address, credentials and permissions; with NATS, that JetStream is on.',
  ),
  PROVIDER_UNAVAILABLE: entry(
    'stop',
    'The execution provider asked for cannot be loaded on this machine.',
    'Install its libraries (docs/gpu.md), or set provider to cpu or auto.',
  ),
  SOURCE_UNAVAILABLE: entry(
    'retry',
    'A source cannot be reached or read.',
    'Check address, credentials and that the topic or file exists.',
  ),
  SINK_UNAVAILABLE: entry(
    'retry',
    'A sink cannot be reached or written.',
    'Check address, credentials, free space and that the topic exists.',
  ),
  OUTPUT_EXISTS: entry(
    'stop',
    'An output folder holds the unfinished output of another input.',
    'Choose another folder, or remove this one to begin anew.',
  ),
  HTTP_UNAVAILABLE: entry(
    'stop',
    'The address for metrics and health cannot be bound.',
    'Choose another http.port, or 0 for a free one.',
  ),
  ACTION_REFUSED: entry(
    'refuse',
    'Something that an operator asked for cannot be done now.',
    'See the message; the command line can do more than the live page.',
  ),
  FILE_UNREADABLE: entry(
    'stop',
    'A file is not what its name says, or is damaged; or a file of a sample is not there.',
    'See the place given: the file is damaged, of another format than its name says, or absent.',
  ),
  FILE_LIMIT: entry(
    'stop',
    'A file asks for more memory or more entries than the limit.',
    'The file is damaged or hostile; raise the limit only for files you trust.',
  ),
  LANE_FENCED: entry(
    'retry',
    'Another process took over this partition.',
    'Nothing to do: the other process goes on. If it repeats, two pipelines share one name.',
  ),
  LANE_AMBIGUOUS: entry(
    'retry',
    'The end of a transaction is unknown.',
    'Nothing to do: the lane discards its producer, starts anew and reads the committed offset.',
  ),
  DEPENDENCY_MISSING: entry(
    'stop',
    'An optional package that the configuration asks for is not installed.',
    'Install it as the message says, or choose another implementation.',
  ),
  WORKER_LOST: entry(
    'retry',
    'A worker thread ended or hung and was replaced.',
    'Nothing to do unless it repeats; then see the dead letters.',
  ),
  TRACE_UNSUPPORTED: entry(
    'stop',
    'A TensorFlow.js operation cannot be traced to ONNX.',
    'Use one of the supported kernels listed in src/train/trace/README.md.',
  ),
  TRACE_DATA_READ: entry(
    'stop',
    'A traced function reads tensor data or depends on the batch content.',
    'Keep control flow independent of tensor values.',
  ),
  TRAIN_DIVERGED: entry(
    'stop',
    'The loss of a training step became NaN or infinite.',
    'Lower the learning rate, clip the gradients, or look for bad values in the inputs; the last checkpoint is good.',
  ),
  EXPORT_DIFFERS: entry(
    'stop',
    'An exported model does not give the numbers of the framework that trained it.',
    'Report the layer that differs; the run and its checkpoint are kept.',
  ),
  KERNEL_INPUT: entry(
    'dead-letter',
    'A physics kernel was given columns of different lengths, or list offsets that do not fit its columns.',
    'Correct the list offsets or the column lengths where the events are written.',
  ),
  KERNEL_OPTION: entry(
    'stop',
    'A physics kernel was given a parameter outside its range.',
    'Correct the parameter; the message names it and its range.',
  ),
  INTERNAL: entry(
    'stop',
    'Something happened that should be impossible.',
    'Report it with the log; nothing uncommitted was published.',
  ),
} as const satisfies Record<string, Entry>

export type ErrorCode = keyof typeof catalogue
