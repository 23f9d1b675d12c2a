import { describe, expect, it } from 'vitest'
import { bootstrapped } from '#spillway/report/bootstrap.js'
import { jensenShannon, kolmogorovSmirnov } from '#spillway/report/divergence.js'
import { histogram, linearEdges } from '#spillway/report/histogram.js'
import { areaUnderCurve, workingPoints } from '#spillway/report/roc.js'
import { areaUnder, significanceAt, weightedPoints } from '#spillway/report/weighted-roc.js'
import { uniformRandom } from '#spillway/train/layers/initial.js'

const uniform = uniformRandom(3)
const signal = Array.from({ length: 400 }, (_, i) => (i < 150 ? 1 : 0))
/** Coarse scores, so that there are ties. */
const score = signal.map((s) => Math.round(20 * (uniform() + 0.4 * s)) / 20)
const ones = signal.map(() => 1)
const of = (wanted: number) => score.filter((_, i) => signal[i] === wanted)

describe('weighted ROC', () => {
  it('without weights is the area that ranks give', () => {
    expect(areaUnder({ score, signal, weight: ones })).toBeCloseTo(areaUnderCurve(of(1), of(0)), 12)
  })

  it('takes an event of weight two as two events', () => {
    const weight = signal.map((_, i) => (i % 3 === 0 ? 2 : 1))
    const twice = <T>(list: readonly T[]) => list.flatMap((x, i) => (i % 3 === 0 ? [x, x] : [x]))
    const written = { score: twice(score), signal: twice(signal), weight: twice(ones) }
    expect(areaUnder({ score, signal, weight })).toBeCloseTo(areaUnder(written), 12)
  })

  it('has the working points of unweighted events', () => {
    // Without ties, in which an order of its own would matter.
    const fine = score.map((x, i) => x + i * 1e-6)
    const split = (wanted: number) => fine.filter((_, i) => signal[i] === wanted)
    const plain = workingPoints(split(1), split(0), [0.5, 0.8, 0.95])
    const weighted = weightedPoints({ score: fine, signal, weight: ones }, [0.5, 0.8, 0.95])
    weighted.forEach((point, k) => {
      expect(point.cut).toBe(plain[k].cut)
      expect(point.rejection).toBeCloseTo(plain[k].rejection, 12)
      expect(point.rejectionError).toBeCloseTo(plain[k].rejectionError, 12)
    })
  })

  it('gives N_s / √N_b above the cut, by hand', () => {
    const items = { score: [5, 4, 3, 2, 1], signal: [1, 0, 1, 0, 1], weight: [2, 3, 2, 5, 2] }
    const { value, error, cut } = significanceAt(items, 0.6)
    expect(cut).toBe(3)
    expect(value).toBeCloseTo(4 / Math.sqrt(3), 12)
    expect(error).toBeCloseTo((4 / Math.sqrt(3)) * (3 / (2 * 3)), 12)
  })
})

describe('divergences', () => {
  const edges = linearEdges(0, 4, 4)
  const shape = (values: number[]) =>
    histogram(
      values,
      values.map(() => 1),
      edges,
    )

  it('of a shape with itself is zero, of disjoint shapes one bit', () => {
    expect(jensenShannon(shape([0.5, 1.5]), shape([0.5, 1.5, 0.5, 1.5]))).toBeCloseTo(0, 12)
    expect(jensenShannon(shape([0.5, 1.5]), shape([2.5, 3.5]))).toBeCloseTo(1, 12)
    // By hand: p = (1, 0), q = (1/2, 1/2): 1/2 log2(4/3) + 1/4 log2(2/3) + 1/4 log2 2.
    const byHand = 0.5 * Math.log2(4 / 3) + 0.25 * Math.log2(2 / 3) + 0.25
    expect(jensenShannon(shape([0.5]), shape([0.5, 1.5]))).toBeCloseTo(byHand, 12)
  })

  it('Kolmogorov-Smirnov: distance by hand, probability by the first term of its series', () => {
    expect(kolmogorovSmirnov([1, 2, 3, 4], [3, 4, 5, 6]).distance).toBe(0.5)
    expect(kolmogorovSmirnov([1, 2], [1, 2]).probability).toBe(1)
    const a = Array.from({ length: 500 }, (_, i) => (i + 0.5) / 500)
    const b = a.map((x) => x * 0.9)
    const { distance, probability } = kolmogorovSmirnov(a, b)
    expect(distance).toBeCloseTo(0.1, 2)
    const lambda = (Math.sqrt(250) + 0.12 + 0.11 / Math.sqrt(250)) * distance
    expect(probability).toBeCloseTo(2 * Math.exp(-2 * lambda * lambda), 6)
  })
})

it('the bootstrap of a mean has the error of a mean', () => {
  const values = Array.from({ length: 500 }, () => uniform())
  const mean = (weights: Float64Array) =>
    values.reduce((sum, x, i) => sum + x * weights[i], 0) / weights.reduce((a, b) => a + b, 0)
  const { value, error } = bootstrapped(
    mean,
    values.map(() => 1),
    400,
  )
  expect(value).toBeCloseTo(values.reduce((a, b) => a + b, 0) / 500, 12)
  expect(error / (Math.sqrt(1 / 12) / Math.sqrt(500))).toBeCloseTo(1, 0)
})
