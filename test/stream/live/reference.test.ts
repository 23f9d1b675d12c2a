import { describe, expect, it } from 'vitest'
import { sharesIn } from '#spillway/stream/live/reference.js'

const shares = (edges: number[], expected: number[], low: number, high: number, bins: number): number[] =>
  sharesIn(Float64Array.from(edges), Float64Array.from(expected), low, high, bins)
const sum = (values: readonly number[]): number => values.reduce((all, value) => all + value, 0)

describe('a reference in other bins', () => {
  it('is the same in its own bins', () => {
    expect(shares([1, 2, 3], [0.1, 0.2, 0.3, 0.4], 0, 4, 4)).toEqual([0.1, 0.2, 0.3, 0.4])
  })

  it('is spread evenly within finer bins, and added up in coarser ones', () => {
    expect(shares([0, 2], [0, 1, 0], 0, 2, 4)).toEqual([0.25, 0.25, 0.25, 0.25])
    expect(shares([1, 2, 3], [0.1, 0.2, 0.3, 0.4], 0, 4, 2)).toEqual([0.3, 0.7])
  })

  it('keeps its whole when bins do not fit, are narrow or lie beyond the range', () => {
    for (const [low, high] of [
      [0, 1],
      [0.3, 0.4],
      [-7, 9],
      [0.49, 5],
    ]) {
      const found = shares([0.1, 0.5, 0.5001, 0.9], [0.05, 0.2, 0.5, 0.2, 0.05], low, high, 40)
      expect(found).toHaveLength(40)
      expect(sum(found)).toBeCloseTo(1, 2)
      expect(Math.min(...found)).toBeGreaterThanOrEqual(0)
    }
  })
})
