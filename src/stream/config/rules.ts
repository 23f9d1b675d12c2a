import { SpillwayError } from '../../errors.js'
import type { Loaded } from './load.js'
import type { OutputConfig, PipelineConfig } from './schema.js'

const isTopic = (output: OutputConfig | undefined): output is { topic: string } =>
  output !== undefined && 'topic' in output

const OUTPUTS = ['scores', 'accepted', 'dead_letters'] as const

/** Whether anything of the pipeline is a Kafka topic. */
export const needsKafka = ({ source, sink }: PipelineConfig): boolean =>
  'topic' in source || OUTPUTS.some((name) => isTopic(sink[name]))

/** What is wrong between the keys of a pipeline, each valid by itself: everything that needs no file and no server. */
export function brokenRules({
  config,
  place,
}: Pick<Loaded<PipelineConfig>, 'config' | 'place'>): SpillwayError[] {
  const { source, sink } = config
  const problems: SpillwayError[] = []
  const add = (path: readonly string[], message: string, remedy?: string): void => {
    problems.push(new SpillwayError('CONFIG_INVALID', message, { place: place(path), remedy }))
  }
  if (needsKafka(config) && config.kafka === undefined) {
    add(
      ['source'],
      'a topic is named but there is no kafka section',
      'Add kafka: { brokers: ["host:port"] }.',
    )
  }
  for (const name of ['accepted', 'dead_letters'] as const) {
    const output = sink[name]
    if (output === undefined) continue
    if (!isTopic(sink.scores) && isTopic(output)) {
      add(['sink', name], `scores go to files, so ${name} must`, `Write sink.${name}: { files: FOLDER }.`)
    }
    if (isTopic(sink.scores) && !isTopic(output) && name === 'accepted') {
      add(['sink', name], 'scores go to a topic, so accepted must', 'Write sink.accepted: { topic: NAME }.')
    }
  }
  if (config.http?.group === true && config.nats === undefined) {
    add(
      ['http', 'group'],
      'processes find each other over NATS, but there is no nats section',
      'Add nats: { servers: ["nats://host:port"], decisions: false }.',
    )
  }
  if (config.http?.group_actions === true && (!config.http.group || config.http.token === undefined)) {
    add(
      ['http', 'group_actions'],
      'actions for the group need a group and a token',
      'Add http.group: true and http.token: ${SPILLWAY_TOKEN}, the same for every process.',
    )
  }
  const seen = new Map<string, string>('topic' in source ? [[`topic ${source.topic}`, 'source']] : [])
  for (const name of OUTPUTS) {
    const output = sink[name]
    if (output === undefined) continue
    const where = isTopic(output) ? `topic ${output.topic}` : `folder ${output.files}`
    const other = seen.get(where)
    if (other !== undefined) {
      add(['sink', name], `${where} is also that of ${other}`, 'Give every output a place of its own.')
    }
    seen.set(where, `sink.${name}`)
  }
  const selects = config.steps.some((step) => 'select' in step)
  if (sink.accepted !== undefined && !selects) {
    add(['sink', 'accepted'], 'accepted events are asked for, but no step selects', 'Add a select step.')
  }
  return problems
}
