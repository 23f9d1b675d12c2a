import { describe, expect, it } from 'vitest'
import { uniformRandom } from '#spillway/train/layers/initial.js'
import {
  configured,
  coordinateOf,
  type Dimension,
  type Point,
  pointOf,
  type Space,
  valueAt,
} from '#spillway/train/optimize/space.js'
import { suggest } from '#spillway/train/optimize/tpe.js'

const dimensions: readonly Dimension[] = [
  { kind: 'uniform', from: -1, to: 3 },
  { kind: 'log', from: 1e-4, to: 1 },
  { kind: 'int', from: 2, to: 5 },
]

describe('a dimension', () => {
  it.each(dimensions)('goes from coordinate to value and back ($kind)', (dimension) => {
    for (const x of [0, 0.13, 0.5, 0.77, 1]) {
      const value = valueAt(dimension, x)
      const back = coordinateOf(dimension, value)
      expect(valueAt(dimension, back!)).toBe(value)
    }
    expect(valueAt(dimension, 0)).toBe(dimension.kind === 'choice' ? 0 : dimension.from)
    expect(valueAt(dimension, 1)).toBe(dimension.kind === 'choice' ? 0 : dimension.to)
    expect(coordinateOf(dimension, 1e6)).toBeUndefined()
    expect(coordinateOf(dimension, 'text')).toBeUndefined()
  })

  it('gives each whole number the same share', () => {
    const counts = [0, 0, 0, 0]
    for (let i = 0; i < 4000; i++) counts[Number(valueAt(dimensions[2], (i + 0.5) / 4000)) - 2]++
    expect(counts).toEqual([1000, 1000, 1000, 1000])
  })

  it('takes choices of any kind', () => {
    const choice: Dimension = { kind: 'choice', values: ['relu', [64, 64], 3] }
    expect(valueAt(choice, 1)).toEqual([64, 64])
    expect(coordinateOf(choice, [64, 64])).toBe(1)
    expect(coordinateOf(choice, 'gelu')).toBeUndefined()
  })

  it('is put into a configuration by its key, and found there', () => {
    const config = { fit: { rate: 0.5, batch: 3 }, other: 1 }
    const space = { 'fit.rate': dimensions[1], 'fit.batch': dimensions[2] }
    const next = configured(config, space, { 'fit.rate': 0, 'fit.batch': 1 })
    expect(next).toEqual({ fit: { rate: 1e-4, batch: 5 }, other: 1 })
    expect(config.fit.rate).toBe(0.5)
    expect(pointOf(next, space)).toMatchObject({ 'fit.rate': 0 })
    expect(pointOf({ fit: { rate: 2, batch: 3 } }, space)).toBeUndefined()
  })
})

describe('the estimator', () => {
  const space: Space = {
    x: { kind: 'uniform', from: 0, to: 1 },
    y: { kind: 'uniform', from: 0, to: 1 },
    c: { kind: 'choice', values: ['a', 'b', 'c', 'd'] },
  }
  /** Best at x = 0.7, y = 0.2, c = 2. */
  const loss = ({ x, y, c }: Point): number => (x - 0.7) ** 2 + (y - 0.2) ** 2 + (c === 2 ? 0 : 0.3)

  function minimise(trials: number, startup: number, seed: number): number {
    const uniform = uniformRandom(seed)
    const done: Point[] = []
    for (let i = 0; i < trials; i++) {
      const ranked = [...done].sort((a, b) => loss(a) - loss(b))
      done.push(suggest(space, ranked, [], uniform, startup))
    }
    return Math.min(...done.map(loss))
  }
  const median = (values: number[]): number => values.sort((a, b) => a - b)[values.length >> 1]

  it('finds a minimum sooner than chance does', () => {
    const seeds = Array.from({ length: 31 }, (_, i) => i + 1)
    const guided = median(seeds.map((seed) => minimise(50, 10, seed)))
    const random = median(seeds.map((seed) => minimise(50, 50, seed)))
    expect(guided).toBeLessThan(random / 4)
    expect(guided).toBeLessThan(0.005)
  })

  it('stays inside the space and depends on the seed alone', () => {
    const ranked = [0.01, 0.99, 0.5, 0.98].map((x) => ({ x, y: 1 - x, c: 1 }))
    const draw = () => {
      const uniform = uniformRandom(4)
      return Array.from({ length: 200 }, () => suggest(space, ranked, ranked.slice(0, 1), uniform, 2))
    }
    const points = draw()
    for (const { x, y, c } of points) {
      expect(x).toBeGreaterThanOrEqual(0)
      expect(x).toBeLessThanOrEqual(1)
      expect(y).toBeGreaterThanOrEqual(0)
      expect(y).toBeLessThanOrEqual(1)
      expect([0, 1, 2, 3]).toContain(c)
    }
    expect(draw()).toEqual(points)
  })
})
