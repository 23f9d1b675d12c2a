/** Share of its own variance below which a number is taken to follow from those before it. */
const NEGLIGIBLE = 1e-9

/**
 * χ² = dᵀ C⁻¹ d of differences whose expectation is zero and whose covariance is C (symmetric, positive semidefinite),
 * by Gaussian elimination. Differences that follow from others, as the last bin of a normalised histogram does, or that have no
 * variance, are left out: `freedom` is the rank of C, which is the expectation of χ².
 */
export function chiSquareOf(
  differences: Float64Array,
  covariance: readonly Float64Array[],
): { readonly chiSquare: number; readonly freedom: number } {
  const [d, c] = [differences.slice(), covariance.map((row) => row.slice())]
  let [chiSquare, freedom] = [0, 0]
  for (let j = 0; j < d.length; j++) {
    const pivot = c[j][j]
    if (!(pivot > NEGLIGIBLE * covariance[j][j])) continue
    chiSquare += d[j] ** 2 / pivot
    freedom++
    for (let i = j + 1; i < d.length; i++) {
      const factor = c[i][j] / pivot
      d[i] -= factor * d[j]
      for (let k = j + 1; k < d.length; k++) c[i][k] -= factor * c[j][k]
    }
  }
  return { chiSquare, freedom }
}
