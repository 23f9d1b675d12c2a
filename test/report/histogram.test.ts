import { describe, expect, it } from 'vitest'
import { binOf, histogram, linearEdges, profile } from '#spillway/report/histogram.js'

describe('binOf', () => {
  const edges = [0, 1, 2.5, 4]

  it.each([
    [0, 0],
    [0.999, 0],
    [1, 1],
    [2.5, 2],
    [4, 2],
    [-1e-9, -1],
    [4.0001, -1],
    [Number.NaN, -1],
    [Number.POSITIVE_INFINITY, -1],
  ])('%s is in bin %s', (value, bin) => {
    expect(binOf(edges, value)).toBe(bin)
  })
})

describe('histogram', () => {
  it('has equally spaced edges', () => {
    expect(linearEdges(-1, 1, 4)).toEqual([-1, -0.5, 0, 0.5, 1])
  })

  it('sums weights and their squares, and leaves out what is outside', () => {
    const { sums, variances } = histogram([0.1, 0.2, 0.9, 1, 7], [2, -1, 3, 0.5, 100], [0, 0.5, 1])
    expect([...sums]).toEqual([1, 3.5])
    expect([...variances]).toEqual([5, 9.25])
  })

  it('of nothing is empty', () => {
    expect([...histogram([], [], [0, 1, 2]).sums]).toEqual([0, 0])
  })
})

describe('profile', () => {
  it('gives weighted means with their error', () => {
    // Values 1 and 4 with weights 1 and 2: mean 9/3 = 3; (1·(1−3))² + (2·(4−3))² = 8; error √8 / 3.
    const [first, second] = profile([1, 4, 10], [0.2, 0.3, 1.5], [1, 2, 5], [0, 1, 2])
    expect(first.mean).toBeCloseTo(3, 12)
    expect(first.error).toBeCloseTo(Math.sqrt(8) / 3, 12)
    expect(first.count).toBe(2)
    expect(second).toEqual({ mean: 10, error: 0, count: 1 })
  })

  it('with equal weights has the error of a mean: √(Σ(x−m)²)/n', () => {
    const [{ mean, error }] = profile([2, 4, 4, 6], [0, 0, 0, 0], [3, 3, 3, 3], [-1, 1])
    expect(mean).toBe(4)
    expect(error).toBeCloseTo(Math.sqrt(8) / 4, 12)
  })

  it('of an empty bin has no mean', () => {
    const [{ mean, count }] = profile([1], [5], [1], [0, 1])
    expect(mean).toBeNaN()
    expect(count).toBe(0)
  })
})
