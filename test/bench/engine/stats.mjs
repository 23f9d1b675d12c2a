/** Value below which the fraction `q` of the sample lies, interpolated between neighbours; NaN of nothing. */
export function quantile(values, q) {
  if (values.length === 0) return Number.NaN
  const sorted = Float64Array.from(values).sort()
  const at = (sorted.length - 1) * q
  const low = Math.floor(at)
  const high = Math.ceil(at)
  return sorted[low] + (sorted[high] - sorted[low]) * (at - low)
}

export const median = (values) => quantile(values, 0.5)

/** Least-squares slope of y over x; NaN with fewer than two different x. */
export function slope(points) {
  const n = points.length
  let sx = 0
  let sy = 0
  for (const [x, y] of points) {
    sx += x
    sy += y
  }
  let sxx = 0
  let sxy = 0
  for (const [x, y] of points) {
    sxx += (x - sx / n) ** 2
    sxy += (x - sx / n) * (y - sy / n)
  }
  return sxx === 0 ? Number.NaN : sxy / sxx
}

/**
 * Median of the ratios of two contestants round by round: what the machine did to a round, it did to both. Rounds that
 * one of them lacks are left out.
 */
export function pairedRatio(above, below) {
  const ratios = []
  for (let round = 0; round < Math.min(above.length, below.length); round++) {
    const ratio = above[round] / below[round]
    if (Number.isFinite(ratio)) ratios.push(ratio)
  }
  return median(ratios)
}
