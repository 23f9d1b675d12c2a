import { addDifferences, type ScoreDifference } from '../../models/compare.js'
import { countsOf, type DriftFeature } from '../../models/drift.js'
import type { ModelReport } from '../../models/serving.js'
import type { RollbackConfig, RolloutConfig } from './config.js'
import { DriftWindow } from './drift-window.js'

/** What is to be done with a model on trial; `null` while it goes on. */
export type Verdict = { readonly ok: true } | { readonly ok: false; readonly why: string } | null

/** Values that a drift must rest on: PSI of fewer is noise. */
const LEAST_FOR_DRIFT = 1_000
/** Events that a share of errors is of at least: one failure among the first few says little. */
const LEAST_FOR_ERRORS = 200

/** Watches one model on trial: a candidate before it is promoted, or a new live model for a while. */
export class Judge {
  readonly #limits: {
    readonly events: number
    readonly max_error_share: number
    readonly max_psi?: number
    readonly max_difference?: number
  }
  readonly #drift: DriftWindow | null
  #events = 0
  #errors = 0
  #lastError = ''
  #differences: Readonly<Record<string, ScoreDifference>> = {}

  constructor(limits: RolloutConfig | RollbackConfig, features: readonly DriftFeature[]) {
    this.#limits = limits
    const scores = features.filter(({ name }) => name.startsWith('score.'))
    this.#drift =
      scores.length === 0 ? null : new DriftWindow(scores, countsOf(features), Number.POSITIVE_INFINITY)
  }

  get differences(): Readonly<Record<string, ScoreDifference>> {
    return this.#differences
  }

  report({ items, errors, error, differences, drift }: ModelReport): void {
    this.count(items, errors, error)
    for (const [column, one] of Object.entries(differences)) {
      const before = this.#differences[column]
      const sum = before === undefined ? one : addDifferences(before, one)
      this.#differences = { ...this.#differences, [column]: sum }
    }
    if (drift !== null) this.#drift?.add(drift, 0)
  }

  count(events: number, errors: number, error: string | null): void {
    this.#events += events
    this.#errors += errors
    if (error !== null) this.#lastError = `: ${error}`
  }

  get verdict(): Verdict {
    const { events, max_error_share, max_difference, max_psi } = this.#limits
    const seen = Math.max(Math.min(events, LEAST_FOR_ERRORS), this.#events)
    if (this.#errors > max_error_share * seen) {
      return { ok: false, why: `${this.#errors} of ${this.#events} failed${this.#lastError}` }
    }
    const psi = max_psi === undefined ? undefined : this.#worstPsi()
    if (psi !== undefined && psi.psi > max_psi!) {
      return { ok: false, why: `${psi.name} drifted: PSI ${psi.psi.toPrecision(3)}, allowed ${max_psi}` }
    }
    if (this.#events < events) return null
    for (const [column, { sum, count }] of Object.entries(this.#differences)) {
      const mean = count === 0 ? 0 : sum / count
      if (max_difference !== undefined && mean > max_difference) {
        const far = `${mean.toPrecision(3)} on average, allowed ${max_difference}`
        return { ok: false, why: `${column} differs by ${far}` }
      }
    }
    return { ok: true }
  }

  #worstPsi(): { readonly name: string; readonly psi: number } | undefined {
    const known = this.#drift?.drift(0).filter(({ count }) => count >= LEAST_FOR_DRIFT) ?? []
    return known.sort((a, b) => b.psi - a.psi)[0]
  }
}
