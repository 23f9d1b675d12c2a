import { describe, expect, it } from 'vitest'
import { median, pairedRatio, quantile, slope } from './engine/stats.mjs'

describe('quantile', () => {
  it('interpolates between neighbours and does not reorder its input', () => {
    const values = [4, 1, 3, 2]
    expect(quantile(values, 0)).toBe(1)
    expect(quantile(values, 1)).toBe(4)
    expect(quantile(values, 0.5)).toBe(2.5)
    expect(quantile(values, 0.25)).toBe(1.75)
    expect(values).toEqual([4, 1, 3, 2])
  })

  it('sorts by value, not by text, and is NaN of nothing', () => {
    expect(quantile([10, 9, 100], 1)).toBe(100)
    expect(median([])).toBeNaN()
  })
})

describe('slope', () => {
  it('is that of a line, whatever its offset, and fits noise by least squares', () => {
    expect(slope([10, 11, 12, 13].map((x) => [x, 2.5 * x + 400]))).toBeCloseTo(2.5, 12)
    expect(
      slope([
        [0, 1],
        [1, 0],
        [2, 1],
        [3, 0],
      ]),
    ).toBeCloseTo(-0.2, 12)
  })

  it('is NaN where there is no line', () => {
    expect(slope([[1, 1]])).toBeNaN()
    expect(slope([])).toBeNaN()
  })
})

describe('pairedRatio', () => {
  it('compares round by round: a slow round of both does not count', () => {
    // The medians alone would give 100 / 50.
    expect(pairedRatio([10, 100, 110], [10, 100, 50])).toBe(1)
  })

  it('leaves out rounds that one of them lacks', () => {
    expect(pairedRatio([2, 4, 100], [1, 2])).toBe(2)
    expect(pairedRatio([], [1])).toBeNaN()
  })
})
