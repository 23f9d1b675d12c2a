import { areaUnder } from '../../../report/weighted-roc.js'
import type { ScoreTable } from '../../../train/score-table.js'

/** Weights of scored events; an event that is not of a sample has none in it. Templates of one sample share its events. */
export interface Weights {
  readonly source: Float64Array
  /** The source with the weights that were found. */
  readonly weighted: Float64Array
  readonly target: Float64Array
}

/** The weights of every event in both samples. */
export function weightsOf(table: ScoreTable): Weights {
  const [weight, found, inSource, inTarget] = [
    'weight',
    'score.weight',
    'target.in_source',
    'target.in_target',
  ].map((name) => table.column(name))
  const source = weight.map((w, row) => w * inSource[row])
  return {
    source,
    weighted: source.map((w, row) => w * found[row]),
    target: weight.map((w, row) => w * inTarget[row]),
  }
}

/**
 * Area under the curve of a score between two samples, which may share events, as a function of how often each event
 * counts: a bootstrap then keeps what the samples have in common.
 */
export function areaBetween(
  score: Float64Array,
  background: Float64Array,
  signal: Float64Array,
): (counts: ArrayLike<number>) => number {
  const of = (weights: Float64Array): Int32Array =>
    Int32Array.from(weights, (_, row) => row).filter((row) => weights[row] !== 0)
  const [fakes, kept] = [of(background), of(signal)]
  const rows = new Int32Array(fakes.length + kept.length)
  rows.set(fakes)
  rows.set(kept, fakes.length)
  return (counts) =>
    areaUnder({
      score: Float64Array.from(rows, (row) => score[row]),
      signal: Uint8Array.from(rows, (_, i) => (i < fakes.length ? 0 : 1)),
      weight: Float64Array.from(
        rows,
        (row, i) => counts[row] * (i < fakes.length ? background : signal)[row],
      ),
    })
}

/**
 * How far the shares of a template follow the weights: Σ (w − w̄) t / Σ (w − w̄) p, with p the source as it is weighted, t the target and w̄ the
 * mean weight of the source, so that a difference of the totals has no part in it. 1 where the weights are ratios of densities; below, they spread further than the ratios do: they have
 * learnt fluctuations of their training events.
 */
export function slopeOf(table: ScoreTable): (counts: ArrayLike<number>) => number {
  const { source, weighted, target } = weightsOf(table)
  const found = table.column('score.weight')
  return (counts) => {
    let [whole, sum] = [0, 0]
    for (let row = 0; row < found.length; row++) {
      whole += counts[row] * source[row]
      sum += counts[row] * weighted[row]
    }
    let [over, under] = [0, 0]
    for (let row = 0; row < found.length; row++) {
      const away = counts[row] * (found[row] - sum / whole)
      over += away * target[row]
      under += away * weighted[row]
    }
    return over / under
  }
}

/** Events without weights that would measure as precisely: (Σ w)² / Σ w². Cancelling weights make it small. */
export function effectiveSize(weights: ArrayLike<number>): number {
  let sum = 0
  let squares = 0
  for (let i = 0; i < weights.length; i++) {
    sum += weights[i]
    squares += weights[i] * weights[i]
  }
  return squares === 0 ? 0 : (sum * sum) / squares
}

export const total = (weights: Float64Array): number => weights.reduce((a, b) => a + b, 0)
