import { describe, expect, it } from 'vitest'
import { expectation } from '#spillway/report/asimov.js'

/** −ln L of Poisson counts, without what does not depend on the expectation. */
const loss = (n: readonly number[], nu: readonly number[]): number =>
  n.reduce((sum, count, i) => sum + nu[i] - count * Math.log(nu[i]), 0)

describe('expected significance', () => {
  it('is the formula of one bin', () => {
    const [s, b] = [10, 50]
    const { known, fitted, uncertainty } = expectation({ signal: [s], floating: [], fixed: [b] })
    expect(known).toBeCloseTo(Math.sqrt(2 * ((s + b) * Math.log(1 + s / b) - s)), 10)
    expect(fitted).toBeCloseTo(known, 10)
    expect(uncertainty).toBeCloseTo(Math.sqrt(s + b) / s, 10)
  })

  it('comes near s / √b for much background, and adds in quadrature over bins', () => {
    const one = expectation({ signal: [30], floating: [], fixed: [1e6] }).known
    expect(one).toBeCloseTo(0.03, 5)
    const two = expectation({ signal: [30, 40], floating: [], fixed: [1e6, 1e6] }).known
    expect(two).toBeCloseTo(0.05, 5)
  })

  it('knows nothing of a signal that looks like what is fitted', () => {
    const found = expectation({ signal: [2, 4, 6], floating: [[10, 20, 30]], fixed: [0, 0, 0] })
    expect(found.known).toBeGreaterThan(1)
    expect(found.fitted).toBeCloseTo(0, 4)
  })

  it('finds the best normalisation that a scan finds', () => {
    const signal = [1, 3, 8]
    const part = [30, 20, 10]
    const fixed = [5, 5, 5]
    const data = signal.map((s, i) => s + part[i] + fixed[i])
    const scan = Array.from({ length: 20_001 }, (_, k) => 0.5 + k / 10_000).map((scale) =>
      loss(
        data,
        fixed.map((b, i) => b + scale * part[i]),
      ),
    )
    const q0 = 2 * (Math.min(...scan) - loss(data, data))
    const { fitted, known } = expectation({ signal, floating: [part], fixed })
    expect(fitted).toBeCloseTo(Math.sqrt(q0), 5)
    expect(fitted).toBeLessThan(known)
  })

  it('gives the uncertainty that the curvature of the likelihood gives', () => {
    const signal = [4, 9, 20]
    const part = [60, 40, 20]
    const data = signal.map((s, i) => s + part[i])
    const profile = (mu: number): number =>
      Math.min(
        ...Array.from({ length: 8001 }, (_, k) => 0.6 + k / 10_000).map((scale) =>
          loss(
            data,
            signal.map((s, i) => mu * s + scale * part[i]),
          ),
        ),
      )
    const step = 0.05
    const curvature = (profile(1 + step) + profile(1 - step) - 2 * profile(1)) / step ** 2
    const { uncertainty } = expectation({ signal, floating: [part], fixed: [0, 0, 0] })
    expect(uncertainty).toBeCloseTo(1 / Math.sqrt(curvature), 2)
  })

  it('joins bins in which nothing but signal is expected with their neighbours', () => {
    const joined = { signal: [3, 12], floating: [[20, 10]], fixed: [1, 2] }
    const apart = { signal: [3, 5, 7], floating: [[20, 10, 0]], fixed: [1, 2, 0] }
    expect(expectation(apart)).toEqual(expectation(joined))
  })

  it('leaves out bins without expectation', () => {
    const whole = { signal: [3, 5], floating: [[20, 10]], fixed: [1, 2] }
    const padded = { signal: [3, 0, 5], floating: [[20, 0, 10]], fixed: [1, 0, 2] }
    expect(expectation(padded)).toEqual(expectation(whole))
  })
})
