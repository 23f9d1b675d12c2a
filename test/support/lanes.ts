import type { SpillwayError } from '#spillway/errors.js'
import { Gatherer } from '#spillway/stream/gatherer.js'
import { Lane } from '#spillway/stream/lane.js'
import type { Done } from '#spillway/stream/sink.js'
import type { Outcome, WorkItem } from '#spillway/stream/work.js'
import { type Fault, MemoryLane, ScriptedLaneSink } from './memory.js'
import { messageOf } from './messages.js'
import { type Script, ScriptedWorkers, scored } from './workers.js'

export interface LaneSetup {
  readonly lane?: MemoryLane
  readonly faults?: readonly Fault[]
  readonly script?: Script
  readonly intervalMs?: number
  readonly rows?: number
  readonly prompt?: boolean
  readonly inFlightBytes?: number
  readonly attempts?: number
  readonly pause?: () => Promise<void>
  /** Bytes of the results of every message; those of the message when absent. */
  readonly resultBytes?: number
  readonly refuses?: (done: Done) => boolean
}

const id = { topic: 'events', partition: 0 }
export const bytesOf = (offset: number) => Buffer.from(`message ${offset}`)

/** A lane over scripted workers and sink, with a source of `total` messages that obeys rewinds. */
export function laneOf(total: number, setup: LaneSetup = {}) {
  const memory = setup.lane ?? new MemoryLane()
  const sink = new ScriptedLaneSink(memory, setup.faults, setup.pause, setup.refuses)
  const { resultBytes } = setup
  const outcome = (item: WorkItem): Outcome =>
    resultBytes === undefined ? scored(item) : { ...scored(item), scores: new Uint8Array(resultBytes) }
  const workers = new ScriptedWorkers(setup.script, 2, outcome)
  const gatherer = new Gatherer(
    workers,
    { rows: 8, bytes: 1e6, seconds: 1, delayMs: 0, attempts: 2 },
    { task: () => {} },
  )
  workers.onRoom = () => gatherer.pump()
  const errors: SpillwayError[] = []
  const fatal: SpillwayError[] = []
  const rewinds: (bigint | null)[] = []
  let at = 0
  const lane = new Lane({
    id,
    sink,
    gatherer,
    commit: { intervalMs: setup.intervalMs ?? 1, rows: setup.rows ?? 1e6, prompt: setup.prompt ?? false },
    inFlightBytes: setup.inFlightBytes ?? 1e6,
    attempts: setup.attempts ?? 3,
    events: {
      committed: () => {},
      aborted: (_id, error) => void errors.push(error),
      fatal: (error) => void fatal.push(error),
      rewind: (_id, next) => {
        rewinds.push(next)
        at = Number(next ?? 0n)
      },
    },
  })
  return {
    lane,
    memory,
    sink,
    workers,
    errors,
    fatal,
    rewinds,
    async open() {
      at = Number((await lane.open()) ?? 0n)
    },
    /** Delivers everything, again after rewinds, until it is committed. */
    async deliver(end = total) {
      while (at < end) {
        while (at < end) {
          const offset = at++
          await lane.push([messageOf(bytesOf(offset), offset)], BigInt(offset + 1))
        }
        await lane.drain()
      }
    },
    get delivered() {
      return at
    },
  }
}

export const range = (count: number) => Array.from({ length: count }, (_, i) => i)
