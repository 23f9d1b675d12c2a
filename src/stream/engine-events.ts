import type { SpillwayError } from '../errors.js'
import type { Message } from '../ingest/message.js'
import type { Lost } from './pool.js'
import type { Done, LaneId } from './sink.js'
import type { LiveModel, TaskReply } from './work.js'

/** A task as it was given to a worker. */
export interface GivenTask {
  readonly messages: readonly Message[]
  /** Seconds that each message had waited for a worker. */
  readonly waits: readonly number[]
  /** When it was given out, by performance.now(). */
  readonly at: number
  /** What it was scored with. */
  readonly models: readonly LiveModel[]
}

/** What happens in a running engine, for progress bars, logs, decisions and summaries. */
export interface EngineEvents {
  /** The source delivered these to a lane, which takes them as it has room. */
  readonly delivered?: (id: LaneId, messages: readonly Message[]) => void
  readonly committed?: (id: LaneId, done: readonly Done[], seconds: number) => void
  /** `waits`: seconds that each message of the task had waited for a worker. */
  readonly task?: (reply: TaskReply, waits: readonly number[], given: GivenTask) => void
  readonly aborted?: (id: LaneId, error: SpillwayError) => void
  /** The lane is no longer ours; what was delivered and not committed is dropped. */
  readonly released?: (id: LaneId) => void
  /** `atWork`: while it was at a task. */
  readonly workerReplaced?: (reason: Lost, atWork: boolean) => void
  /** A line for people: models swapped, refused, taken back; spans that nobody takes. */
  readonly models?: (line: string) => void
}

/** Tells two listeners, the first one first. */
export function both(first: EngineEvents, second: EngineEvents): EngineEvents {
  return {
    delivered: (...what) => {
      first.delivered?.(...what)
      second.delivered?.(...what)
    },
    committed: (...what) => {
      first.committed?.(...what)
      second.committed?.(...what)
    },
    task: (...what) => {
      first.task?.(...what)
      second.task?.(...what)
    },
    aborted: (...what) => {
      first.aborted?.(...what)
      second.aborted?.(...what)
    },
    released: (...what) => {
      first.released?.(...what)
      second.released?.(...what)
    },
    workerReplaced: (...what) => {
      first.workerReplaced?.(...what)
      second.workerReplaced?.(...what)
    },
    models: (...what) => {
      first.models?.(...what)
      second.models?.(...what)
    },
  }
}
