/**
 * How much a series rises a step, by least squares, with its standard error. Resident memory is a sawtooth: neighbours
 * are alike, and an error from single values would be several times too small. The line goes through the means of
 * `blocks` equal parts, each longer than a tooth.
 * @returns `null` for fewer values than blocks
 */
export function slopeOf(values, blocks = 10) {
  const size = Math.floor(values.length / blocks)
  if (size < 1) return null
  const used = values.slice(values.length - size * blocks)
  const means = Array.from({ length: blocks }, (_, b) => mean(used.slice(b * size, (b + 1) * size)))
  const middle = (blocks - 1) / 2
  const level = mean(means)
  const spread = means.reduce((sum, _value, b) => sum + (b - middle) ** 2, 0)
  const slope = means.reduce((sum, value, b) => sum + (b - middle) * (value - level), 0) / spread
  const rest = means.reduce((sum, value, b) => sum + (value - level - slope * (b - middle)) ** 2, 0)
  return { slope: slope / size, error: Math.sqrt(rest / (blocks - 2) / spread) / size }
}

const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length
