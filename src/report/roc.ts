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
  const all = [
    ...Array.from(signal, (score) => ({ score, signal: true })),
    ...Array.from(background, (score) => ({ score, signal: false })),
  ].sort((a, b) => a.score - b.score)
  let rankSum = 0
  for (let from = 0; from < all.length; ) {
    let to = from
    while (to < all.length && all[to].score === all[from].score) to++
    const rank = (from + 1 + to) / 2
    for (let i = from; i < to; i++) if (all[i].signal) rankSum += rank
    from = to
  }
  return (rankSum - (signal.length * (signal.length + 1)) / 2) / (signal.length * background.length)
}

/** A rejection with its error; a dash where no background is left to measure it by. */
export const sayRejection = (value: number, error: number): string =>
  Number.isFinite(value) && Number.isFinite(error) ? `${value.toFixed(1)} ± ${error.toFixed(1)}` : '-'
