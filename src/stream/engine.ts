import { availableParallelism } from 'node:os'
import { SpillwayError } from '../errors.js'
import type { Message } from '../ingest/message.js'
import type { Bundle } from '../models/manifest.js'
import type { PipelineConfig } from './config/schema.js'
import { LineUps } from './control/line-ups.js'
import { DeadLetterWindow } from './dead-letter-window.js'
import type { EngineEvents } from './engine-events.js'
import { Gatherer, type GathererEvents } from './gatherer.js'
import { Lane, type LaneEvents } from './lane.js'
import type { Metrics } from './metrics.js'
import { WorkerPool } from './pool.js'
import type { Done, LaneId, Sink } from './sink.js'
import type { Lag, Lanes, Source } from './source.js'
import { firstLineUp, lineUpOfPaths } from './steps.js'
import type { LiveModel } from './work.js'

export interface EngineOptions {
  readonly config: PipelineConfig
  readonly folder: string
  readonly source: Source
  readonly sink: Sink
  readonly metrics: Metrics
  readonly events: EngineEvents
  /** Entry of a worker thread; Spillway's own when absent. */
  readonly worker?: URL
  /** Models by step; read from the paths of the configuration when absent. */
  readonly bundles?: ReadonlyMap<string, Bundle>
}

/** Bytes of one task at most: what is copied to a worker at once. */
const TASK_BYTES = 8 << 20
const LAG_MS = 1_000

/**
 * One running pipeline: source → lanes → workers → sink. The main thread only moves bytes; everything that computes is
 * in the workers. `run` ends when the input ends, after `stop`, or with the error that makes going on impossible.
 */
export class Engine {
  readonly #options: Omit<EngineOptions, 'bundles'>
  readonly #pool: WorkerPool
  readonly #gatherer: Gatherer
  readonly #lanes = new Map<string, Lane>()
  readonly #letters: DeadLetterWindow
  /** Which models score. */
  readonly lineUps: LineUps
  #fail: (error: SpillwayError) => void = () => {}
  #paused = false
  /** The last commit, or the last time that nothing waited for one. */
  #lastProgress = Date.now()

  private constructor(
    options: Omit<EngineOptions, 'bundles'>,
    pool: WorkerPool,
    gatherer: Gatherer,
    lineUps: LineUps,
  ) {
    this.lineUps = lineUps
    this.#options = options
    this.#pool = pool
    this.#gatherer = gatherer
    const { max_in_window, window_s } = options.config.dead_letters
    this.#letters = new DeadLetterWindow(max_in_window, window_s)
  }

  /** Starts the workers and loads the models. @throws what is wrong with pipeline or models. */
  static async start({ bundles, ...options }: EngineOptions): Promise<Engine> {
    const { config, folder, metrics } = options
    let engine: Engine | undefined
    const first = bundles === undefined ? lineUpOfPaths(config, folder) : firstLineUp(bundles)
    const pool = await WorkerPool.start({
      plan: { config, folder },
      lineUp: first,
      worker: options.worker,
      count: workerCount(config),
      batchSeconds: config.workers.batch_s,
      memoryMb: config.workers.memory_mb,
      onRoom: () => {
        if (engine !== undefined) engine.#gatherer.pump()
      },
      onReplaced: (reason, atWork) => {
        metrics.workerReplaced(reason)
        options.events.workerReplaced?.(reason, atWork)
      },
      onFatal: (error) => {
        if (engine !== undefined) engine.#fail(error)
      },
    })
    const gather = {
      rows: config.gather.rows,
      bytes: TASK_BYTES,
      seconds: config.gather.task_ms / 1e3,
      delayMs: config.gather.delay_ms,
      attempts: WORKER_ATTEMPTS,
    }
    const lineUps = new LineUps(pool, first, pool.hello.models)
    const told: GathererEvents = {
      task: (reply, reason, given) => {
        // After what waits for the reply is on its way.
        setImmediate(() => metrics.task(reply, reason, given.waits))
        options.events.task?.(reply, given.waits, { ...given, models: lineUps.modelsOf(reply.lineUp ?? 0) })
      },
    }
    const gatherer = new Gatherer(pool, gather, told, lineUps)
    engine = new Engine(options, pool, gatherer, lineUps)
    metrics.models(pool.hello.models)
    options.sink.describe(pool.hello.models)
    return engine
  }

  get models(): readonly LiveModel[] {
    return this.lineUps.models
  }

  /** Worker threads. */
  get workers(): number {
    return workerCount(this.#options.config)
  }

  /** How far the source is ahead of us. */
  get lag(): readonly Lag[] {
    return this.#options.source.lag()
  }

  get paused(): boolean {
    return this.#paused
  }

  /** Takes no more input until `resume`; what was taken is done and committed, and the partitions stay ours. */
  pause(): void {
    this.#setPaused(true)
  }

  resume(): void {
    this.#setPaused(false)
  }

  #setPaused(paused: boolean): void {
    this.#paused = paused
    for (const lane of this.#lanes.values()) lane.pause(paused)
    this.#options.metrics.paused(paused)
  }

  /** Seconds since the last commit while messages wait for one; 0 when nothing waits. Looked at every second. */
  get stalledSeconds(): number {
    const waiting = [...this.#lanes.values()].some(({ pending }) => pending > 0)
    const behind = this.#options.source.lag().some(({ messages }) => (messages ?? 0) > 0)
    if (!waiting && (!behind || this.#paused)) this.#lastProgress = Date.now()
    return (Date.now() - this.#lastProgress) / 1e3
  }

  /** Until the input ends or `stop`. @returns whether the input came to its end */
  async run(): Promise<boolean> {
    const { source, metrics } = this.#options
    this.#lastProgress = Date.now()
    const watch = (): void => {
      metrics.lag(source.lag())
      void this.stalledSeconds
    }
    const lag = setInterval(watch, LAG_MS)
    const failed = new Promise<never>((_resolve, reject) => {
      this.#fail = reject
    })
    try {
      return await Promise.race([source.run(this.#host()), failed])
    } catch (error) {
      // The source may still be at it.
      await source.stop(0).catch(() => {})
      throw error
    } finally {
      clearInterval(lag)
      metrics.lag(source.lag())
    }
  }

  /** Takes no more input, commits what is under way for at most `drainMs`, and lets `run` end. */
  stop(drainMs: number): Promise<void> {
    return this.#options.source.stop(drainMs)
  }

  /** Frees workers and sink. What is uncommitted was never visible. */
  async close(): Promise<void> {
    await Promise.all([...this.#lanes.values()].map((lane) => lane.close()))
    this.#lanes.clear()
    await this.#pool.close()
    await this.#options.sink.close()
  }

  #host(): Lanes {
    return {
      open: (id) => this.#open(id),
      push: async (id: LaneId, messages: readonly Message[], next: bigint) => {
        const lane = this.#lanes.get(keyOf(id))
        if (lane === undefined) return
        this.#options.events.delivered?.(id, messages)
        await lane.push(messages, next)
      },
      drain: async (id) => {
        await this.#lanes.get(keyOf(id))?.drain()
      },
      close: async (id, drainMs) => {
        const lane = this.#lanes.get(keyOf(id))
        if (lane === undefined) return
        await within(lane.drain(), drainMs)
        this.#lanes.delete(keyOf(id))
        await lane.close()
        this.#options.events.released?.(id)
        this.#options.metrics.lanes(this.#lanes.size)
      },
    }
  }

  async #open(id: LaneId): Promise<bigint | null> {
    const { config, sink, metrics } = this.#options
    await this.#lanes.get(keyOf(id))?.close()
    const lane = new Lane({
      id,
      sink: sink.lane(id),
      gatherer: this.#gatherer,
      commit: {
        intervalMs: config.sink.commit.interval_ms,
        rows: config.sink.commit.rows,
        prompt: isPrompt(config),
      },
      inFlightBytes: config.limits.in_flight_bytes,
      attempts: config.limits.attempts,
      events: this.#laneEvents(),
    })
    lane.pause(this.#paused)
    this.#lanes.set(keyOf(id), lane)
    metrics.lanes(this.#lanes.size)
    return lane.open()
  }

  #laneEvents(): LaneEvents {
    const { events, metrics, source } = this.#options
    return {
      committed: (id, done, _next, seconds) => {
        this.#lastProgress = Date.now()
        metrics.committed(done, seconds)
        events.committed?.(id, done, seconds)
        this.#countLetters(done)
      },
      aborted: (id, error) => {
        metrics.aborted(error)
        events.aborted?.(id, error)
      },
      fatal: (error) => this.#fail(error),
      rewind: (id, next) => source.rewind(id, next),
    }
  }

  #countLetters(done: readonly Done[]): void {
    let letters = 0
    for (const { outcome } of done) letters += outcome.rejects.length
    if (!this.#letters.add(letters)) return
    const { max_in_window, window_s } = this.#options.config.dead_letters
    const last = done.flatMap(({ outcome }) => outcome.rejects).at(-1)
    this.#fail(
      new SpillwayError('DEAD_LETTERS_TOO_MANY', `more than ${max_in_window} dead letters in ${window_s} s`, {
        place: last?.place,
        cause: last === undefined ? undefined : new SpillwayError(last.code, last.message),
      }),
    )
  }
}

/** How often a message may hang or end a worker, alone, before it is a dead letter. */
const WORKER_ATTEMPTS = 2

const keyOf = ({ topic, partition }: LaneId): string => `${topic}/${partition}`

function workerCount({ workers }: PipelineConfig): number {
  return workers.count === 'auto' ? Math.max(1, availableParallelism()) : workers.count
}

/** At least once to Kafka, rows need not wait for each other: only the offsets are committed at intervals. */
function isPrompt({ sink }: PipelineConfig): boolean {
  return sink.delivery === 'at_least_once' && 'topic' in sink.scores
}

async function within(work: Promise<void>, ms: number): Promise<void> {
  if (!Number.isFinite(ms)) return work
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms)
  })
  await Promise.race([work, late])
  clearTimeout(timer)
}
