import type { ColumnSpec, Events } from '../ingest/columns.js'
import type { Read } from './feature-builder.js'
import type { ScoreCost } from './scorer.js'
import type { ModelReport } from './serving.js'

/** An event that a step could not do: it goes to the dead letters, the others go on. */
export interface Fault {
  /** Index of the part, and the row in it. */
  readonly part: number
  readonly row: number
  readonly code: 'SCORE_NOT_FINITE' | 'EVENT_FAILED'
  readonly message: string
}

export interface Applied {
  /** The same parts with more columns: same rows, same order. */
  readonly parts: readonly Events[]
  readonly faults: readonly Fault[]
  /** What inference cost; absent for steps without a model. */
  readonly cost?: ScoreCost
  /** What each model of the step did; absent for steps without a model. */
  readonly reports?: readonly ModelReport[]
}

/**
 * One step of a pipeline. Called with one part per message, several messages at once; gives the same parts with more
 * columns. Never changes what it was given. What it throws fails the whole call; the engine then bisects to the event.
 */
export interface Operator {
  readonly name: string
  readonly reads: readonly Read[]
  readonly produces: readonly ColumnSpec[]
  apply(parts: readonly Events[]): Promise<Applied>
  release(): Promise<void>
}
