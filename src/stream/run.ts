import { resolve } from 'node:path'
import { SpillwayError } from '../errors.js'
import { expandGlobs } from '../ingest/glob.js'
import type { Bundle } from '../models/manifest.js'
import { checkModels } from './check/models.js'
import type { LoadedPipeline } from './config/load.js'
import type { OutputConfig, PipelineConfig } from './config/schema.js'
import { ModelControl } from './control/control.js'
import { type DecisionPublisher, natsDecisions } from './decisions.js'
import { Engine } from './engine.js'
import { both, type EngineEvents } from './engine-events.js'
import { type HttpServer, serveHttp } from './http.js'
import { openKafka } from './kafka/index.js'
import type { KafkaClient, KafkaLog } from './kafka/port.js'
import { kafkaSettings } from './kafka/settings.js'
import { liveActions } from './live/actions.js'
import { isWatched, LivePage } from './live/index.js'
import { LiveRecorder } from './live/recorder.js'
import { Metrics } from './metrics.js'
import { setRuntimeFlags } from './runtime-flags.js'
import type { LaneId, Sink } from './sink.js'
import { fileSink } from './sinks/file-sink.js'
import { kafkaSink } from './sinks/kafka-sink.js'
import { keepHeapSmall } from './small-heap.js'
import type { Source } from './source.js'
import { viewOf } from './sources/file-input.js'
import { FILE_LANE, FileSource } from './sources/file-source.js'
import { KafkaSource } from './sources/kafka-source.js'
import { openTracing, type Tracing } from './tracing/index.js'
import { forwarded } from './tracing/traceparent.js'
import type { LiveModel } from './work.js'

/** A pipeline assembled and ready to run. */
export interface RunningPipeline {
  readonly models: readonly LiveModel[]
  readonly metrics: Metrics
  /** Rows of the whole input, where known. */
  readonly totalRows: number | null
  /** Address of `/metrics`, `/healthz` and the live page, when served. */
  readonly url: string | null
  /** Until the input ends or `stop`. @throws what ended it */
  run(): Promise<void>
  /** Graceful: no more input, commit what is under way for at most `drainMs`, then `run` ends. */
  stop(drainMs: number): Promise<void>
  /** Frees everything; call it once, after `run` has ended. */
  close(): Promise<void>
}

/** Undoes what was opened, last first. */
type Closers = (() => Promise<void>)[]

/**
 * Puts source, sink, workers, metrics and HTTP of a pipeline together. Nothing is read before `run`.
 * @param worker Entry of a worker thread; Spillway's own when absent.
 */
export async function assemble(
  pipeline: LoadedPipeline,
  events: EngineEvents = {},
  log: KafkaLog = () => {},
  worker?: URL,
): Promise<RunningPipeline> {
  setRuntimeFlags()
  const letGrow = keepHeapSmall()
  const closers: Closers = [async () => letGrow()]
  const close = async (): Promise<void> => {
    for (const closer of closers.splice(0).reverse()) await closer()
  }
  try {
    return await open(pipeline, events, log, closers, close, worker)
  } catch (error) {
    await close()
    throw error
  }
}

async function open(
  pipeline: LoadedPipeline,
  events: EngineEvents,
  log: KafkaLog,
  closers: Closers,
  close: () => Promise<void>,
  worker: URL | undefined,
): Promise<RunningPipeline> {
  const { config, folder } = pipeline
  const proved = proveModels(pipeline, (line) => events.models?.(line))
  // Awaited below; a failure there must not count as unhandled while something else is opened.
  proved.catch(() => {})
  const metrics = new Metrics(config.name)
  const client = needsKafka(config) ? await connectKafka(config, folder, log, closers) : null
  const source = await openSource(config, folder, client)
  const note = (line: string): void => events.models?.(line)
  const tracing = await openTracing({ config, note, count: (fate, spans) => metrics.spans(fate, spans) })
  if (tracing !== null) closers.push(() => tracing.close())
  const sink = await openSink(config, folder, client, source, tracing)
  const decisions: DecisionPublisher | null =
    config.nats?.decisions === true ? await natsDecisions(config.name, config.nats) : null
  if (decisions !== null) closers.push(() => decisions.close())
  const bundles = await proved
  const control = new ModelControl(pipeline, bundles, metrics, (line) => events.models?.(line))
  const recorder = isWatched(config) ? new LiveRecorder(config) : null
  const told: EngineEvents = {
    task: (reply) => control.task(reply),
    workerReplaced: (_how, atWork) => {
      if (atWork) control.workerLost()
    },
    committed: (id, done) => decisions?.committed(id, done),
  }
  const engine = await Engine.start({
    config,
    folder,
    source,
    sink,
    metrics,
    worker,
    bundles,
    events: [recorder?.events, tracing?.events, events].reduce<EngineEvents>(
      (before, after) => (after === undefined ? before : both(before, after)),
      told,
    ),
  })
  closers.push(() => engine.close())
  closers.push(() => control.close())
  await control.start(engine.lineUps)
  let running = false
  const ready = (): string | null => notReady(engine, running, config)
  const live =
    recorder === null
      ? null
      : new LivePage(
          pipeline,
          recorder,
          () => ({
            workers: engine.workers,
            models: engine.models,
            lag: engine.lag,
            paused: engine.paused,
            problem: ready(),
            stalled: running ? engine.stalledSeconds : 0,
            serving: control.view,
          }),
          liveActions(pipeline, client, engine, control.operator),
        )
  const http = await openHttp(config, metrics, ready, live)
  if (http !== null) closers.push(() => http.close())
  // Before the server: pages read to the end.
  if (live !== null) closers.push(() => live.close())
  live?.start()
  return {
    get models() {
      return engine.models
    },
    metrics,
    totalRows: source.totalRows,
    url: http?.url ?? null,
    async run() {
      running = true
      try {
        if (await engine.run()) sink.complete?.()
      } finally {
        running = false
      }
    },
    stop: (drainMs) => engine.stop(drainMs),
    close,
  }
}

/** A malformed model ends a process of its own, not this one; a wrong one fails its probe. Before anything is read. */
async function proveModels(
  pipeline: LoadedPipeline,
  tell: (line: string) => void,
): Promise<ReadonlyMap<string, Bundle>> {
  const checked = await checkModels(pipeline, { ownProvider: true, probe: true, connect: true })
  for (const [step, { problem, refused }] of checked) {
    if (problem !== null) throw problem
    for (const { code, message } of refused) tell(`step ${step}: passed over: ${code}: ${message}`)
  }
  return new Map([...checked].map(([step, { bundle }]) => [step, bundle!]))
}

const isTopic = <T extends OutputConfig>(output: T | undefined): output is Extract<T, { topic: string }> =>
  output !== undefined && 'topic' in output

const needsKafka = ({ source, sink }: PipelineConfig): boolean =>
  'topic' in source || isTopic(sink.scores) || isTopic(sink.accepted) || isTopic(sink.dead_letters)

async function connectKafka(
  config: PipelineConfig,
  folder: string,
  log: KafkaLog,
  closers: Closers,
): Promise<KafkaClient> {
  if (config.kafka === undefined) {
    throw new SpillwayError('CONFIG_INVALID', 'a topic is named but there is no kafka section', {
      place: config.name,
    })
  }
  const client = await openKafka(kafkaSettings(config.kafka, folder), log)
  closers.push(() => client.close())
  return client
}

async function openSource(
  { source, name, kafka }: PipelineConfig,
  folder: string,
  client: KafkaClient | null,
) {
  if ('files' in source) {
    const { files, rate = null, repeat } = source
    return FileSource.open(expandGlobs([files].flat(), folder), { rate, repeat }, viewOf(source, folder))
  }
  return new KafkaSource({
    client: client!,
    topic: source.topic,
    group: source.group ?? name,
    from: source.from,
    sessionTimeoutMs: kafka!.session_timeout_ms,
    maxWaitMs: kafka!.fetch_wait_ms,
    maxBytesPerPartition: kafka!.fetch_bytes_per_partition,
  })
}

/** Files or Kafka, as `sink.scores` says; the other outputs must go the same way (dead letters may go to a folder). */
async function openSink(
  config: PipelineConfig,
  folder: string,
  client: KafkaClient | null,
  source: Source & { readonly digest?: string; commit?: KafkaSource['commit'] },
  tracing: Tracing | null,
): Promise<Sink & { complete?: () => void }> {
  const { scores, accepted, dead_letters, delivery } = config.sink
  const fail = (message: string): never => {
    throw new SpillwayError('CONFIG_INVALID', message, { place: `${config.name}, sink` })
  }
  if (!isTopic(scores)) {
    if (isTopic(accepted) || isTopic(dead_letters)) fail('scores go to files, so all outputs must')
    return fileSink({
      pipeline: config.name,
      scores: { folder: resolve(folder, scores.files), format: scores.format },
      accepted:
        accepted === undefined || isTopic(accepted)
          ? null
          : { folder: resolve(folder, accepted.files), format: accepted.format },
      deadLetters: resolve(folder, (dead_letters as { files: string }).files),
      inputDigest: source.digest ?? `${'topic' in config.source ? config.source.topic : ''}`,
    })
  }
  if (accepted !== undefined && !isTopic(accepted)) fail('scores go to a topic, so accepted events must')
  const ofFiles = 'files' in config.source
  return kafkaSink({
    client: client!,
    pipeline: config.name,
    group: ('group' in config.source ? config.source.group : undefined) ?? config.name,
    scores: scores.topic,
    accepted: isTopic(accepted) ? accepted.topic : null,
    deadLetters: isTopic(dead_letters) ? dead_letters : { folder: resolve(folder, dead_letters.files) },
    // Files have no group whose member could commit: their offset travels in the transaction.
    delivery: ofFiles ? 'exactly_once' : delivery,
    offsetIntervalMs: config.sink.commit.interval_ms,
    transactionTimeoutMs: config.kafka!.transaction_timeout_ms,
    offsetOf: (id: LaneId) => (id === FILE_LANE ? { topic: scores.topic, partition: 0 } : id),
    traceOf: (message) => tracing?.headersOf(message) ?? forwarded(message),
    commitOffset: async (id, next, metadata) => source.commit?.(id, next, metadata),
  })
}

async function openHttp(
  { http }: PipelineConfig,
  metrics: Metrics,
  ready: () => string | null,
  live: LivePage | null,
): Promise<HttpServer | null> {
  if (http === undefined) return null
  return serveHttp({
    host: http.host,
    port: http.port,
    metrics: () => metrics.registry.metrics(),
    ready,
    more: (server) => live?.addTo(server),
  })
}

function notReady(engine: Engine, running: boolean, { http }: PipelineConfig): string | null {
  if (!running) return 'not running'
  const stalled = engine.stalledSeconds
  return stalled > http!.stalled_s
    ? `work waits and nothing was committed for ${Math.round(stalled)} s`
    : null
}
