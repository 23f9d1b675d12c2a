import { describe, expect, it } from 'vitest'
import { distanceCorrelation } from '#spillway/models/jets/lundnet/decorrelation.js'
import { normalRandom } from '#spillway/train/layers/initial.js'
import { type Tensor, tensor } from '#spillway/train/trace/tf.js'

const column = (values: readonly number[]): Tensor => tensor([...values], [values.length, 1])
const ones = (n: number): number[] => new Array<number>(n).fill(1)
const found = (x: readonly number[], y: readonly number[], w = ones(x.length)): number =>
  distanceCorrelation(column(x), column(y), column(w)).dataSync()[0]

/** The definition, sum by sum (Székely et al. 2007, equations 2.8 to 2.10), every item once. */
function byDefinition(x: readonly number[], y: readonly number[]): number {
  const n = x.length
  const centred = (v: readonly number[]): number[][] => {
    const d = v.map((a) => v.map((b) => Math.abs(a - b)))
    const mean = (list: readonly number[]): number => list.reduce((a, b) => a + b, 0) / n
    const rows = d.map(mean)
    const all = mean(rows)
    return d.map((row, i) => row.map((value, j) => value - rows[i] - rows[j] + all))
  }
  const [a, b] = [centred(x), centred(y)]
  const covariance = (p: number[][], q: number[][]): number =>
    p.reduce((sum, row, i) => sum + row.reduce((s, value, j) => s + value * q[i][j], 0), 0) / (n * n)
  return covariance(a, b) / Math.sqrt(covariance(a, a) * covariance(b, b))
}

describe('distance correlation', () => {
  const normal = normalRandom(3)
  const x = Array.from({ length: 60 }, normal)
  const noise = Array.from({ length: 60 }, normal)

  it('is what its definition says', () => {
    for (const y of [noise, x.map((v) => v * v), x.map((v, i) => v + noise[i])]) {
      expect(found(x, y)).toBeCloseTo(byDefinition(x, y), 4)
    }
  })

  it('is 1 for a linear function, and finds one that no correlation finds', () => {
    expect(
      found(
        x,
        x.map((v) => 3 - 2 * v),
      ),
    ).toBeCloseTo(1, 4)
    expect(found(x, x.map(Math.abs))).toBeGreaterThan(3 * found(x, noise))
  })

  it('takes a weight of 2 for an item twice, and 0 for none', () => {
    const y = x.map((v, i) => v + noise[i])
    const weights = x.map((_, i) => (i % 3 === 0 ? 2 : i % 3 === 1 ? 0 : 1))
    const repeated = x.flatMap((_, i) => new Array<number>(weights[i]).fill(i))
    const taken = (list: readonly number[]) => repeated.map((i) => list[i])
    expect(found(x, y, weights)).toBeCloseTo(found(taken(x), taken(y)), 4)
    expect(found(x, y, ones(60).fill(0))).toBe(0)
  })
})
