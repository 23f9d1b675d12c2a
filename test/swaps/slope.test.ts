import { describe, expect, it } from 'vitest'
import { slopeOf } from './slope.mjs'

const teeth = (length: number, period: number, height: number): number[] =>
  Array.from({ length }, (_, i) => ((i % period) / period) * height)

describe('the slope of a series', () => {
  it('is that of a line, without error', () => {
    const { slope, error } = slopeOf(Array.from({ length: 200 }, (_, i) => 7 + 3 * i))!
    expect(slope).toBeCloseTo(3, 12)
    expect(error).toBeCloseTo(0, 12)
  })

  it('is zero within its error for a sawtooth, and not for one that climbs', () => {
    const flat = slopeOf(teeth(500, 37, 1_000))!
    expect(Math.abs(flat.slope)).toBeLessThan(2 * flat.error)
    const climbing = slopeOf(teeth(500, 37, 1_000).map((value, i) => value + 20 * i))!
    expect(climbing.slope).toBeGreaterThan(5 * climbing.error)
    expect(Math.abs(climbing.slope - 20)).toBeLessThan(2 * climbing.error)
  })

  it('takes the newest values where they do not divide, and needs enough of them', () => {
    expect(slopeOf([1e6, ...Array.from({ length: 20 }, (_, i) => i)])!.slope).toBeCloseTo(1, 12)
    expect(slopeOf([1, 2, 3])).toBeNull()
  })
})
