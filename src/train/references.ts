import type { Manifest } from '../models/manifest.js'
import { inSplit, type ScoreTable } from './score-table.js'

const BINS = 20

/**
 * Histograms of the scores on validation items, for drift: bins that hold about as many items each, so that a shift shows
 * in all of them. Edges are those of the sample; what lies outside later belongs to the outer bins.
 */
export function scoreReferences(table: ScoreTable, columns: readonly string[]): Manifest['references'] {
  const validation = inSplit(table, 'validation')
  return Object.fromEntries(
    columns.flatMap((name) => {
      const values = validation.column(`score.${name}`).toSorted()
      const reference = quantileBins(values)
      return reference === undefined ? [] : [[name, reference] as const]
    }),
  )
}

/** Equal-count bins of ascending values; undefined where there are not two different ones. */
function quantileBins(values: Float64Array): { edges: number[]; counts: number[] } | undefined {
  const at = (share: number): number => values[Math.round(share * (values.length - 1))]
  const edges = Array.from({ length: BINS + 1 }, (_, i) => at(i / BINS)).filter(
    (edge, i, all) => i === 0 || edge > all[i - 1],
  )
  if (edges.length < 2) return undefined
  const counts = edges.slice(1).map(() => 0)
  let bin = 0
  for (const value of values) {
    while (bin + 1 < counts.length && value >= edges[bin + 1]) bin++
    counts[bin]++
  }
  return { edges, counts }
}
