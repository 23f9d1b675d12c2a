import type { SpillwayError } from '../errors.js'
import type { Lost } from './pool.js'
import type { Done, LaneId } from './sink.js'
import type { TaskReply } from './work.js'

/** What happens in a running engine, for progress bars, logs, decisions and summaries. */
export interface EngineEvents {
  readonly committed?: (id: LaneId, done: readonly Done[], seconds: number) => void
  /** `waits`: seconds that each message of the task had waited for a worker. */
  readonly task?: (reply: TaskReply, waits: readonly number[]) => void
  readonly aborted?: (id: LaneId, error: SpillwayError) => void
  /** `atWork`: while it was at a task. */
  readonly workerReplaced?: (reason: Lost, atWork: boolean) => void
  /** Models swapped, refused, taken back: a line for people. */
  readonly models?: (line: string) => void
}

/** Tells two listeners, the first one first. */
export function both(first: EngineEvents, second: EngineEvents): EngineEvents {
  return {
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
