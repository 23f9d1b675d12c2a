import { resolve } from 'node:path'
import { SpillwayError } from '../errors.js'
import { decodeMessage } from '../ingest/arrow/index.js'
import type { Events } from '../ingest/columns.js'
import { expandGlobs } from '../ingest/glob.js'
import type { Message } from '../ingest/message.js'
import type { Bundle } from '../models/manifest.js'
import type { ProbeReport } from '../models/probe.js'
import { checkModels } from './check/models.js'
import { checkPipeline } from './check/pipeline.js'
import type { LoadedPipeline } from './config/load.js'
import { needsKafka } from './config/rules.js'
import { openKafka } from './kafka/index.js'
import type { KafkaClient } from './kafka/port.js'
import { newestMessage } from './kafka/scan.js'
import { kafkaSettings } from './kafka/settings.js'
import { WorkerPool } from './pool.js'
import { placesOf, type Reached, reachFolder, reachKafka, reachNats, reachTopic } from './reach.js'
import { firstPiece, viewOf } from './sources/file-input.js'
import { firstLineUp } from './steps.js'
import type { Reject } from './work.js'
import { placeOf, workItem } from './work-item.js'

/** A model that loaded on its provider and gave its probe answers. */
export interface ProvedModel {
  readonly step: string
  readonly model: string
  readonly provider: string
  readonly fallbacks: readonly string[]
  readonly loadSeconds: number
  readonly probe: ProbeReport | null
}

interface ProvedBundle extends ProvedModel {
  readonly bundle: Bundle
}

export interface DryRunReport {
  readonly reached: readonly Reached[]
  readonly models: readonly ProvedModel[]
  /** The message that was scored; `null` when the topic holds none. */
  readonly message: ScoredMessage | null
}

export interface ScoredMessage {
  readonly place: string
  readonly events: number
  /** What would be written for it; `null` when nothing of it could be scored. */
  readonly scores: Events | null
  readonly rejects: readonly Reject[]
}

const LIMITS = { maxBytes: Number.MAX_SAFE_INTEGER, maxRows: Number.MAX_SAFE_INTEGER, maxRatio: 1 }

/**
 * Everything a run does before its first commit: checks the pipeline, connects, loads the models on their providers,
 * runs their probes, and scores one real message. Commits and writes nothing.
 * @throws AggregateError of everything wrong that was found at one stage; the stages are check, models, connections.
 */
export async function dryRun(
  file: string,
  sets: readonly string[],
  tell: (line: string) => void,
): Promise<DryRunReport> {
  const { pipeline, problems } = await checkPipeline(file, sets)
  if (pipeline === null || problems.length > 0) throw new AggregateError(problems, `${file} is not right`)
  tell('checked: keys, models, expressions, columns')
  const models = await proveModels(pipeline)
  for (const { step, provider, probe } of models) {
    tell(`step ${step}: ${provider}, ${probe === null ? 'no probe' : `probe right to ${worstOf(probe)}`}`)
  }
  const client = await kafkaOf(pipeline)
  try {
    const reached = await reachAll(pipeline, client)
    for (const { name, detail } of reached) tell(`${name}: ${detail}`)
    const message = await sample(pipeline, client)
    return {
      reached,
      models: models.map(({ bundle: _, ...shown }) => shown),
      message: message === null ? null : await score(pipeline, models, message),
    }
  } finally {
    await client?.close()
  }
}

const worstOf = ({ worst }: ProbeReport): string =>
  `${worst.difference.toPrecision(2)} (allowed ${worst.allowed.toPrecision(2)})`

async function proveModels(pipeline: LoadedPipeline): Promise<ProvedBundle[]> {
  const checked = await checkModels(pipeline, { ownProvider: true, probe: true, connect: true })
  const problems = [...checked.values()].flatMap(({ problem }) => problem ?? [])
  if (problems.length > 0) throw new AggregateError(problems, 'models')
  return [...checked].map(([step, { bundle, trial }]) => {
    const { name, version } = bundle!.manifest
    return { step, model: `${name} v${version}`, bundle: bundle!, ...trial! }
  })
}

async function kafkaOf({ config, folder }: LoadedPipeline): Promise<KafkaClient | null> {
  return needsKafka(config) ? openKafka(kafkaSettings(config.kafka!, folder)) : null
}

/** Tries all places, so that everything that cannot be reached is told at once. */
async function reachAll({ config, folder }: LoadedPipeline, client: KafkaClient | null): Promise<Reached[]> {
  const { topics, folders } = placesOf(config)
  const tries: (() => Promise<Reached> | Reached)[] = folders.map(
    (path) => () => reachFolder(resolve(folder, path)),
  )
  if (config.nats !== undefined) tries.push(() => reachNats(config.nats!))
  const reached: Reached[] = []
  const problems: unknown[] = []
  const attempt = async (one: () => Promise<Reached> | Reached): Promise<void> => {
    try {
      reached.push(await one())
    } catch (error) {
      problems.push(error)
    }
  }
  for (const one of tries) await attempt(one)
  if (client !== null) {
    const before = problems.length
    await attempt(() => reachKafka(client, config.kafka!.brokers))
    if (problems.length === before) for (const topic of topics) await attempt(() => reachTopic(client, topic))
  }
  if (problems.length > 0) throw new AggregateError(problems, 'connections')
  return reached
}

/** The first events of the files, or the newest message of the topic. */
async function sample(
  { config, folder }: LoadedPipeline,
  client: KafkaClient | null,
): Promise<Message | null> {
  const { source } = config
  if ('topic' in source) return newestMessage(client!, source.topic)
  const first = await firstPiece(expandGlobs([source.files].flat(), folder), viewOf(source, folder))
  if (first === null) return null
  const { path, value, unread } = first
  if (unread !== undefined) {
    throw new SpillwayError('EVENTS_UNREADABLE', unread.message, { place: unread.place })
  }
  const place = { topic: path, partition: 0, offset: 0n, timestamp: Date.now() }
  return { ...place, key: null, value, headers: new Map() }
}

/** Scores a message in a worker, as a run would: a limit in time and memory, and a crash stays there. */
async function score(
  { config, folder }: LoadedPipeline,
  models: readonly ProvedBundle[],
  message: Message,
): Promise<ScoredMessage> {
  const place = placeOf(message)
  if (message.value === null)
    throw new SpillwayError('MESSAGE_EMPTY', 'the newest message has no value', { place })
  const pool = await WorkerPool.start({
    plan: { config, folder },
    lineUp: firstLineUp(new Map(models.map(({ step, bundle }) => [step, bundle]))),
    count: 1,
    batchSeconds: config.workers.batch_s,
    memoryMb: config.workers.memory_mb,
    onRoom() {},
    onReplaced() {},
    onFatal() {},
  })
  try {
    const { outcomes } = await pool.run([workItem(message)])
    const { scores, rows, rejects } = outcomes[0]
    return { place, events: rows, rejects, scores: scores === null ? null : decodeMessage(scores, LIMITS) }
  } finally {
    await pool.close()
  }
}
