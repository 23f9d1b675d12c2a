/** Weighted counts in bins: sum of weights and its variance (sum of squared weights) by bin. */
export interface Histogram {
  /** n + 1 ascending edges of n bins; a bin holds its lower edge, the last one its upper edge too. */
  readonly edges: readonly number[]
  readonly sums: Float64Array
  readonly variances: Float64Array
}

/** n + 1 equally spaced edges. */
export const linearEdges = (low: number, high: number, bins: number): number[] =>
  Array.from({ length: bins + 1 }, (_, i) => low + ((high - low) * i) / bins)

/** The bin that holds `value`, -1 outside (and for NaN). */
export function binOf(edges: readonly number[], value: number): number {
  const last = edges.length - 1
  if (!(value >= edges[0] && value <= edges[last])) return -1
  let low = 0
  let high = last
  while (high - low > 1) {
    const middle = (low + high) >> 1
    if (value >= edges[middle]) low = middle
    else high = middle
  }
  return low
}

/** Fills a histogram; values outside the edges are not counted. */
export function histogram(
  values: ArrayLike<number>,
  weights: ArrayLike<number>,
  edges: readonly number[],
): Histogram {
  const sums = new Float64Array(edges.length - 1)
  const variances = new Float64Array(edges.length - 1)
  for (let i = 0; i < values.length; i++) {
    const bin = binOf(edges, values[i])
    if (bin < 0) continue
    sums[bin] += weights[i]
    variances[bin] += weights[i] * weights[i]
  }
  return { edges, sums, variances }
}

/** A weighted mean with its statistical error. */
export interface Mean {
  readonly mean: number
  readonly error: number
  readonly count: number
}

/**
 * Weighted mean of `values` in bins of `along`. The error is that of a mean of independent weighted values:
 * sqrt(Σ w² (x − mean)²) / Σ w (W. Cochran, Sampling Techniques, 3rd ed., §2.11, ratio estimator).
 */
export function profile(
  values: ArrayLike<number>,
  along: ArrayLike<number>,
  weights: ArrayLike<number>,
  edges: readonly number[],
): Mean[] {
  const bins = Int32Array.from({ length: values.length }, (_, i) => binOf(edges, along[i]))
  return Array.from({ length: edges.length - 1 }, (_, bin) => {
    let sum = 0
    let total = 0
    let count = 0
    for (let i = 0; i < values.length; i++) {
      if (bins[i] !== bin) continue
      sum += weights[i] * values[i]
      total += weights[i]
      count++
    }
    const mean = sum / total
    let spread = 0
    for (let i = 0; i < values.length; i++)
      if (bins[i] === bin) spread += (weights[i] * (values[i] - mean)) ** 2
    return { mean, error: Math.sqrt(spread) / Math.abs(total), count }
  })
}
