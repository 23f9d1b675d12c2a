import { describe, expect, it } from 'vitest'
import { knee, problemOf, ramp, type Step } from '#spillway/stream/load/ramp.js'

const step = (rate: number, more: Partial<Step> = {}): Omit<Step, 'problem'> => ({
  rate,
  sent: rate,
  scored: rate,
  messages: 100,
  latency: { p50: 0.1, p95: 0.2, p99: 0.3, max: 0.4 },
  lag: 0,
  lagSeconds: 0,
  ...more,
})
const judged = (rate: number, more: Partial<Step> = {}): Step => ({
  ...step(rate, more),
  problem: problemOf(step(rate, more), 1),
})

describe('a ramp', () => {
  it('is geometric and ends with the last rate', () => {
    expect(ramp(1_000, 8_000, 2)).toEqual([1_000, 2_000, 4_000, 8_000])
    expect(ramp(1_000, 5_000, 2)).toEqual([1_000, 2_000, 4_000, 5_000])
    expect(ramp(0.8, 1, 1.25)).toEqual([0.8, 1])
    expect(ramp(500, 500, 2)).toEqual([500])
  })
})

describe('the rule of the knee', () => {
  it('keeps a rate whose p99 and backlog are within the limit', () => {
    expect(judged(1_000).problem).toBeNull()
    expect(judged(1_000, { sent: 951, lagSeconds: 1 }).problem).toBeNull()
  })

  it.each([
    ['a rate that was not sent', { sent: 900 }, /this command or the broker/],
    ['a tail', { latency: { p50: 0.1, p95: 0.2, p99: 1.1, max: 1.2 } }, /p99 above 1 s/],
    ['a backlog', { lag: 500, lagSeconds: 1.25 }, /1\.3 s of messages wait/],
    ['nothing seen', { latency: { p50: NaN, p95: NaN, p99: NaN, max: NaN } }, /no scores/],
  ])('refuses %s, and says why', (_what, more, why) => {
    expect(judged(1_000, more).problem).toMatch(why)
  })

  it('takes the last rate before the first that was not kept', () => {
    const slow = { lagSeconds: 9 }
    expect(knee([judged(1), judged(2), judged(4, slow), judged(8)])?.rate).toBe(2)
    expect(knee([judged(1), judged(2)])?.rate).toBe(2)
    expect(knee([judged(1, slow)])).toBeNull()
    expect(knee([])).toBeNull()
  })
})
