import { SpillwayError } from '../../errors.js'
import type { OptimizeConfig } from './config.js'
import type { TrialResult } from './trial.js'

/** What a trial is worth: smaller losses are better, whichever way the figure of merit goes. */
export interface Judged {
  /** The figure of merit on validation events, and on training events. */
  readonly value: number
  readonly train: number
  /** The figure, turned so that smaller is better; infinite for a trial that does not count. */
  readonly loss: number
  /** False for one that diverged or is overtrained. */
  readonly accepted: boolean
}

/** @throws SpillwayError CONFIG_INVALID for a figure of merit that the recipe does not give */
export function judged(result: TrialResult, { objective, overtraining }: OptimizeConfig): Judged {
  if (result.failed !== undefined) {
    return { value: Number.NaN, train: Number.NaN, loss: Number.POSITIVE_INFINITY, accepted: false }
  }
  const sign = objective.direction === 'minimize' ? 1 : -1
  const value = figureOf(result.metrics.validation, objective.metric)
  const train = figureOf(result.metrics.train, objective.metric)
  const gap = sign * (value - train)
  const accepted = Number.isFinite(value) && (overtraining === null || gap <= overtraining)
  return { value, train, loss: accepted ? sign * value : Number.POSITIVE_INFINITY, accepted }
}

/** @throws SpillwayError CONFIG_INVALID */
export function figureOf(metrics: Readonly<Record<string, number>>, metric: string): number {
  const value = metrics[metric]
  if (value !== undefined) return value
  throw new SpillwayError('CONFIG_INVALID', `the recipe gives no ${metric}`, {
    place: 'optimize.objective.metric',
    remedy: `Take one of ${Object.keys(metrics).join(', ')}.`,
  })
}

/** How much worse `value` is than `reference`; negative when it is better. */
export const worseBy = (value: number, reference: number, { objective }: OptimizeConfig): number =>
  objective.direction === 'minimize' ? value - reference : reference - value

export interface Spread {
  readonly mean: number
  readonly deviation: number
}

/** Mean and standard deviation of a sample; the deviation of a single value is 0. */
export function spreadOf(values: readonly number[]): Spread {
  const mean = values.reduce((a, b) => a + b, 0) / values.length
  const variance = values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / Math.max(1, values.length - 1)
  return { mean, deviation: Math.sqrt(variance) }
}
