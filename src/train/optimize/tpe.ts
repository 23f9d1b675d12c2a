import type { Dimension, Point, Space } from './space.js'

/** Share of the trials that count as good. */
const GOOD = 0.25
/** Points drawn from the good ones, of which the most promising is taken. */
const CANDIDATES = 24
/** Narrowest kernel. */
const NARROWEST = 0.05

/**
 * Where to look next: a tree-structured Parzen estimator (Bergstra et al., NeurIPS 2011). Points are drawn from a density
 * of the good trials and the one taken that is likeliest there compared with the density of the others. Dimensions are
 * independent; trials that are still running count as bad, which keeps a batch of suggestions apart.
 * @param ranked trials that are done, the best first
 * @param startup trials to draw at random first
 */
export function suggest(
  space: Space,
  ranked: readonly Point[],
  running: readonly Point[],
  uniform: () => number,
  startup: number,
): Point {
  const dimensions = Object.entries(space)
  if (ranked.length < Math.max(2, startup)) {
    return Object.fromEntries(dimensions.map(([path, dimension]) => [path, anywhere(dimension, uniform)]))
  }
  const count = Math.max(1, Math.ceil(GOOD * ranked.length))
  const [good, bad] = [ranked.slice(0, count), [...ranked.slice(count), ...running]]
  return Object.fromEntries(
    dimensions.map(([path, dimension]) => {
      const [inner, outer] = [good, bad].map((points) =>
        density(
          dimension,
          points.map((point) => point[path]),
        ),
      )
      const drawn = Array.from({ length: CANDIDATES }, () => inner.draw(uniform))
      const score = (x: number): number => inner.at(x) / outer.at(x)
      return [path, drawn.reduce((best, x) => (score(x) > score(best) ? x : best))]
    }),
  )
}

const anywhere = (dimension: Dimension, uniform: () => number): number =>
  dimension.kind === 'choice' ? Math.floor(uniform() * dimension.values.length) : uniform()

interface Density {
  at(x: number): number
  draw(uniform: () => number): number
}

const density = (dimension: Dimension, points: readonly number[]): Density =>
  dimension.kind === 'choice' ? frequencies(dimension.values.length, points) : kernels(points)

/** How often each choice was taken, and once more for each. */
function frequencies(choices: number, points: readonly number[]): Density {
  const counts = Array.from({ length: choices }, (_, c) => 1 + points.filter((x) => x === c).length)
  const total = counts.reduce((a, b) => a + b, 0)
  return {
    at: (x) => counts[x] / total,
    draw(uniform) {
      let left = uniform() * total
      return Math.max(
        0,
        counts.findIndex((count) => {
          left -= count
          return left < 0
        }),
      )
    },
  }
}

/** A flat part and a normal distribution around each point, as wide as the distance to its farther neighbour, cut at 0 and 1. */
function kernels(points: readonly number[]): Density {
  const sorted = [0, ...[...points].sort((a, b) => a - b), 1]
  const parts = sorted.slice(1, -1).map((centre, i) => {
    const width = Math.max(centre - sorted[i], sorted[i + 2] - centre)
    const sigma = Math.min(1, Math.max(width, NARROWEST, 1 / (points.length + 1)))
    return { centre, sigma, inside: normal((1 - centre) / sigma) - normal(-centre / sigma) }
  })
  return {
    at: (x) =>
      parts.reduce(
        (sum, { centre, sigma, inside }) =>
          sum + Math.exp(-0.5 * ((x - centre) / sigma) ** 2) / (sigma * Math.sqrt(2 * Math.PI) * inside),
        1,
      ) /
      (parts.length + 1),
    draw(uniform) {
      const part = parts[Math.floor(uniform() * (parts.length + 1))]
      if (part === undefined) return uniform()
      for (;;) {
        const gauss = Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform())
        const x = part.centre + part.sigma * gauss
        if (x >= 0 && x <= 1) return x
      }
    },
  }
}

/** Cumulative normal distribution (Abramowitz and Stegun 7.1.26, to 1.5e-7). */
function normal(x: number): number {
  const z = Math.abs(x) / Math.SQRT2
  const t = 1 / (1 + 0.3275911 * z)
  const poly =
    t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))))
  const half = 0.5 * poly * Math.exp(-z * z)
  return x > 0 ? 1 - half : half
}
