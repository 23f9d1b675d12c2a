import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { areaUnderCurve, workingPoints } from '#spillway/report/roc.js'

describe('workingPoints', () => {
  const signal = [0.9, 0.8, 0.7, 0.6]
  const background = [0.85, 0.65, 0.5, 0.4, 0.3, 0.2, 0.1, 0.05]

  it('cuts where the signal efficiency is', () => {
    // Half of the signal is at or above 0.8, and 1 of 8 background events: rejection 8, error √(7/8 / (1/8 · 8)) · 8.
    const [half] = workingPoints(signal, background, [0.5])
    expect(half.cut).toBe(0.8)
    expect(half.efficiency).toBe(0.5)
    expect(half.rejection).toBe(8)
    expect(half.rejectionError).toBeCloseTo(8 * Math.sqrt(7 / 8), 12)
  })

  it('keeps all signal at efficiency one', () => {
    const [all] = workingPoints(signal, background, [1])
    expect(all).toMatchObject({ cut: 0.6, efficiency: 1, rejection: 4 })
  })

  it('rejects infinitely, without an error, where no background is left', () => {
    const [tight] = workingPoints(signal, background, [0.25])
    expect(tight.cut).toBe(0.9)
    expect(tight.rejection).toBe(Number.POSITIVE_INFINITY)
    expect(tight.rejectionError).toBeNaN()
  })

  it('counts equal scores as passing on both sides', () => {
    const [point] = workingPoints([0.5, 0.5, 0.2], [0.5, 0.1], [0.3])
    expect(point).toMatchObject({ cut: 0.5, efficiency: 2 / 3, rejection: 2 })
  })
})

describe('areaUnderCurve', () => {
  it('is the fraction of pairs in the right order, ties half', () => {
    // Pairs (3,2) (3,1) right, (1,2) wrong, (1,1) a tie: (2 + 0.5) / 4.
    expect(areaUnderCurve([3, 1], [2, 1])).toBe(0.625)
    expect(areaUnderCurve([2, 3], [0, 1])).toBe(1)
    expect(areaUnderCurve([0, 1], [2, 3])).toBe(0)
    expect(areaUnderCurve([1, 1, 1], [1, 1])).toBe(0.5)
  })

  it('agrees with counting the pairs', () => {
    const scores = fc.array(fc.integer({ min: 0, max: 6 }), { minLength: 1, maxLength: 12 })
    fc.assert(
      fc.property(scores, scores, (signal, background) => {
        let right = 0
        for (const s of signal) for (const b of background) right += s > b ? 1 : s === b ? 0.5 : 0
        expect(areaUnderCurve(signal, background)).toBeCloseTo(
          right / (signal.length * background.length),
          12,
        )
      }),
    )
  })
})
