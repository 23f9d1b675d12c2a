import type { WorkingPoint } from './roc.js'

/** Scored items: `signal` is 1 or 0, weights may be negative. */
export interface ScoredItems {
  readonly score: ArrayLike<number>
  readonly signal: ArrayLike<number>
  readonly weight: ArrayLike<number>
}

/** A number with its statistical error. */
export interface Measured {
  readonly value: number
  readonly error: number
}

/** Indices by falling score. */
const ranked = ({ score }: ScoredItems): Int32Array =>
  Int32Array.from({ length: score.length }, (_, i) => i).sort((a, b) => score[b] - score[a])

/** Area under the weighted ROC curve, by trapezoids over ties. */
export function areaUnder(items: ScoredItems): number {
  const { score, signal, weight } = items
  const order = ranked(items)
  let signals = 0
  let backgrounds = 0
  let area = 0
  for (let from = 0; from < order.length; ) {
    let addedSignal = 0
    let addedBackground = 0
    let to = from
    for (; to < order.length && score[order[to]] === score[order[from]]; to++) {
      if (signal[order[to]] === 1) addedSignal += weight[order[to]]
      else addedBackground += weight[order[to]]
    }
    area += addedBackground * (signals + addedSignal / 2)
    signals += addedSignal
    backgrounds += addedBackground
    from = to
  }
  return area / (signals * backgrounds)
}

/**
 * N_s / √N_b above the cut that keeps a share of the signal, in weighted events. The error is that of N_b: the cut is
 * chosen on the signal, so N_s has none.
 */
export function significanceAt(items: ScoredItems, efficiency: number): Measured & { readonly cut: number } {
  const { score, signal, weight } = items
  const order = ranked(items)
  const total = order.reduce((sum, i) => sum + (signal[i] === 1 ? weight[i] : 0), 0)
  let kept = 0
  let background = 0
  let variance = 0
  let cut = Number.POSITIVE_INFINITY
  for (const i of order) {
    if (kept >= efficiency * total) break
    cut = score[i]
    if (signal[i] === 1) kept += weight[i]
    else {
      background += weight[i]
      variance += weight[i] * weight[i]
    }
  }
  const value = kept / Math.sqrt(background)
  return { value, error: (value * Math.sqrt(variance)) / (2 * background), cut }
}

/**
 * Weighted working points at given signal efficiencies. The error of the rejection is that of the background that passes
 * and that does not, as independent sums of weights.
 */
export function weightedPoints(items: ScoredItems, efficiencies: readonly number[]): WorkingPoint[] {
  const { score, signal, weight } = items
  const order = ranked(items)
  const sums = { signal: 0, background: 0, square: 0 }
  for (const i of order) {
    if (signal[i] === 1) sums.signal += weight[i]
    else {
      sums.background += weight[i]
      sums.square += weight[i] * weight[i]
    }
  }
  const passed = { signal: 0, background: 0, square: 0 }
  let k = 0
  return [...efficiencies]
    .sort((a, b) => a - b)
    .map((efficiency) => {
      for (; k < order.length && passed.signal < efficiency * sums.signal; k++) {
        const i = order[k]
        if (signal[i] === 1) passed.signal += weight[i]
        else {
          passed.background += weight[i]
          passed.square += weight[i] * weight[i]
        }
      }
      const epsilon = passed.background / sums.background
      // Var ε of a ratio of sums of weights: ((1 − ε)² Σ_passed w² + ε² Σ_failed w²) / (Σ w)².
      const variance =
        ((1 - epsilon) ** 2 * passed.square + epsilon ** 2 * (sums.square - passed.square)) /
        sums.background ** 2
      return {
        cut: k === 0 ? Number.POSITIVE_INFINITY : score[order[k - 1]],
        efficiency: passed.signal / sums.signal,
        rejection: 1 / epsilon,
        rejectionError: passed.square === 0 ? Number.NaN : Math.sqrt(variance) / epsilon ** 2,
      }
    })
}
