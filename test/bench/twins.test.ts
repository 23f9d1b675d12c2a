import { describe, expect, it } from 'vitest'
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
