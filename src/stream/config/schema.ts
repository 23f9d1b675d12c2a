import { z } from 'zod'
import { DriftConfig, RegistryModel } from '../control/config.js'
import { cutFlowKeys } from '../cutflow/config.js'
import { menuConfig } from '../select/config.js'
import { TracingConfig } from '../tracing/config.js'
import { Source, Topic } from './source.js'

const Name = z
  .string()
  .regex(/^[a-z][a-z0-9_-]{0,47}$/, 'lower-case letters, digits, _ and -, at most 48, a letter first')

export const Kafka = z.strictObject({
  brokers: z
    .array(z.string().regex(/^[^\s,:]+:\d+$|^\[[^\]]+\]:\d+$/, 'must be host:port'))
    .min(1)
    .describe('host:port of one or more brokers'),
  client: z
    .enum(['kafkajs', 'confluent'])
    .default('kafkajs')
    .describe('confluent needs the optional package @confluentinc/kafka-javascript'),
  client_id: z
    .string()
    .min(1)
    .default('spillway')
    .describe('how the brokers name this program in their logs'),
  ssl: z
    .strictObject({
      ca: z.string().optional().describe('PEM file of the certificate authority'),
      cert: z.string().optional().describe('PEM file of the client certificate'),
      key: z.string().optional().describe('PEM file of the client key'),
      reject_unauthorized: z
        .boolean()
        .default(true)
        .describe('false accepts any certificate: for tests only'),
    })
    .refine(({ cert, key }) => (cert === undefined) === (key === undefined), 'cert and key go together')
    .optional()
    .describe('TLS; an empty map trusts the system authorities'),
  sasl: z
    .strictObject({
      mechanism: z.enum(['plain', 'scram-sha-256', 'scram-sha-512']).describe('as the broker is set up'),
      username: z.string().describe('user name'),
      password: z.string().describe('take it from the environment: ${KAFKA_PASSWORD}'),
    })
    .optional()
    .describe('authentication'),
  connect_timeout_ms: z.int().positive().default(5_000).describe('longest wait for a connection'),
  request_timeout_ms: z.int().positive().default(30_000).describe('longest wait for an answer'),
  session_timeout_ms: z
    .int()
    .positive()
    .default(30_000)
    .describe('a process silent for so long loses its partitions to others'),
  transaction_timeout_ms: z
    .int()
    .positive()
    .default(60_000)
    .describe('the broker aborts a transaction that is open for so long'),
  fetch_wait_ms: z.int().nonnegative().default(20).describe('how long the broker may wait for more bytes'),
  fetch_bytes_per_partition: z
    .int()
    .positive()
    .default(4_194_304)
    .describe('most bytes of one partition in one fetch'),
})

const Batch = z.strictObject({
  rows: z.int().positive().max(65_536).default(512).describe('most items in one inference call'),
  tokens: z
    .int()
    .positive()
    .default(1_024)
    .describe('most padded entries (items × length) in one call of a ragged model'),
})

const ModelStep = z.strictObject({
  name: Name.describe('prefix of the columns it adds: <name>.<column>'),
  model: z
    .union([z.string().min(1), RegistryModel])
    .describe(
      'folder with manifest.json, or a manifest file; or a model of a registry, followed while running',
    ),
  when: z
    .string()
    .min(1)
    .optional()
    .describe('expression: only events (or items) that pass are scored, null elsewhere'),
  provider: z
    .enum(['auto', 'cpu', 'cuda', 'tensorrt', 'webgpu'])
    .default('cpu')
    .describe('where the model runs; auto takes a GPU that loads, else the CPU, and says so'),
  threads: z.int().positive().max(64).default(1).describe('threads inside one operator'),
  batch: Batch.prefault({}).describe('how events become inference calls'),
  drift: DriftConfig.prefault({}).describe('comparison with the reference histograms of the manifest'),
  replace: z
    .record(z.string(), z.string())
    .default({})
    .describe('column path: score column that takes its place'),
})

const SelectStep = z.strictObject({
  select: menuConfig.describe('the trigger menu; at most one, it adds select.<chain> and select.accept'),
})

const CutFlowStep = z.strictObject({
  name: Name.describe('prefix of the columns it adds: <name>.<cut> and <name>.pass'),
  ...cutFlowKeys,
})

const ToTopic = z.strictObject({ topic: Topic.describe('Kafka topic') })
const Rows = z.union([
  z.strictObject({
    files: z.string().min(1).describe('folder for files of rows'),
    format: z
      .enum(['arrow', 'parquet', 'root'])
      .default('arrow')
      .describe('what the files are; root holds no text and no lists of lists'),
  }),
  ToTopic,
])
const Letters = z.union([
  z.strictObject({ files: z.string().min(1).describe('folder for the bytes and their descriptions') }),
  ToTopic,
])

function namesDiffer(steps: readonly object[]): boolean {
  const names = steps.flatMap((step) => ('name' in step ? [step.name] : []))
  return new Set(names).size === names.length
}

/** The pipeline file, key by key. Every key that is not here is an error. */
export const PipelineSchema = z.strictObject({
  name: Name.describe('labels metrics, names the consumer group and the transactional ids'),
  description: z.string().default('').describe('for people'),
  source: Source.describe('where events come from'),
  steps: z
    .array(z.union([ModelStep, SelectStep, CutFlowStep]))
    .default([])
    .describe('what is done with the events, in order; each step adds columns that later ones can read')
    .refine((steps) => steps.filter((step) => 'select' in step).length <= 1, 'there is more than one select')
    .refine(namesDiffer, 'two steps have one name'),
  sink: z
    .strictObject({
      scores: Rows.describe('a row for every event, with the columns the steps added'),
      accepted: Rows.optional().describe('accepted events, whole, with their scores'),
      dead_letters: Letters.describe('original bytes of what could not be scored'),
      columns: z.array(z.string()).default(['event']).describe('source columns copied to the scores'),
      delivery: z
        .enum(['exactly_once', 'at_least_once'])
        .default('exactly_once')
        .describe('to topics: rows and offsets in one transaction, or rows at once and offsets after them'),
      commit: z
        .strictObject({
          interval_ms: z.int().nonnegative().default(200).describe('how often results become visible'),
          rows: z.int().positive().default(262_144).describe('commit earlier once so many rows wait'),
        })
        .prefault({})
        .describe('when results become visible, together with the progress of the input'),
    })
    .describe('where results go'),
  kafka: Kafka.optional().describe('needed as soon as a topic is named'),
  nats: z
    .strictObject({
      servers: z.array(z.string()).min(1).describe('nats://host:port of one or more servers'),
      decisions: z.boolean().default(true).describe('publish decisions to spillway.<pipeline>.decisions'),
      credentials: z.string().optional().describe('credentials file'),
    })
    .optional()
    .describe('where decisions are told to others as they are committed'),
  reproducible: z
    .boolean()
    .default(false)
    .describe('fixed batch shapes: a replay is bit-equal on one machine'),
  workers: z
    .strictObject({
      count: z
        .union([z.literal('auto'), z.int().positive().max(256)])
        .default('auto')
        .describe('auto: one per core'),
      batch_s: z.number().positive().default(30).describe('a worker that takes longer is replaced'),
      memory_mb: z.int().positive().default(2_048).describe('heap of one worker'),
    })
    .prefault({})
    .describe('threads that decode, score and encode'),
  gather: z
    .strictObject({
      rows: z.int().positive().default(8_192).describe('most rows given to a worker at once'),
      task_ms: z
        .number()
        .positive()
        .default(250)
        .describe('longest that a worker should have to do at once, judged by what it took before'),
      delay_ms: z
        .number()
        .nonnegative()
        .default(2)
        .describe('how long to wait for more when all workers are busy'),
    })
    .prefault({})
    .describe('how messages are gathered into one call of a worker'),
  limits: z
    .strictObject({
      message_bytes: z
        .int()
        .positive()
        .default(16_777_216)
        .describe('a larger message, before or after inflating, is a dead letter'),
      message_rows: z
        .int()
        .positive()
        .default(1_048_576)
        .describe('a message of more events is a dead letter'),
      inflate_ratio: z
        .number()
        .positive()
        .default(100)
        .describe('most inflated bytes per byte of a compressed body'),
      in_flight_bytes: z
        .int()
        .positive()
        .default(16_777_216)
        .describe('most bytes read and not yet committed, with their results; for each lane'),
      attempts: z.int().positive().default(3).describe('how often a message may end the process'),
    })
    .prefault({})
    .describe('what hostile or broken input may cost'),
  dead_letters: z
    .strictObject({
      max_in_window: z.int().positive().default(1_000).describe('more than this stops the pipeline'),
      window_s: z.number().positive().default(60).describe('length of the window'),
    })
    .prefault({})
    .describe('how many dead letters are too many'),
  http: z
    .strictObject({
      host: z.string().default('127.0.0.1').describe('address to listen on; 0.0.0.0 for all'),
      port: z.int().min(0).max(65_535).default(0).describe('0: a free port, printed at the start'),
      stalled_s: z
        .number()
        .positive()
        .default(60)
        .describe('not ready when work waits and nothing was committed for so long'),
      live: z
        .boolean()
        .optional()
        .describe(
          'serves the live page at /, with values of recent events; true when host is of this machine alone',
        ),
      group: z
        .boolean()
        .default(false)
        .describe(
          'finds the other processes of this pipeline over nats, and shows them all on the live page',
        ),
      group_actions: z
        .boolean()
        .default(false)
        .describe(
          'an action of one page may be asked of every process of the group; each checks that it comes from a holder of token',
        ),
      token: z
        .string()
        .min(16)
        .optional()
        .describe(
          'allows actions from the live page: pause, replay, promote, roll back; take it from the environment: ${TOKEN}',
        ),
    })
    .optional()
    .describe('serves /metrics, /healthz/live, /healthz/ready and the live page'),
  tracing: TracingConfig.optional().describe(
    'follows messages through the pipeline and sends OpenTelemetry spans of it; nothing of it is loaded when absent',
  ),
})

export type PipelineConfig = z.infer<typeof PipelineSchema>
export type ModelStepConfig = z.infer<typeof ModelStep>
export type SelectStepConfig = z.infer<typeof SelectStep>
export type CutFlowStepConfig = z.infer<typeof CutFlowStep>
export type StepConfig = PipelineConfig['steps'][number]
export type OutputConfig = z.infer<typeof Rows> | z.infer<typeof Letters>
export type KafkaConfig = z.infer<typeof Kafka>

/** A model step whose model comes from a registry. */
export type RegistryStepConfig = ModelStepConfig & { readonly model: RegistryModel }

export const isRegistryStep = (step: StepConfig): step is RegistryStepConfig =>
  'model' in step && typeof step.model !== 'string'

export const isModelStep = (step: StepConfig): step is ModelStepConfig => 'model' in step

export const isCutFlowStep = (step: StepConfig): step is CutFlowStepConfig => 'cutflow' in step
