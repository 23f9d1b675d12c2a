import type { RunConfig } from '../config.js'
import type { OptimizeConfig } from './config.js'
import { figureOf, type Spread, spreadOf } from './objective.js'
import type { TrialPool } from './trial.js'

/** The objective of one fold. */
export interface Fold {
  readonly train: number
  readonly validation: number
  readonly test: number
}

export interface CrossValidation {
  readonly name: string
  readonly folds: readonly Fold[]
  readonly train: Spread
  readonly validation: Spread
  readonly test: Spread
}

/**
 * k-fold cross-validation: each event is tested once, by a model that was neither trained nor stopped on it. Folds are
 * parts of the hash that divides samples, moved along it.
 */
export async function crossValidate(
  name: string,
  start: RunConfig,
  folds: number,
  { objective: { metric } }: OptimizeConfig,
  pool: TrialPool,
): Promise<CrossValidation> {
  const found = await Promise.all(
    Array.from({ length: folds }, async (_, k): Promise<Fold> => {
      const { data } = start
      const validation = Math.min(data.split.validation, (1 - 1 / folds) / 2)
      const split = { ...data.split, validation, test: 1 / folds, rotate: k / folds }
      const { metrics, failed } = await pool.run({
        config: { ...start, data: { ...data, split } },
        epochs: start.fit.epochs,
        shuffle: false,
        lineage: 'folds',
      })
      if (failed !== undefined) return { train: Number.NaN, validation: Number.NaN, test: Number.NaN }
      return {
        train: figureOf(metrics.train, metric),
        validation: figureOf(metrics.validation, metric),
        // Test events are scored but have no loss: it is not a figure of merit.
        test: metric === 'loss' ? figureOf(metrics.validation, metric) : figureOf(metrics.test, metric),
      }
    }),
  )
  const of = (part: keyof Fold): Spread => spreadOf(found.map((fold) => fold[part]))
  return { name, folds: found, train: of('train'), validation: of('validation'), test: of('test') }
}
