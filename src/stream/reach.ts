import { accessSync, constants, existsSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { asSpillwayError, SpillwayError } from '../errors.js'
import { connectNats } from '../models/nats.js'
import { isRegistryStep, type PipelineConfig } from './config/schema.js'
import type { RegistryModel } from './control/config.js'
import { ModelFeed } from './control/feed.js'
import type { KafkaClient } from './kafka/port.js'

/** What a pipeline needs of the outside, found there. Each function throws what is wrong, with its remedy. */
export interface Reached {
  /** `broker`, `topic scores`, `folder …`, `NATS`. */
  readonly name: string
  readonly detail: string
}

/** @throws SpillwayError SOURCE_UNAVAILABLE */
export async function reachKafka(client: KafkaClient, brokers: readonly string[]): Promise<Reached> {
  try {
    const { brokers: found, version } = await client.admin().cluster()
    const list = found.map(({ host, port }) => `${host}:${port}`).join(', ')
    return { name: 'Kafka', detail: `${list}${version === null ? '' : `, version ${version}`}` }
  } catch (cause) {
    throw new SpillwayError('SOURCE_UNAVAILABLE', `no Kafka broker answers at ${brokers.join(', ')}`, {
      place: brokers.join(', '),
      remedy: 'Check kafka.brokers, kafka.ssl and kafka.sasl, and that a broker runs there.',
      cause,
    })
  }
}

/** @throws SpillwayError SOURCE_UNAVAILABLE */
export async function reachTopic(client: KafkaClient, topic: string): Promise<Reached> {
  const partitions = await client.admin().partitions(topic)
  if (partitions === null) {
    throw new SpillwayError('SOURCE_UNAVAILABLE', `topic ${topic} does not exist`, {
      place: topic,
      remedy: 'Create it, or start with `spillway run --create-topics`.',
    })
  }
  const offsets = await client.admin().offsets(topic)
  const messages = offsets.reduce((sum, { begin, end }) => sum + (end - begin), 0n)
  return { name: `topic ${topic}`, detail: `${partitions} partitions, ${messages} offsets` }
}

/** @throws SpillwayError SINK_UNAVAILABLE */
export async function reachNats(nats: NonNullable<PipelineConfig['nats']>): Promise<Reached> {
  const { servers } = nats
  try {
    const connection = await connectNats(nats, 'spillway-doctor', { reconnect: false })
    const { version, server_name, jetstream } = connection.info ?? {}
    await connection.close()
    return {
      name: 'NATS',
      detail: `${server_name ?? servers[0]}, version ${version ?? 'unknown'}, JetStream ${jetstream ? 'on' : 'off'}`,
    }
  } catch (cause) {
    throw asSpillwayError(cause, 'SINK_UNAVAILABLE', {
      place: servers.join(', '),
      remedy: 'Check nats.servers and nats.credentials, and that a server runs there.',
    })
  }
}

/** What a registry has for a step. @throws SpillwayError REGISTRY_UNAVAILABLE, MODEL_UNREADABLE */
export async function reachRegistry(model: RegistryModel, folder: string): Promise<Reached> {
  const feed = await ModelFeed.open(model, folder)
  try {
    const { entries } = await feed.offered(0)
    if (entries.length === 0) {
      throw new SpillwayError('MODEL_UNREADABLE', `nothing that version: ${model.version} may take`, {
        place: feed.place,
        remedy: 'Publish it, `spillway publish`, or pin it, `spillway models pin`.',
      })
    }
    return { name: `registry ${feed.place}`, detail: `v${entries[0].version} of ${entries.length}` }
  } finally {
    await feed.close()
  }
}

/** Models that steps take from registries. */
export const registriesOf = ({ steps }: PipelineConfig): readonly RegistryModel[] =>
  steps.filter(isRegistryStep).map(({ model }) => model)

/** Whether an output folder can be written, without making it. @throws SpillwayError SINK_UNAVAILABLE */
export function reachFolder(path: string): Reached {
  let existing = resolve(path)
  while (!existsSync(existing) && dirname(existing) !== existing) existing = dirname(existing)
  try {
    accessSync(existing, constants.W_OK | constants.X_OK)
  } catch (cause) {
    throw new SpillwayError('SINK_UNAVAILABLE', `folder ${path} cannot be written`, {
      place: existing,
      remedy: `Give this user write permission on ${existing}, or name another folder.`,
      cause,
    })
  }
  return { name: `folder ${path}`, detail: existing === resolve(path) ? 'writable' : 'will be made' }
}

/** All topics and output folders of a pipeline. */
export function placesOf({ source, sink }: PipelineConfig): {
  readonly topics: readonly string[]
  readonly folders: readonly string[]
} {
  const outputs = [sink.scores, sink.accepted, sink.dead_letters].filter((output) => output !== undefined)
  const topics = outputs.flatMap((output) => ('topic' in output ? [output.topic] : []))
  const folders = outputs.flatMap((output) => ('files' in output ? [output.files] : []))
  return { topics: 'topic' in source ? [source.topic, ...topics] : topics, folders }
}
