/** One working point: a cut on the score. */
export interface WorkingPoint {
  readonly cut: number
  readonly efficiency: number
  /** 1 / background efficiency. */
  readonly rejection: number
  /** Binomial error of the rejection: rejection · sqrt((1 − ε) / (ε n)) with ε the background efficiency of n events. */
  readonly rejectionError: number
}

/**
 * Background rejection at given signal efficiencies: the cut is the score that keeps that fraction of the signal.
 * Rejection is infinite where no background is left, its error then NaN.
 */
export function workingPoints(
  signal: ArrayLike<number>,
  background: ArrayLike<number>,
  efficiencies: readonly number[],
): WorkingPoint[] {
  const kept = Float64Array.from(signal).sort().reverse()
  const fakes = Float64Array.from(background).sort().reverse()
  return efficiencies.map((wanted) => {
    const count = Math.max(1, Math.round(wanted * kept.length))
    const cut = kept[count - 1]
    const passing = atLeast(fakes, cut)
    const epsilon = passing / fakes.length
    return {
      cut,
      efficiency: atLeast(kept, cut) / kept.length,
      rejection: 1 / epsilon,
      rejectionError:
        passing === 0 ? Number.NaN : Math.sqrt((1 - epsilon) / (epsilon * fakes.length)) / epsilon,
    }
  })
}

/** For each value the share of `others` that is lower, ties counted half. */
export function sharesBelow(values: ArrayLike<number>, others: ArrayLike<number>): Float64Array {
  const falling = Float64Array.from(others).sort().reverse()
  const negative = falling.map((other) => -other).reverse()
  return Float64Array.from(values, (value) => {
    const lower = falling.length - atLeast(falling, value)
    return (lower + atLeast(negative, -value)) / (2 * falling.length)
  })
}

/** How many of the descending values are at least `cut`. */
function atLeast(descending: Float64Array, cut: number): number {
  let low = 0
  let high = descending.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (descending[middle] >= cut) low = middle + 1
    else high = middle
  }
  return low
}

/** Area under the ROC curve: the probability that a signal scores above a background, ties counted half. */
export function areaUnderCurve(signal: ArrayLike<number>, background: ArrayLike<number>): number {
  return sharesBelow(signal, background).reduce((sum, share) => sum + share, 0) / signal.length
}

/** A rejection with its error; a dash where no background is left to measure it by. */
export const sayRejection = (value: number, error: number): string =>
  Number.isFinite(value) && Number.isFinite(error) ? `${value.toFixed(1)} ± ${error.toFixed(1)}` : '-'
