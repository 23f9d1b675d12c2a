import type { PartScores } from './scorer.js'

/** How far two models' scores of one column are apart, over items that both could score. */
export interface ScoreDifference {
  readonly count: number
  /** Σ |a − b| */
  readonly sum: number
  readonly max: number
}

/** Compares column by column, in the order of `columns`. */
export function compareScores(
  columns: readonly string[],
  items: readonly Int32Array[],
  a: readonly PartScores[],
  b: readonly PartScores[],
): Record<string, ScoreDifference> {
  const found: Record<string, ScoreDifference> = {}
  columns.forEach((name, c) => {
    let count = 0
    let sum = 0
    let max = 0
    for (let part = 0; part < items.length; part++) {
      const [left, right] = [a[part].columns[c], b[part].columns[c]]
      for (const item of items[part]) {
        const gap = Math.abs(left[item] - right[item])
        if (!Number.isFinite(gap)) continue
        count++
        sum += gap
        if (gap > max) max = gap
      }
    }
    found[name] = { count, sum, max }
  })
  return found
}

export const addDifferences = (a: ScoreDifference, b: ScoreDifference): ScoreDifference => ({
  count: a.count + b.count,
  sum: a.sum + b.sum,
  max: Math.max(a.max, b.max),
})
