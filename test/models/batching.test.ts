import { describe, expect, it } from 'vitest'
import { type BatchSettings, type Chunk, type Part, plan } from '#spillway/models/batching.js'
import { uniform } from '../support/random.js'

const partOf = (lengths: readonly number[] | null, items: readonly number[]): Part => ({
  features: {
    items: lengths?.length ?? 1_000,
    lengths: lengths === null ? null : Int32Array.from(lengths),
    fill: () => {},
  },
  items: Int32Array.from(items),
})
const all = (lengths: readonly number[]) =>
  partOf(
    lengths,
    lengths.map((_length, i) => i),
  )
const settings = (more: Partial<BatchSettings> = {}): BatchSettings => ({
  rows: 4,
  tokens: 1_000,
  reproducible: false,
  ...more,
})
const pairs = ({ part, item }: Chunk) => Array.from(part, (p, s) => `${p}:${item[s]}`)
const everything = (chunks: readonly Chunk[]) => chunks.flatMap(pairs).sort()

/** Of all ways to cut the lengths in ascending order. */
function cheapest(lengths: readonly number[], { rows, tokens }: { rows: number; tokens: number }): number {
  const sorted = [...lengths].sort((x, y) => x - y).map((length) => Math.max(1, length))
  const best = [0]
  for (let to = 1; to <= sorted.length; to++) {
    const starts = sorted.slice(0, to).map((_length, from) => from)
    const allowed = starts.filter(
      (from) => to - from === 1 || (to - from <= rows && (to - from) * sorted[to - 1] <= tokens),
    )
    best.push(
      Math.min(...allowed.map((from) => best[from] + (to - from) * sorted[to - 1] + (28 / 1_024) * tokens)),
    )
  }
  return best[sorted.length]
}

describe('plan', () => {
  it('cuts items without lengths in order, parts joined', () => {
    const chunks = plan([partOf(null, [0, 1, 2]), partOf(null, []), partOf(null, [5, 7])], settings())
    expect(chunks.map(pairs)).toEqual([['0:0', '0:1', '0:2', '2:5'], ['2:7']])
    expect(chunks.map(({ count, slots, length }) => [count, slots, length])).toEqual([
      [4, 4, 1],
      [1, 1, 1],
    ])
  })

  it('puts items of like length together, every item once, the longest as the padded length', () => {
    const lengths = [[9, 1, 5, 5], [2, 9, 0], [30]]
    const chunks = plan(lengths.map(all), settings({ rows: 3 }))
    expect(chunks.map(({ length }) => length)).toEqual([2, 5, 9, 30])
    for (const { part, item, length } of chunks)
      expect(Math.max(...Array.from(part, (p, s) => lengths[p][item[s]]))).toBe(length)
    expect(everything(chunks)).toEqual(['0:0', '0:1', '0:2', '0:3', '1:0', '1:1', '1:2', '2:0'])
  })

  it('holds the limit of padded entries, and gives an item beyond it a call of its own', () => {
    const chunks = plan([all([10, 10, 10, 25, 50, 10, 10])], settings({ rows: 100, tokens: 40 }))
    expect(chunks.map(({ count, length }) => [count, length])).toEqual([
      [4, 10],
      [1, 10],
      [1, 25],
      [1, 50],
    ])
  })

  it('cuts where padding and calls together cost the least, whatever the lengths', () => {
    const random = uniform(7)
    for (let round = 0; round < 300; round++) {
      const most = 1 + Math.floor(random() * 60)
      const lengths = Array.from({ length: 1 + Math.floor(random() * 11) }, () => Math.floor(random() * most))
      const limits = { rows: 1 + Math.floor(random() * 6), tokens: 1 + Math.floor(random() * 120) }
      const chunks = plan([all(lengths)], settings(limits))
      const cost = chunks.reduce(
        (sum, { count, length }) => sum + count * length + (28 / 1_024) * limits.tokens,
        0,
      )
      expect(cost, `${lengths} ${JSON.stringify(limits)}`).toBeCloseTo(cheapest(lengths, limits), 9)
      for (const { count, length } of chunks) {
        expect(count).toBeLessThanOrEqual(limits.rows)
        if (count > 1) expect(count * length).toBeLessThanOrEqual(limits.tokens)
      }
    }
  })

  it('keeps the items of one part adjacent in a call, so that builders fill runs', () => {
    const chunks = plan([all([1, 3, 5]), all([2, 4, 6])], settings({ rows: 10 }))
    expect(Array.from(chunks[0].part)).toEqual([0, 0, 0, 1, 1, 1])
  })

  it('pads nothing to a length of one at least', () => {
    const [chunk] = plan([all([0, 0])], settings())
    expect([chunk.count, chunk.length]).toEqual([2, 1])
  })

  it('with fixed shapes mixes no parts, keeps the order, and gives full slots and lengths in steps of 16', () => {
    const chunks = plan([all([1, 40, 2, 17, 3]), all([5])], settings({ reproducible: true }))
    expect(chunks.map(pairs)).toEqual([['0:0', '0:1', '0:2', '0:3'], ['0:4'], ['1:0']])
    expect(chunks.map(({ slots, length }) => [slots, length])).toEqual([
      [4, 48],
      [4, 16],
      [4, 16],
    ])
  })

  it('is empty for nothing', () => {
    expect(plan([], settings())).toEqual([])
    expect(plan([partOf(null, []), all([])], settings())).toEqual([])
  })
})
