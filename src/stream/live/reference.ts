/**
 * A reference histogram in other bins: shares of the training sample in `bins` equal ones from `low` to `high`, spread
 * evenly within each bin of the reference. What lies below the first or above the last edge is spread from there to the
 * end of the range.
 * @param edges Ascending.
 * @param expected Shares below the first edge, between edges, and above the last.
 */
export function sharesIn(
  edges: Float64Array,
  expected: Float64Array,
  low: number,
  high: number,
  bins: number,
): number[] {
  const shares = new Array<number>(bins).fill(0)
  const width = (high - low) / bins
  const binAt = (value: number): number => Math.min(bins - 1, Math.max(0, Math.floor((value - low) / width)))
  for (let i = 0; i < expected.length; i++) {
    const from = i === 0 ? Math.min(low, edges[0]) : edges[i - 1]
    const to = i === edges.length ? Math.max(high, edges[i - 1]) : edges[i]
    const [first, last] = [binAt(from), binAt(to)]
    if (first === last || to <= from) {
      shares[first] += expected[i]
      continue
    }
    for (let bin = first; bin <= last; bin++) {
      // The outermost bins hold whatever lies beyond the range.
      const left = bin === 0 ? Math.min(from, low) : low + bin * width
      const right = bin === bins - 1 ? Math.max(to, high) : low + (bin + 1) * width
      const part = Math.min(right, to) - Math.max(left, from)
      shares[bin] += expected[i] * Math.max(0, part / (to - from))
    }
  }
  return shares.map((share) => Number(share.toPrecision(4)))
}
