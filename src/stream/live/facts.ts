import type { ServingView } from '../control/view.js'
import type { GroupView } from '../group/group.js'
import type { Lag } from '../source.js'
import type { LiveModel } from '../work.js'

/** What the recorder asks about the engine once a second. */
export interface Facts {
  readonly workers: number
  readonly models: readonly LiveModel[]
  readonly lag: readonly Lag[]
  readonly paused: boolean
  /** `null` when ready, otherwise why not. */
  readonly problem: string | null
  /** Seconds since the last commit while messages wait for one; 0 when nothing waits. */
  readonly stalled: number
  readonly group: GroupView | null
  readonly serving: ServingView
}

/** Before the first second is over. */
export const NOTHING_YET: Facts = {
  workers: 1,
  models: [],
  lag: [],
  paused: false,
  problem: 'starting',
  stalled: 0,
  group: null,
  serving: { references: [], trials: [], history: [] },
}
