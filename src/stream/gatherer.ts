import type { Message } from '../ingest/message.js'
import type { GivenTask } from './engine-events.js'
import { Fifo } from './fifo.js'
import { WorkerLost, type WorkerPool } from './pool.js'
import { type TaskLimits, TaskSize } from './task-size.js'
import type { Outcome, TaskReply } from './work.js'
import { failure, lossOf, placeOf, rejected, workItem } from './work-item.js'

export interface GathererOptions extends TaskLimits {
  /** How long a worker that has something to do waits for a fuller task; one that has nothing takes what is there. */
  readonly delayMs: number
  /** How often a message may hang or end a worker before it is a dead letter. */
  readonly attempts: number
}

/** What is asked of the worker pool. */
export type Workers = Pick<WorkerPool, 'run' | 'room' | 'busy' | 'idle'>

/** Why a task was closed: full, waited long enough, a worker was free, or the message must be alone. */
export type CloseReason = keyof TaskLimits | 'delay' | 'free' | 'alone'

export interface GathererEvents {
  /** A task came back; its line-up is still held. */
  readonly task: (reply: TaskReply, reason: CloseReason, given: Omit<GivenTask, 'models'>) => void
}

/** The models that tasks are scored with: see `LineUps`. */
export interface LineUpDesk {
  /** The newest line-up. */
  readonly current: number
  /** The newest line-up, which stays ready until as many releases. */
  hold(): number
  release(lineUp: number): void
  /** Whether a line-up was taken back: its work is to be done again with another. */
  withdrawn(lineUp: number): boolean
}

/** For pipelines whose models never change. */
const ONE_LINE_UP: LineUpDesk = { current: 0, hold: () => 0, release() {}, withdrawn: () => false }

interface Entry {
  readonly message: Message
  readonly resolve: (outcome: Outcome) => void
  readonly since: number
  /** Times it was on a worker that was lost. */
  losses: number
  /** After a loss: on a worker by itself. */
  alone: boolean
  /** In a process by itself. */
  readonly exclusive: boolean
  /** Held since it was first on its way to a worker: a message is always scored with the same. */
  lineUp: number | null
}

/**
 * Joins messages of all lanes into tasks for the workers, and makes sure that every message gets an outcome: tasks of
 * a lost worker are done again, message by message, and a message that loses its worker repeatedly is rejected.
 */
export class Gatherer {
  readonly #pool: Workers
  readonly #options: GathererOptions
  readonly #events: GathererEvents
  readonly #lineUps: LineUpDesk
  readonly #size: TaskSize
  readonly #queue = new Fifo<Entry>()
  #timer: NodeJS.Timeout | undefined
  /** Messages that must have the whole process to themselves, in turn. */
  #exclusive: Promise<unknown> = Promise.resolve()
  /** The one whose turn it is, while it waits for a worker. */
  #solo: Entry | null = null
  #held = false
  #pumping = false
  #idle: (() => void)[] = []

  constructor(
    pool: Workers,
    options: GathererOptions,
    events: GathererEvents,
    lineUps: LineUpDesk = ONE_LINE_UP,
  ) {
    this.#lineUps = lineUps
    this.#pool = pool
    this.#options = options
    this.#size = new TaskSize(options)
    this.#events = events
  }

  /** Messages waiting for a worker. */
  get waiting(): number {
    return this.#queue.length
  }

  /** Never rejects: what cannot be done becomes a reject in the outcome. */
  submit(message: Message): Promise<Outcome> {
    return new Promise((resolve) => {
      this.#queue.push({
        message,
        resolve,
        since: performance.now(),
        losses: 0,
        alone: false,
        exclusive: false,
        lineUp: null,
      })
      this.#pumpSoon()
    })
  }

  /**
   * Runs a message while nothing else runs in this process: if the process ends meanwhile, it is the culprit.
   * `before` is called when everything else is still; the message starts after it.
   */
  submitExclusive(message: Message, before: () => Promise<void>): Promise<Outcome> {
    const run = this.#exclusive.then(async () => {
      this.#held = true
      try {
        if (this.#pool.busy > 0) await new Promise<void>((resolve) => this.#idle.push(resolve))
        await before()
        return await new Promise<Outcome>((resolve) => {
          const since = performance.now()
          this.#solo = { message, resolve, since, losses: 0, alone: true, exclusive: true, lineUp: null }
          this.pump()
        })
      } finally {
        this.#held = false
        this.pump()
      }
    })
    this.#exclusive = run.catch(() => {})
    return run
  }

  /** Gives tasks to workers that have room. Called by the pool when there is room, and on every submit. */
  pump(): void {
    if (this.#pool.busy === 0) for (const resolve of this.#idle.splice(0)) resolve()
    if (this.#solo !== null && this.#pool.room > 0) {
      const solo = this.#solo
      this.#solo = null
      void this.#dispatch([solo], 'alone')
    }
    while (!this.#held && this.#pool.room > 0 && this.waiting > 0) {
      const reason = this.#reason()
      if (reason === undefined) return
      void this.#dispatch(this.#take(), reason)
    }
  }

  /** A turn later, so that messages that come together go together. */
  #pumpSoon(): void {
    if (this.#pumping) return
    this.#pumping = true
    queueMicrotask(() => {
      this.#pumping = false
      this.pump()
    })
  }

  /** Whether a task should be closed now; otherwise a timer is set. */
  #reason(): CloseReason | undefined {
    if (this.#queue.at(0).alone) return 'alone'
    let bytes = 0
    for (let i = 0; i < this.#queue.length; i++) {
      bytes += sizeOf(this.#queue.at(i).message)
      const full = this.#size.reached(bytes)
      if (full !== undefined) return full
    }
    if (this.#options.delayMs === 0 || this.#pool.idle) return 'free'
    const waited = performance.now() - this.#queue.at(0).since
    if (waited >= this.#options.delayMs) return 'delay'
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined
      this.pump()
    }, this.#options.delayMs - waited)
    return undefined
  }

  #take(): Entry[] {
    const taken: Entry[] = []
    let bytes = 0
    while (this.#queue.length > 0) {
      const entry = this.#queue.at(0)
      const size = sizeOf(entry.message)
      const full = this.#size.exceeded(bytes + size)
      if (taken.length > 0 && (full || entry.alone || this.#lineUpOf(entry) !== this.#lineUpOf(taken[0])))
        break
      taken.push(this.#queue.shift())
      bytes += size
      if (entry.alone) break
    }
    return taken
  }

  #lineUpOf({ lineUp }: Entry): number {
    return lineUp ?? this.#lineUps.current
  }

  /** The end of a message here. */
  #settle(entry: Entry, outcome: Outcome): void {
    if (entry.lineUp !== null) this.#lineUps.release(entry.lineUp)
    entry.resolve(outcome)
  }

  async #dispatch(entries: readonly Entry[], reason: CloseReason): Promise<void> {
    const work = entries.filter((entry) => {
      const { message } = entry
      if (message.unread !== undefined) {
        this.#settle(entry, rejected({ code: 'EVENTS_UNREADABLE', ...message.unread }))
        return false
      }
      if (message.value !== null && message.value.length > 0) return true
      const why = { code: 'MESSAGE_EMPTY', message: 'message has no value', place: placeOf(message) } as const
      this.#settle(entry, rejected(why))
      return false
    })
    if (work.length === 0) return this.pump()
    for (const entry of work) entry.lineUp ??= this.#lineUps.hold()
    const now = performance.now()
    const waits = work.map(({ since }) => (now - since) / 1e3)
    try {
      const reply = await this.#pool.run(
        work.map(({ message }) => workItem(message)),
        work[0].lineUp!,
      )
      const messages = work.map(({ message }) => message)
      this.#events.task(reply, reason, { messages, waits, at: now })
      let rows = 0
      let bytes = 0
      reply.outcomes.forEach((outcome, index) => {
        rows += outcome.rows
        bytes += sizeOf(work[index].message)
        this.#settle(work[index], outcome)
      })
      this.#size.learn(bytes, rows, reply.cost)
    } catch (error) {
      if (error instanceof WorkerLost) this.#again(work, error)
      else for (const entry of work) this.#settle(entry, rejected(failure(entry.message, error)))
    }
    this.pump()
  }

  /** Puts the messages of a lost worker back in front, each alone if it may be the culprit. */
  #again(entries: readonly Entry[], lost: WorkerLost): void {
    const again: Entry[] = []
    for (const entry of entries) {
      if (lost.guilty) {
        // Only a message that was alone is certainly guilty; in company, all are suspects and none is counted.
        if (entry.alone) entry.losses++
        entry.alone = true
      }
      if (this.#lineUps.withdrawn(entry.lineUp!)) {
        // The models were to blame, as far as is known.
        this.#lineUps.release(entry.lineUp!)
        entry.lineUp = null
        entry.losses = 0
      }
      if (entry.losses >= this.#options.attempts)
        this.#settle(entry, rejected(lossOf(entry.message, lost.how, entry.losses)))
      else if (entry.exclusive) this.#solo = entry
      else again.push(entry)
    }
    this.#queue.unshift(again)
  }
}

const sizeOf = (message: Message): number => message.value?.length ?? 0
