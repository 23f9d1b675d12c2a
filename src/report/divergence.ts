import type { Histogram } from './histogram.js'

/**
 * Jensen-Shannon divergence of two histograms with the same edges, in bits: 0 for the same shape, 1 for shapes that share
 * no bin (Lin, IEEE Trans. Inf. Theory 37 (1991) 145). Bins of negative content count as empty.
 */
export function jensenShannon(a: Pick<Histogram, 'sums'>, b: Pick<Histogram, 'sums'>): number {
  const [p, q] = [a, b].map(({ sums }) => {
    const positive = sums.map((sum) => Math.max(0, sum))
    const total = positive.reduce((x, y) => x + y, 0)
    return positive.map((sum) => sum / total)
  })
  const term = (x: number, middle: number): number => (x === 0 ? 0 : x * Math.log2(x / middle))
  return p.reduce((sum, x, i) => {
    const middle = (x + q[i]) / 2
    return sum + (term(x, middle) + term(q[i], middle)) / 2
  }, 0)
}

/** The largest distance of two cumulative distributions, and how often chance alone gives a larger one. */
export interface KolmogorovSmirnov {
  readonly distance: number
  readonly probability: number
}

/** Two-sample Kolmogorov-Smirnov test, asymptotic (Numerical Recipes, 3rd ed., section 14.3.3). */
export function kolmogorovSmirnov(a: ArrayLike<number>, b: ArrayLike<number>): KolmogorovSmirnov {
  const [x, y] = [Float64Array.from(a).sort(), Float64Array.from(b).sort()]
  let i = 0
  let j = 0
  let distance = 0
  while (i < x.length && j < y.length) {
    const value = Math.min(x[i], y[j])
    while (i < x.length && x[i] === value) i++
    while (j < y.length && y[j] === value) j++
    distance = Math.max(distance, Math.abs(i / x.length - j / y.length))
  }
  const n = Math.sqrt((x.length * y.length) / (x.length + y.length))
  return { distance, probability: tail((n + 0.12 + 0.11 / n) * distance) }
}

/** Q_KS(λ) = 2 Σ (−1)^(j−1) exp(−2 j² λ²). */
function tail(lambda: number): number {
  if (lambda < 0.2) return 1
  let sum = 0
  for (let j = 1; j <= 100; j++) sum += (j % 2 === 1 ? 2 : -2) * Math.exp(-2 * j * j * lambda * lambda)
  return Math.min(1, Math.max(0, sum))
}
