import { describe, expect, it } from 'vitest'
import { normalRandom } from '#spillway/train/layers/initial.js'
import { scoreTable } from '#spillway/train/score-table.js'
import { aheadOf } from './train/compared.mjs'
import { type Line, rowsOf, targetOf } from './train/summary.mjs'

const line = (seed: number, own: number, torch: number, trees: number): Line => ({
  id: 'c1',
  seed,
  items: { train: 700, validation: 150, test: 150 },
  epochs: 4,
  spillway: { auc: own, rejection_50: 20 },
  peers: { torch: { auc: torch, rejection_50: 20 }, xgboost: { auc: trees, rejection_50: 10 } },
})

describe('figures beside twins', () => {
  const rows = rowsOf([line(1, 0.89, 0.9, 0.95), line(2, 0.87, 0.9, 0.95)])

  it('has a row for each figure and peer, with mean and range over the seeds', () => {
    expect(rows.map(({ name, peer }) => [name, peer])).toEqual([
      ['auc', 'torch'],
      ['auc', 'xgboost'],
      ['rejection_50', 'torch'],
      ['rejection_50', 'xgboost'],
    ])
    expect(rows[0].spillway).toMatchObject({
      mean: expect.closeTo(0.88, 9),
      range: expect.closeTo(0.02, 9),
      values: [0.89, 0.87],
    })
  })

  it('is met from the range of the seeds below the twin on', () => {
    const found = Object.fromEntries(rows.map(targetOf).map(({ id, value, ok }) => [id, [value, ok]]))
    expect(found).toEqual({
      'twin-c1-torch-auc': [-0.02, true],
      'twin-c1-xgboost-auc': [-0.07, false],
      'twin-c1-torch-rejection_50': [0, true],
      'twin-c1-xgboost-rejection_50': [10, true],
    })
  })

  it('says nothing of one seed', () => {
    const [first] = rowsOf([line(1, 0.89, 0.9, 0.95)])
    expect(targetOf(first).ok).toBeNull()
  })
})

describe('what ours is ahead', () => {
  const normal = normalRandom(1)
  const noise = Float64Array.from({ length: 4000 }, () => normal())
  const table = (shift: number) => scoreTable(new Map([['x', noise.map((x) => x + shift)]]))
  const task = {
    metrics: (items: { readonly column: (name: string) => Float64Array }) => {
      const x = items.column('x')
      return {
        mean: x.reduce((a, b) => a + b, 0) / x.length,
        square: x.reduce((a, b) => a + b * b, 0) / x.length,
      }
    },
  }
  const seed = (ours: number) => ({ task, tables: { spillway: table(ours), a: table(1), b: table(4) } })
  const aheadIn = aheadOf([seed(2.9), seed(3.1)], { mean: 'mean', square: 'square' })

  it('has no error where the items make none, as they are the same', () => {
    const { ahead } = aheadIn('a', 'mean')
    expect(ahead.value).toBeCloseTo(2, 9)
    expect(ahead.error).toBeLessThan(1e-9)
  })

  it('has that of the sample elsewhere', () => {
    const { ahead, ratio } = aheadIn('b', 'square')
    const square = (shift: number) => shift * shift + 1
    expect(Math.abs(ahead.value - ((square(2.9) + square(3.1)) / 2 - square(4)))).toBeLessThan(
      4 * ahead.error,
    )
    // The difference of squares varies as 2 x for shifts one apart.
    expect(ahead.error).toBeCloseTo(2 / Math.sqrt(noise.length), 2)
    expect(ratio.value).toBeCloseTo(10 / 17, 1)
  })
})
