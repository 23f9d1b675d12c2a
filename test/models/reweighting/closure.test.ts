import { describe, expect, it } from 'vitest'
import { closureOf } from '#spillway/models/reweighting/phase-space/closure.js'
import {
  areaBetween,
  effectiveSize,
  slopeOf,
  weightsOf,
} from '#spillway/models/reweighting/phase-space/templates.js'
import { normalRandom, uniformRandom } from '#spillway/train/layers/initial.js'
import { scoreTable } from '#spillway/train/score-table.js'

describe('effective size', () => {
  it('is the number of events for equal weights, and falls with spread and cancellation', () => {
    expect(effectiveSize([2, 2, 2])).toBeCloseTo(3)
    expect(effectiveSize([1, 3])).toBeCloseTo(16 / 10)
    expect(effectiveSize([1, 1, 1, -1])).toBeCloseTo(1)
    expect(effectiveSize([])).toBe(0)
  })

  it('counts weights of the source only', () => {
    const table = scoreTable(
      new Map([
        ['weight', Float64Array.of(2, -1, 3, 2)],
        ['target.in_source', Float64Array.of(1, 1, 0, 1)],
        ['target.in_target', Float64Array.of(0, 0, 1, 0.25)],
        ['score.weight', Float64Array.of(0.5, 4, 7, 0.5)],
      ]),
    )
    const { source, weighted, target } = weightsOf(table)
    expect([...source]).toEqual([2, -1, 0, 2])
    expect([...weighted]).toEqual([1, -4, 0, 1])
    expect([...target].map(Math.abs)).toEqual([0, 0, 3, 0.5])
  })
})

describe('the slope of the target along the weight', () => {
  const slope = (found: readonly number[], source: readonly number[], target: readonly number[]): number =>
    slopeOf(
      scoreTable(
        new Map([
          ['weight', Float64Array.from(found, () => 1)],
          ['target.in_source', Float64Array.from(source)],
          ['target.in_target', Float64Array.from(target)],
          ['score.weight', Float64Array.from(found)],
        ]),
      ),
    )(found.map(() => 1))

  it('is 1 for the ratio itself, whatever the totals are, and less for weights that spread too far', () => {
    expect(slope([0.1, 0.2, 0.6], [1, 1, 1], [0.1, 0.2, 0.6])).toBeCloseTo(1, 12)
    expect(slope([0.1, 0.2, 0.6], [1, 1, 1], [0.2, 0.3, 0.7])).toBeCloseTo(1, 12)
    expect(slope([-0.1, 0.1, 0.9], [1, 1, 1], [0.1, 0.2, 0.6])).toBeCloseTo(0.5, 12)
    expect(slope([0.5, 2], [0.4, 0.1], [0.2, 0.2])).toBeCloseTo(1, 12)
  })
})

describe('closure in bins', () => {
  it('of samples without common events has the errors of both', () => {
    const values = Float64Array.of(0.5, 0.5, 1.5, 0.5, 1.5, 1.5)
    const prediction = Float64Array.of(1, 2, 1, 0, 0, 0)
    const target = Float64Array.of(0, 0, 0, 1, 1, 2)
    const { chiSquare, freedom } = closureOf(values, [0, 1, 2], prediction, target)
    expect(freedom).toBe(1)
    // Shapes 3/4 and 1/4 against 1/4 and 3/4. By the prediction's shape, an event of weight w moves the first share by w/4 · 1/4
    // in the first bin and by −w/4 · 3/4 in the second: (1 + 4 + 9) / 256 of the prediction, (1 + 9 + 36) / 256 of the target.
    expect(chiSquare).toBeCloseTo(0.25 / (60 / 256), 10)
  })

  it('of independent events is the χ² of counts around a shape that they share', () => {
    const counts = [
      [8, 4, 8],
      [5, 9, 6],
    ]
    const rows = counts.flatMap((bins, sample) =>
      bins.flatMap((count, bin) => Array.from({ length: count }, () => ({ sample, bin }))),
    )
    const of = (sample: number): Float64Array =>
      Float64Array.from(rows, (row) => (row.sample === sample ? 1 : 0))
    const { chiSquare, freedom } = closureOf(
      Float64Array.from(rows, ({ bin }) => bin),
      [-0.5, 0.5, 1.5, 2.5],
      of(0),
      of(1),
    )
    expect(freedom).toBe(2)
    // v the events of both samples in a bin, over 20²; C = diag v − v fᵀ − f vᵀ + V f fᵀ in the first two bins.
    const [f, d] = [counts[0].map((n) => n / 20), counts[0].map((n, bin) => (n - counts[1][bin]) / 20)]
    const v = counts[0].map((n, bin) => (n + counts[1][bin]) / 400)
    const c = (a: number, b: number): number =>
      (a === b ? v[a] : 0) - v[a] * f[b] - f[a] * v[b] + (40 / 400) * f[a] * f[b]
    const determinant = c(0, 0) * c(1, 1) - c(0, 1) ** 2
    const expected = (d[0] ** 2 * c(1, 1) - 2 * d[0] * d[1] * c(0, 1) + d[1] ** 2 * c(0, 0)) / determinant
    expect(chiSquare).toBeCloseTo(expected, 10)
  })

  it('is what it should be on average for shares with far tails only by what like events vary by', () => {
    const [normal, uniform] = [normalRandom(8), uniformRandom(9)]
    const edges = Array.from({ length: 11 }, (_, i) => i / 10)
    const found = Array.from({ length: 200 }, () => {
      const values = Float64Array.from({ length: 600 }, () => uniform())
      const weights = values.map(() => 0.2 + uniform())
      // The weight on average, which three events in a hundred make up.
      const shares = weights.map((w) => w * (uniform() < 0.03 ? 1 / 0.03 : 1e-3 * Math.abs(normal())))
      const own = closureOf(values, edges, weights, shares)
      const alike = closureOf(values, edges, weights, shares, weights)
      return { own: own.chiSquare, alike: alike.chiSquare, freedom: alike.freedom }
    })
    expect(found.every(({ freedom }) => freedom === 9)).toBe(true)
    const mean = (of: 'own' | 'alike'): number => found.reduce((sum, one) => sum + one[of], 0) / found.length
    expect(mean('own')).toBeGreaterThan(12)
    expect(Math.abs(mean('alike') - 9)).toBeLessThan(2)
  })

  it('of templates of one sample has no error where they agree event by event', () => {
    const values = Float64Array.of(0.5, 0.5, 1.5)
    const weights = Float64Array.of(1, -2, 3)
    const { prediction, chiSquare, freedom } = closureOf(values, [0, 1, 2], weights, weights)
    expect([...prediction.variances]).toEqual([0, 0])
    expect([chiSquare, freedom]).toEqual([0, 0])
  })

  it('has an area of one half between a sample and itself', () => {
    const weights = Float64Array.of(1, 2, 0.5)
    const area = areaBetween(Float64Array.of(0.1, 0.4, 0.7), weights, weights)
    expect(area([1, 1, 1])).toBeCloseTo(0.5, 12)
    expect(area([3, 0, 1])).toBeCloseTo(0.5, 12)
  })
})
