import type { Task } from './recipe.js'
import type { RunResult } from './run-folder.js'
import { inSplit, type ScoreTable, SPLITS } from './score-table.js'

/** A recipe's figures of merit on each part of the sample; none for a part without items. */
export function metricsOf(task: Task, table: ScoreTable): RunResult['metrics'] {
  const entries = SPLITS.map((split) => {
    const part = inSplit(table, split)
    return [split, part.rows === 0 ? {} : task.metrics(part)] as const
  })
  return Object.fromEntries(entries) as unknown as RunResult['metrics']
}

/**
 * Coefficient of determination, 1 − Σ w (t − p)² / Σ w (t − t̄)²: the share of the variance that a prediction explains.
 */
export function rSquared(
  truth: ArrayLike<number>,
  predicted: ArrayLike<number>,
  weights: ArrayLike<number>,
): number {
  let total = 0
  let sum = 0
  for (let i = 0; i < truth.length; i++) {
    total += weights[i]
    sum += weights[i] * truth[i]
  }
  const mean = sum / total
  let left = 0
  let spread = 0
  for (let i = 0; i < truth.length; i++) {
    left += weights[i] * (truth[i] - predicted[i]) ** 2
    spread += weights[i] * (truth[i] - mean) ** 2
  }
  return 1 - left / spread
}

/** Root of the weighted mean of the squared difference. */
export function rootMeanSquare(
  truth: ArrayLike<number>,
  predicted: ArrayLike<number>,
  weights: ArrayLike<number>,
): number {
  let total = 0
  let sum = 0
  for (let i = 0; i < truth.length; i++) {
    total += weights[i]
    sum += weights[i] * (truth[i] - predicted[i]) ** 2
  }
  return Math.sqrt(sum / total)
}
