import { setTimeout as sleep } from 'node:timers/promises'
import { asSpillwayError, SpillwayError } from '../errors.js'
import type { Message } from '../ingest/message.js'
import type { Gatherer } from './gatherer.js'
import { LaneEpoch, type Undo } from './lane-epoch.js'
import { Signal } from './signal.js'
import type { Done, LaneId, LaneMark, LaneSink } from './sink.js'

export interface LaneOptions {
  readonly id: LaneId
  readonly sink: LaneSink
  readonly gatherer: Gatherer
  readonly commit: {
    /** Commit this long after the last commit began, or earlier once so many rows wait or room is needed. */
    readonly intervalMs: number
    readonly rows: number
    /** Wait only while the lane is full: its messages wait longer for workers than results for each other. */
    readonly prompt: boolean
  }
  /** Most bytes taken and not yet committed, with their results. */
  readonly inFlightBytes: number
  /** How often a message may end the process before it is a dead letter. */
  readonly attempts: number
  readonly events: LaneEvents
}

export interface LaneEvents {
  readonly committed: (id: LaneId, done: readonly Done[], next: bigint, seconds: number) => void
  /** What was uncommitted is dropped; nothing of it was visible, or the offset read at reopening tells. */
  readonly aborted: (id: LaneId, error: SpillwayError) => void
  /** The lane can never go on: the pipeline must stop. */
  readonly fatal: (error: SpillwayError) => void
  /** The lane goes on at `next` (`null`: the beginning): the source must deliver from there. */
  readonly rewind: (id: LaneId, next: bigint | null) => void
}

const REOPEN_MS = 100
const REOPEN_MAX_MS = 5_000
/** How long the first opening is tried. */
const OPEN_MS = 60_000

/**
 * One input partition: takes messages in order, has them worked on in parallel, commits them in order. At most one call
 * to the sink is under way. After a failed one everything uncommitted is dropped, the sink opened anew, and the source
 * told where to deliver from, so that what is visible and what is committed never part.
 */
export class Lane {
  readonly #options: LaneOptions
  readonly #stopped = new AbortController()
  /** Fired when another epoch has begun, or none will. */
  readonly #reopened = new Signal()
  #epoch: LaneEpoch | null = null
  /** Callers that wait for everything to be committed. */
  #draining = 0
  /** Messages to be committed one by one, to find the one whose results are too large for the sink. */
  #narrow = 0
  readonly #oversize = new Set<bigint>()
  #paused = false
  /** Another lane commits: what is finished here may go along. */
  #invited = false
  #loop: Promise<void> = Promise.resolve()
  /** Calls to the sink, one after another. */
  #calls: Promise<void> = Promise.resolve()

  constructor(options: LaneOptions) {
    this.#options = options
    options.sink.onCompany?.(() => {
      this.#invited = true
      this.#epoch?.changed.fire()
    })
  }

  /** Messages taken and not committed. */
  get pending(): number {
    return this.#epoch?.pending ?? 0
  }

  /** Takes the lane over and starts committing. @returns where the source must start; `null` for the beginning. */
  async open(): Promise<bigint | null> {
    const next = await this.#firstStart()
    this.#loop = this.#run()
    return next
  }

  /** Takes messages that follow what was taken before; resolves when there is room for more. */
  async push(messages: readonly Message[], next: bigint): Promise<void> {
    const epoch = this.#epoch
    if (epoch === null) return
    for (let i = 0; i < messages.length; i++) {
      while ((epoch.full || this.#paused) && !epoch.ended) await epoch.changed.wait()
      if (epoch.ended) return this.#untilReopened(epoch)
      epoch.take(messages[i], messages[i + 1]?.offset ?? next)
    }
  }

  /** While paused, nothing more is taken; what was taken is done and committed. */
  pause(paused: boolean): void {
    this.#paused = paused
    this.#epoch?.changed.fire()
  }

  /** Commits everything taken so far; resolves when that is done, the source was rewound, or the lane is closed. */
  async drain(): Promise<void> {
    this.#draining++
    // Once: two that drain would wake each other for ever.
    this.#epoch?.changed.fire()
    while (!this.#stopped.signal.aborted && (this.pending > 0 || this.#epoch?.ended === true))
      await (this.#epoch?.changed.wait(50) ?? sleep(50))
    this.#draining--
  }

  /** Drops what is not committed and gives the lane up. */
  async close(): Promise<void> {
    if (this.#stopped.signal.aborted) return
    this.#stopped.abort()
    this.#epoch?.changed.fire()
    this.#reopened.fire()
    // A commit under way moves the offset: only afterwards is it known where a mark belongs.
    await this.#loop
    const undo = this.#epoch?.end() ?? null
    if (undo !== null) await this.#call(() => this.#options.sink.mark(undo.next, undo.found)).catch(() => {})
    await this.#options.sink.close()
  }

  /** A broker that restarts is no reason to give up at once. */
  async #firstStart(): Promise<bigint | null> {
    const deadline = performance.now() + OPEN_MS
    for (;;) {
      try {
        const { epoch, next } = await this.#start(null)
        this.#epoch = epoch
        return next
      } catch (cause) {
        const error = asSpillwayError(cause, 'INTERNAL')
        if (error.decision !== 'retry' || performance.now() > deadline || this.#stopped.signal.aborted)
          throw error
        this.#options.events.aborted(this.#options.id, error)
        await sleep(REOPEN_MS * 5)
      }
    }
  }

  /** Opens the sink. A mark that the ended epoch left is no death of the process: it is as good as taken back. */
  async #start(undo: Undo | null): Promise<{ epoch: LaneEpoch; next: bigint | null }> {
    const opened = await this.#options.sink.open()
    const own = undo !== null && opened.next === undo.next && sameMark(opened.mark, undo.written)
    const start = own ? { next: opened.next, mark: undo.found } : opened
    const { gatherer, inFlightBytes, attempts, sink } = this.#options
    const epoch: LaneEpoch = new LaneEpoch(start, {
      gatherer,
      inFlightBytes,
      attempts,
      oversize: this.#oversize,
      remember: (next, mark) =>
        this.#call(() => (epoch.ended ? Promise.reject(abandoned()) : sink.mark(next, mark))),
    })
    return { epoch, next: start.next }
  }

  async #run(): Promise<void> {
    let last = 0
    while (!this.#stopped.signal.aborted) {
      const epoch = this.#epoch!
      if (epoch.ended) {
        await this.#restart(abandoned())
        continue
      }
      const { intervalMs, rows, prompt } = this.#options.commit
      const wait = prompt && !epoch.full ? 0 : last + intervalMs - performance.now()
      const enough = this.#mustMakeRoom(epoch) || epoch.rows >= rows
      const hurry = this.#draining > 0 || epoch.urgent || enough || this.#invited
      if (epoch.finished === 0) {
        // What is finished a moment later goes with the next commit of all.
        if (this.#invited) last = performance.now()
        this.#invited = false
        await epoch.changed.wait()
      } else if (wait > 0 && !hurry) await epoch.changed.wait(wait)
      else {
        last = performance.now()
        await this.#commit(epoch)
        this.#invited = false
      }
    }
  }

  /** Nothing more is taken, and the workers will soon have nothing to do: until then a full lane need not hurry. */
  #mustMakeRoom(epoch: LaneEpoch): boolean {
    return epoch.clogged || (epoch.full && this.#options.gatherer.waiting === 0)
  }

  async #commit(epoch: LaneEpoch): Promise<void> {
    const { id, sink, events } = this.#options
    const ready = epoch.ready(this.#narrow > 0 ? 1 : Number.POSITIVE_INFINITY)
    if (ready === null) return
    const start = performance.now()
    try {
      await this.#call(() => sink.commit(ready.done, ready.next))
    } catch (error) {
      epoch.end()
      if (error instanceof SpillwayError && error.code === 'MESSAGE_TOO_LARGE')
        this.#tooLarge(ready.done, error)
      // What only another configuration can mend would fail for ever.
      if (error instanceof SpillwayError && error.decision === 'stop') events.fatal(error)
      await this.#restart(error)
      return
    }
    epoch.committed(ready)
    this.#narrow = Math.max(0, this.#narrow - ready.done.length)
    for (const { message } of ready.done) this.#oversize.delete(message.offset)
    events.committed(id, ready.done, ready.next, (performance.now() - start) / 1e3)
  }

  /** Narrows a refused commit down to one message, whose original then goes to the dead letters instead. */
  #tooLarge(done: readonly Done[], error: SpillwayError): void {
    const { offset } = done[0].message
    if (done.length > 1) this.#narrow = done.length
    else if (!this.#oversize.has(offset)) this.#oversize.add(offset)
    else {
      const { topic, partition } = this.#options.id
      this.#options.events.fatal(
        new SpillwayError('DEAD_LETTER_TOO_LARGE', `message ${offset} does not fit into the dead letters`, {
          place: `${topic}/${partition}/${offset}`,
          cause: error,
        }),
      )
    }
  }

  /** Opens the sink anew, for ever and ever slower, and rewinds the source. */
  async #restart(cause: unknown): Promise<void> {
    const { id, events } = this.#options
    const { signal } = this.#stopped
    const place = `${id.topic}/${id.partition}`
    const undo = this.#epoch!.undo
    events.aborted(id, asSpillwayError(cause, 'SINK_UNAVAILABLE', { place }))
    for (let pause = REOPEN_MS; !signal.aborted; pause = Math.min(pause * 2, REOPEN_MAX_MS)) {
      // Jitter: two processes that fence each other must not keep step.
      await sleep(pause * (0.5 + Math.random()), undefined, { signal }).catch(() => {})
      if (signal.aborted) return
      try {
        const { epoch, next } = await this.#start(undo)
        // At one stroke: between the two, the new epoch would take what was delivered from the old position.
        this.#epoch = epoch
        events.rewind(id, next)
        this.#reopened.fire()
        return
      } catch (error) {
        events.aborted(id, asSpillwayError(error, 'SINK_UNAVAILABLE', { place }))
      }
    }
  }

  /** What is delivered between two epochs is dropped: the source waits. */
  async #untilReopened(ended: LaneEpoch): Promise<void> {
    while (this.#epoch === ended && !this.#stopped.signal.aborted) await this.#reopened.wait()
  }

  #call(call: () => Promise<void>): Promise<void> {
    const result = this.#calls.then(call)
    this.#calls = result.catch(() => {})
    return result
  }
}

const sameMark = (a: LaneMark, b: LaneMark): boolean => a.opens === b.opens && a.tries === b.tries

const abandoned = (): SpillwayError =>
  new SpillwayError('SINK_UNAVAILABLE', 'the mark of the lane could not be kept; it is opened anew')
