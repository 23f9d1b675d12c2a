import { Counter, Gauge, type Registry } from 'prom-client'
import type { ErrorCode } from '../errors.js'
import type { Drift } from '../models/drift.js'
import type { ModelReport } from '../models/serving.js'

/** Values that a drift must rest on before it is shown: PSI of fewer is noise. */
const LEAST = 500

/** Why a version is refused for good. */
const REFUSALS = [
  'MODEL_UNREADABLE',
  'MODEL_INVALID',
  'MODEL_CRASHES',
  'PROBE_FAILED',
  'MODEL_DEMOTED',
  'MODEL_OUTDATED',
  'MODEL_UNSIGNED',
  'SIGNATURE_INVALID',
  'COLUMN_MISSING',
] as const satisfies readonly ErrorCode[]
const ROLLBACKS = ['errors', 'drift', 'crash'] as const

/** The drift of the live model of a step. */
export interface StepDrift {
  readonly step: string
  readonly drift: readonly Drift[]
}

/** What the models of a running pipeline tell Prometheus: swaps, refusals, newcomers on trial, drift. */
export class ModelMetrics {
  readonly #registers: Registry[]
  readonly #swaps: Counter
  readonly #refused: Counter
  readonly #rollbacks: Counter
  readonly #onTrial: Gauge
  readonly #trialItems: Counter
  readonly #trialErrors: Counter
  readonly #difference: Gauge
  #drift: () => readonly StepDrift[] = () => []

  constructor(registry: Registry) {
    this.#registers = [registry]
    this.#swaps = this.#counter('spillway_model_swaps_total', 'Newer versions that went live', ['step'])
    this.#refused = this.#counter(
      'spillway_model_refused_total',
      'Versions of a registry that were not taken, by error code',
      ['step', 'code'],
    )
    this.#rollbacks = this.#counter(
      'spillway_model_rollbacks_total',
      'Live versions taken back for the one before',
      ['step', 'reason'],
    )
    this.#onTrial = this.#gauge('spillway_model_trial_version', 'Version on trial beside the live one', [
      'step',
      'mode',
    ])
    this.#trialItems = this.#counter('spillway_model_trial_items_total', 'Items given to versions on trial', [
      'step',
      'mode',
    ])
    this.#trialErrors = this.#counter(
      'spillway_model_trial_errors_total',
      'Items that versions on trial could not score',
      ['step', 'mode'],
    )
    this.#difference = this.#gauge(
      'spillway_model_trial_difference',
      'Mean |difference| of a score between the shadow and the live version, of the last task',
      ['step', 'column'],
    )
    this.#driftGauge(
      'spillway_drift_psi',
      'Population stability index against the references',
      LEAST,
      (one) => one.psi,
    )
    this.#driftGauge(
      'spillway_drift_ks',
      'Kolmogorov-Smirnov distance to the references',
      LEAST,
      (one) => one.ks,
    )
    this.#driftGauge('spillway_drift_values', 'Values that PSI and KS rest on', 0, (one) => one.count)
  }

  /** A step follows a registry: counters that begin at 0 show their first event to Prometheus' increase(). */
  follows(step: string): void {
    this.#swaps.inc({ step }, 0)
    for (const code of REFUSALS) this.#refused.inc({ step, code }, 0)
    for (const reason of ROLLBACKS) this.#rollbacks.inc({ step, reason }, 0)
  }

  swapped(step: string): void {
    this.#swaps.inc({ step })
    this.#trialEnds(step)
  }

  onTrial(step: string, mode: string, version: number): void {
    this.#onTrial.set({ step, mode }, version)
  }

  refused(step: string, code: ErrorCode): void {
    this.#refused.inc({ step, code })
    if (code === 'MODEL_DEMOTED') this.#trialEnds(step)
  }

  rolledBack(step: string, reason: string): void {
    this.#rollbacks.inc({ step, reason })
  }

  #trialEnds(step: string): void {
    for (const mode of ['shadow', 'canary']) this.#onTrial.remove({ step, mode })
  }

  report(step: string, { role: mode, items, errors, differences }: ModelReport): void {
    if (mode === 'live') return
    this.#trialItems.inc({ step, mode }, items)
    this.#trialErrors.inc({ step, mode }, errors)
    for (const [column, { sum, count }] of Object.entries(differences)) {
      if (count > 0) this.#difference.set({ step, column }, sum / count)
    }
  }

  /** Drift is worked out when somebody asks. */
  followDrift(of: () => readonly StepDrift[]): void {
    this.#drift = of
  }

  #driftGauge(name: string, help: string, least: number, pick: (drift: Drift) => number): void {
    const read = (): readonly StepDrift[] => this.#drift()
    new Gauge({
      name,
      help,
      labelNames: ['step', 'feature'],
      registers: this.#registers,
      collect() {
        this.reset()
        for (const { step, drift } of read())
          for (const one of drift) if (one.count >= least) this.set({ step, feature: one.name }, pick(one))
      },
    })
  }

  #counter(name: string, help: string, labelNames: string[]): Counter {
    return new Counter({ name, help, labelNames, registers: this.#registers })
  }

  #gauge(name: string, help: string, labelNames: string[]): Gauge {
    return new Gauge({ name, help, labelNames, registers: this.#registers })
  }
}
