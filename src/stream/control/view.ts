import type { Drift, DriftFeature } from '../../models/drift.js'
import type { ModelNews } from './history.js'

/** The models of a running pipeline, for people to look at. */
export interface ServingView {
  readonly references: readonly StepReferences[]
  readonly trials: readonly TrialView[]
  /** Newest first. */
  readonly history: readonly ModelNews[]
}

/** What the live model of a step saw and gave, beside its training sample. */
export interface StepReferences {
  readonly step: string
  readonly features: readonly (DriftFeature & { readonly drift: Drift })[]
}

/** A newcomer beside the live model. */
export interface TrialView {
  readonly step: string
  readonly name: string
  readonly mode: 'shadow' | 'canary'
  readonly version: number
  /** Version of the live model. */
  readonly live: number
  /** Of the events that it scores; 1 for a shadow. */
  readonly share: number
  /** Items that it was given, and after how many it is judged. */
  readonly events: number
  readonly wanted: number
  readonly errors: number
  /** From the live model's scores, over all items; none for a canary, which scores other events. */
  readonly differences: readonly TrialDifference[]
  /** The largest PSI of its scores from its own references; `null` while too few were seen or none are known. */
  readonly psi: { readonly name: string; readonly psi: number } | null
  /** What it must not exceed; `null` for no limit. */
  readonly limits: { readonly difference: number | null; readonly psi: number | null }
}

export interface TrialDifference {
  readonly column: string
  /** Mean and largest |live − newcomer|. */
  readonly mean: number
  readonly max: number
}

/** What an operator may do with the model of a step that follows a registry. */
export interface ModelOperator {
  /** Steps that follow a registry. */
  readonly steps: readonly string[]
  /**
   * Makes the newcomer on trial live, whatever its judge would say.
   * @param dryRun Only says what would be done.
   * @param version What must be on trial; anything when absent.
   * @returns one sentence. @throws SpillwayError ACTION_REFUSED; what a worker has against it
   */
  promote(step: string, dryRun: boolean, version?: number): Promise<string>
  /**
   * Takes the live model back for the one before, in this process and at once.
   * @param publish Publishes the weights of the one before under the next version too, for every process.
   * @param version What must be live; anything when absent.
   * @returns one sentence. @throws SpillwayError ACTION_REFUSED; what publishing throws
   */
  rollBack(step: string, publish: boolean, dryRun: boolean, version?: number): Promise<string>
}
