import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  ACCEPT_ALL,
  applyThreshold,
  firstThreshold,
  type ThresholdState,
} from '#spillway/stream/select/threshold.js'

/** A repeatable stream of numbers in [0, 1): Marsaglia's xorshift. */
function stream(length: number, start = 2463534242): Float64Array {
  let x = start
  return Float64Array.from({ length }, () => {
    x ^= x << 13
    x ^= x >>> 17
    x ^= x << 5
    return (x >>> 0) / 2 ** 32
  })
}

const ones = (n: number) => new Uint8Array(n).fill(1)
const never = () => false
const sum = (bytes: Uint8Array) => bytes.reduce((a, b) => a + b, 0)

describe('the automatic threshold', () => {
  it('is the keep-th largest score of the window before', () => {
    const scores = stream(6400)
    const { thresholds, state } = applyThreshold(scores, ones(6400), 0.01, firstThreshold, never)
    expect(thresholds.subarray(0, 3200).every(Number.isNaN)).toBe(true)
    const sorted = scores.slice(0, 3200).sort()
    expect(new Set(thresholds.subarray(3200))).toEqual(new Set([sorted[3200 - 32]]))
    expect(state).toMatchObject({ keep: 64, seen: 3200 })
    expect([...state.largest].sort()).toEqual([...scores.slice(3200).sort().slice(-64)].sort())
  })

  it('keeps the accepted fraction at the target, and never far above it', () => {
    const n = 400_000
    const scores = stream(n)
    const draws = stream(n, 88172645)
    for (const fraction of [0.2, 0.01, 0.002]) {
      const { passed } = applyThreshold(scores, ones(n), fraction, firstThreshold, (i) => draws[i] < fraction)
      const accepted = sum(passed) / n
      expect(accepted).toBeGreaterThan(0.8 * fraction)
      expect(accepted).toBeLessThan(1.2 * fraction)
    }
  })

  it('follows a score that drifts', () => {
    const n = 300_000
    const scores = stream(n).map((x, i) => x + (i < n / 2 ? 0 : 5))
    const { passed } = applyThreshold(scores, ones(n), 0.02, firstThreshold, never)
    const window = Math.ceil(512 / 0.02)
    const settled = passed.subarray(n / 2 + 2 * window)
    expect(Math.abs(sum(settled) / settled.length / 0.02 - 1)).toBeLessThan(0.2)
  })

  it('accepts every candidate while they are fewer than the target', () => {
    const n = 20_000
    const scores = stream(n)
    const candidates = Uint8Array.from(scores, (_, i) => (i % 100 === 0 ? 1 : 0))
    const { passed, state } = applyThreshold(scores, candidates, 0.1, firstThreshold, never)
    expect(state.threshold).toBe(ACCEPT_ALL)
    expect(Buffer.from(passed.subarray(320)).equals(candidates.subarray(320))).toBe(true)
  })

  it('makes the same decisions however the stream is cut into batches', () => {
    const scores = stream(5000)
    const candidates = Uint8Array.from(scores, (_, i) => (i % 3 === 0 ? 0 : 1))
    const warmUp = (event: number) => event % 7 === 0
    const whole = applyThreshold(scores, candidates, 0.2, firstThreshold, warmUp)
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 900 }), { maxLength: 12 }), (sizes) => {
        let state: ThresholdState = firstThreshold
        let at = 0
        const passed: number[] = []
        for (const size of [...sizes, 5000]) {
          const end = Math.min(5000, at + size)
          const from = at
          const batch = applyThreshold(
            scores.subarray(from, end),
            candidates.subarray(from, end),
            0.2,
            JSON.parse(JSON.stringify(state)) as ThresholdState,
            (row) => warmUp(from + row),
          )
          passed.push(...batch.passed)
          state = batch.state
          at = end
        }
        expect(Buffer.from(passed).equals(whole.passed)).toBe(true)
        expect(state.threshold).toBe(whole.state.threshold)
      }),
      { numRuns: 25 },
    )
  })

  it('leaves the state it is given as it was', () => {
    const before = applyThreshold(stream(100), ones(100), 0.5, firstThreshold, never).state
    const copy = structuredClone(before)
    applyThreshold(stream(1000, 5), ones(1000), 0.5, before, never)
    expect(before).toEqual(copy)
    expect(firstThreshold).toEqual({ keep: 32, seen: 0, largest: [], threshold: null })
  })

  it('never accepts NaN, and keeps infinities in a state that JSON holds', () => {
    const scores = stream(1000).map(
      (x, i) => [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, x][i % 4],
    )
    const { passed, state } = applyThreshold(scores, ones(1000), 0.5, firstThreshold, () => true)
    expect(passed.some((byte, i) => byte === 1 && Number.isNaN(scores[i]))).toBe(false)
    expect(JSON.parse(JSON.stringify(state))).toEqual(state)
  })

  it('accepts at most the target when scores tie', () => {
    const { passed } = applyThreshold(
      new Float64Array(10_000).fill(0.5),
      ones(10_000),
      0.1,
      firstThreshold,
      never,
    )
    expect(sum(passed)).toBe(0)
  })
})
