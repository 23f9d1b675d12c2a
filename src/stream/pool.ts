import { setTimeout as sleep } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { asSpillwayError, SpillwayError } from '../errors.js'
import { denormalsAsZero } from '../models/denormals.js'
import { Buffers } from './buffers.js'
import { Pulse } from './pulse.js'
import type {
  Hello,
  LineUpOffer,
  LiveModel,
  Task,
  TaskReply,
  WorkerMessage,
  WorkItem,
  WorkPlan,
} from './work.js'
import { type Member, WorkerLineUps } from './worker-line-ups.js'

export interface PoolOptions {
  readonly plan: Omit<WorkPlan, 'pulse' | 'lineUps'>
  /** What workers begin with; the models that the configuration names by path when absent. */
  readonly lineUp?: LineUpOffer
  /** Entry of a worker; Spillway's own when absent. */
  readonly worker?: URL
  readonly count: number
  /** A task that takes longer ends its worker. */
  readonly batchSeconds: number
  /** Heap of one worker. */
  readonly memoryMb: number
  /** A slot became free: there is room for another task. */
  readonly onRoom: () => void
  /** A worker was replaced. */
  readonly onReplaced: (how: Lost, guilty: boolean) => void
  /** No worker can be started any more. */
  readonly onFatal: (error: SpillwayError) => void
}

/** How a worker was lost. */
export type Lost = 'hang' | 'crash' | 'memory'

/** The task was on the worker when it was lost (`guilty`), or only waited for it. */
export class WorkerLost extends SpillwayError {
  constructor(
    readonly how: Lost,
    readonly guilty: boolean,
    cause?: unknown,
  ) {
    super('WORKER_LOST', `a worker was lost (${how})`, { cause })
  }
}

interface Pending {
  readonly task: Task
  readonly resolve: (reply: TaskReply) => void
  readonly reject: (error: unknown) => void
}

interface Seat extends Member {
  readonly worker: Worker
  readonly pulse: Pulse
  readonly pending: Map<number, Pending>
  ready: boolean
  /** The task last seen in progress, and since when. */
  seen: number
  since: number
}

/** One task running and one waiting, so that a worker never waits for the main thread. */
const TASKS_PER_WORKER = 2
const WATCH_MS = 100
/** How often a native call is looked at that keeps a worker from leaving, and how long closing waits for it. */
const LOOK_MS = 10
const LEAVE_MS = 20_000
/** Workers that die before they are ready, in a row, before the pool gives up. */
const STILLBORN = 3

/**
 * Worker threads that do the computing. A worker that hangs, crashes or runs out of memory is replaced; its tasks are
 * rejected with WorkerLost, and the caller does them again. Tasks wait in the caller, not here: call `run` only while
 * `room` is positive.
 */
export class WorkerPool {
  readonly #options: Omit<PoolOptions, 'lineUp'>
  readonly #seats: Seat[] = []
  /** Replaced, but still inside a native call. */
  readonly #leaving = new Set<Seat>()
  readonly #watch: NodeJS.Timeout
  readonly #buffers = new Buffers()
  readonly #lineUps: WorkerLineUps<Seat>
  #stillborn = 0
  #closed = false
  #next = 1
  #hello: Extract<Hello, { kind: 'ready' }> | undefined
  #failStart: (error: SpillwayError) => void = () => {}

  private constructor({ lineUp, ...options }: PoolOptions) {
    this.#options = options
    this.#lineUps = new WorkerLineUps(this.#seats, lineUp)
    this.#watch = setInterval(() => this.#checkLimits(), WATCH_MS)
  }

  /** Starts the workers and waits until the first has loaded all models. @throws what the worker says is wrong. */
  static async start(options: PoolOptions): Promise<WorkerPool> {
    await denormalsAsZero()
    const pool = new WorkerPool(options)
    const { count } = options
    try {
      await new Promise<void>((resolve, reject) => {
        pool.#failStart = reject
        let waiting = count
        for (let i = 0; i < count; i++) {
          pool.#seat(() => {
            waiting--
            if (waiting === 0) resolve()
          })
        }
      })
    } catch (error) {
      await pool.close()
      throw error
    }
    pool.#failStart = options.onFatal
    return pool
  }

  /** What the workers loaded. */
  get hello(): Extract<Hello, { kind: 'ready' }> {
    return this.#hello!
  }

  /** Tasks that can be taken now. */
  get room(): number {
    let room = 0
    for (const seat of this.#seats) if (seat.ready) room += TASKS_PER_WORKER - seat.pending.size
    return room
  }

  /** Whether a worker has nothing to do. */
  get idle(): boolean {
    return this.#seats.some((seat) => seat.ready && seat.pending.size === 0)
  }

  /** Tasks under way. */
  get busy(): number {
    let busy = 0
    for (const seat of this.#seats) busy += seat.pending.size
    return busy
  }

  /** Hands one task to the worker with the fewest. @throws WorkerLost when that worker ends before the reply. */
  run(items: readonly WorkItem[], lineUp?: number): Promise<TaskReply> {
    const seat = this.#seats
      .filter(({ ready, pending }) => ready && pending.size < TASKS_PER_WORKER)
      .sort((a, b) => a.pending.size - b.pending.size)[0]
    if (seat === undefined) throw new SpillwayError('INTERNAL', 'run() without room')
    const copies = items.map(({ value }) => this.#buffers.copy(value))
    const task: Task = {
      id: this.#next,
      items: items.map((item, k) => ({ ...item, value: copies[k] })),
      lineUp,
    }
    this.#next = this.#next === 0x7fffffff ? 1 : this.#next + 1
    return new Promise((resolve, reject) => {
      seat.pending.set(task.id, { task, resolve, reject })
      seat.worker.postMessage(
        task,
        copies.map(({ buffer }) => buffer),
      )
    })
  }

  /** Makes a line-up ready in every worker. @throws SpillwayError why a worker cannot take it */
  lineUp(offer: LineUpOffer): Promise<readonly LiveModel[]> {
    return this.#lineUps.offer(offer, (seat) => this.#replace(seat))
  }

  /** As `lineUp`, for one whose models are known to load: tasks may use it at once. */
  adopt(offer: LineUpOffer): void {
    this.#lineUps.adopt(offer)
  }

  /** No task will use this line-up any more: workers free what no other needs. */
  drop(lineUp: number): void {
    this.#lineUps.drop(lineUp)
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#lineUps.close()
    clearInterval(this.#watch)
    const left = [...this.#seats, ...this.#leaving].map((seat) => dismiss(seat))
    // A native call that does not return keeps its thread; nothing of it can become visible any more.
    await Promise.race([Promise.all(left), sleep(LEAVE_MS, undefined, { ref: false })])
  }

  #seat(onReady: () => void): void {
    const pulse = new Pulse()
    const lineUps = this.#lineUps.inUse
    const worker = new Worker(this.#options.worker ?? new URL('./worker.js', import.meta.url), {
      workerData: {
        ...this.#options.plan,
        pulse: pulse.shared,
        ...(lineUps.length > 0 && { lineUps }),
      } satisfies WorkPlan,
      resourceLimits: { maxOldGenerationSizeMb: this.#options.memoryMb },
      name: 'spillway-worker',
    })
    const seat: Seat = {
      worker,
      pulse,
      pending: new Map(),
      lineUps: new Set(lineUps.map(({ id }) => id)),
      tell: (order) => worker.postMessage(order),
      ready: false,
      seen: 0,
      since: 0,
    }
    this.#seats.push(seat)
    let error: unknown
    worker.on('message', (message: WorkerMessage) => {
      if (message.kind === 'reply') {
        for (const buffer of message.spent) this.#buffers.giveBack(buffer)
        this.#settle(seat, message)
      } else if (message.kind === 'ready') {
        this.#hello = message
        this.#stillborn = 0
        seat.ready = true
        this.#lineUps.catchUp(seat)
        onReady()
        this.#options.onRoom()
      } else if (message.kind === 'lined-up' || message.kind === 'refused') {
        if (this.#lineUps.answer(seat, message)) this.#replace(seat)
      } else {
        const { code, message: text, place, remedy } = message
        this.#failStart(new SpillwayError(code, text, { place, remedy }))
      }
    })
    worker.on('error', (cause) => {
      error = cause
    })
    worker.on('exit', () => this.#lost(seat, howLost(error), error))
  }

  #settle(seat: Seat, reply: TaskReply): void {
    const pending = seat.pending.get(reply.id)
    seat.pending.delete(reply.id)
    pending?.resolve(reply)
    this.#options.onRoom()
  }

  #lost(seat: Seat, how: Lost, cause: unknown): void {
    const index = this.#seats.indexOf(seat)
    if (index < 0) return
    this.#seats.splice(index, 1)
    const guilty = seat.pulse.task
    this.#lineUps.lost(seat)
    for (const { task, reject } of seat.pending.values())
      reject(new WorkerLost(how, task.id === guilty, cause))
    if (this.#closed) return
    this.#options.onReplaced(how, guilty !== 0)
    if (!seat.ready && ++this.#stillborn >= STILLBORN) {
      this.#failStart(asSpillwayError(cause, 'INTERNAL', { place: 'worker start' }))
      return
    }
    this.#seat(() => {})
  }

  #checkLimits(): void {
    const now = performance.now()
    for (const seat of [...this.#seats]) {
      const task = seat.pulse.task
      if (task !== seat.seen) {
        seat.seen = task
        seat.since = now
      } else if (task !== 0 && now - seat.since > this.#options.batchSeconds * 1e3) {
        this.#replace(seat)
      }
    }
  }

  #replace(seat: Seat): void {
    this.#lost(seat, 'hang', undefined)
    this.#leaving.add(seat)
    void dismiss(seat).then(() => this.#leaving.delete(seat))
  }
}

/** Ends a worker: at once where that is safe, else when its native call has returned. Resolves when it is gone. */
async function dismiss({ worker, pulse }: Seat): Promise<void> {
  const gone = new Promise<void>((resolve) => worker.once('exit', () => resolve()))
  pulse.leave()
  // A worker that is not in native code now will not enter it any more: it looks at `leaving` first.
  for (; pulse.native; await sleep(LOOK_MS)) if (worker.threadId < 0) return
  if (worker.threadId >= 0) await Promise.race([worker.terminate(), gone])
}

function howLost(error: unknown): Lost {
  const code = (error as { readonly code?: string } | undefined)?.code
  return code === 'ERR_WORKER_OUT_OF_MEMORY' ? 'memory' : 'crash'
}
