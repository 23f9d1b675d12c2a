import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { recipe } from '#spillway/models/jets/lundnet/recipe.js'
import { type DataConfig, DataSchema } from '#spillway/train/config.js'
import { openSample, type Sample } from '#spillway/train/data/sample.js'
import type { Dataset } from '#spillway/train/fit/index.js'
import { SPLITS } from '#spillway/train/score-table.js'
import type { Batch } from '#spillway/train/trace/index.js'
import { temporaryFolder } from '../../support/cli.js'
import { rowsOf, task, writeRows } from './tasks.js'

const folder = temporaryFolder()
const config = (more: Partial<DataConfig> = {}): DataConfig =>
  DataSchema.parse({ files: ['*.arrow'], balance: false, ...more })

/** A folder of its own with a sample of these rows. */
async function written(name: string, ...files: Parameters<typeof writeRows>[1][]): Promise<string> {
  const at = join(folder.path, name)
  folder.file(`${name}/README`, '')
  for (const [i, rows] of files.entries()) await writeRows(join(at, `${i}.arrow`), rows)
  return at
}

async function batchesOf(dataset: Dataset, epoch = 0): Promise<Batch[]> {
  const batches = []
  for await (const batch of dataset.batches(epoch)) batches.push(batch)
  return batches
}

const sumOf = (list: ArrayLike<number>): number => Array.from(list).reduce((a, b) => a + b, 0)

const values = (batches: readonly Batch[], name: string): number[] =>
  batches.flatMap((batch) => [...batch[name].data])

const items = async (sample: Sample): Promise<number[][]> =>
  Promise.all(SPLITS.map(async (part) => values(await batchesOf(sample.dataset(part, 64)), 'x')))

describe('a sample', () => {
  it('is divided by event number alone: same parts in other files, order and batches', async () => {
    const rows = rowsOf(1000, (event) => ({ x: event }))
    const one = await written('one', rows)
    const two = await written('two', rows.slice(500).reverse(), rows.slice(0, 500))
    await using first = await openSample(task(), config(), one)
    await using second = await openSample(task(), config({ buffer: 1 }), two)
    const parts = await items(first)
    expect(parts.flat().toSorted((a, b) => a - b)).toEqual(rows.map(({ x }) => x))
    expect((await items(second)).map((part) => part.toSorted((a, b) => a - b))).toEqual(parts)
    expect(parts.map(({ length }) => length / 1000)).toEqual([
      expect.closeTo(0.7, 1),
      expect.closeTo(0.15, 1),
      expect.closeTo(0.15, 1),
    ])
    expect(first.counts.parts).toEqual({
      train: parts[0].length,
      validation: parts[1].length,
      test: parts[2].length,
    })
  })

  it('keeps rows of one event together, and splits anew by another salt', async () => {
    const rows = rowsOf(400, (event) => ({ x: event }))
    const at = await written('twins', rows, rows)
    await using sample = await openSample(task(), config(), at)
    const [train, validation, test] = await items(sample)
    for (const part of [train, validation, test]) expect(part.length).toBe(2 * new Set(part).size)
    await using salted = await openSample(
      task(),
      config({ split: { validation: 0.15, test: 0.15, salt: 'b', rotate: 0 } }),
      at,
    )
    expect((await items(salted))[2]).not.toEqual(test)
  })

  it('uses a fraction of the training events, and of the others all', async () => {
    const at = await written(
      'fraction',
      rowsOf(1000, (event) => ({ x: event })),
    )
    await using whole = await openSample(task(), config(), at)
    await using some = await openSample(task(), config({ fraction: 0.25 }), at)
    const [[train, ...rest], [less, ...same]] = [await items(whole), await items(some)]
    expect(less.length / train.length).toBeCloseTo(0.25, 1)
    expect(less.every((x) => train.includes(x))).toBe(true)
    expect(same).toEqual(rest)
  })

  it('takes two halves of the training events that share none and leave none out', async () => {
    const at = await written(
      'halves',
      rowsOf(1000, (event) => ({ x: event })),
    )
    await using whole = await openSample(task(), config(), at)
    await using low = await openSample(task(), config({ fraction: 0.5 }), at)
    await using high = await openSample(task(), config({ fraction: 0.5, fraction_from: 0.5 }), at)
    const [[train, ...rest], [a, ...sameAsA], [b, ...sameAsB]] = [
      await items(whole),
      await items(low),
      await items(high),
    ]
    const sorted = (list: readonly number[]) => list.toSorted((x, y) => x - y)
    expect(sorted([...a, ...b])).toEqual(sorted(train))
    expect(a.length / train.length).toBeCloseTo(0.5, 1)
    expect([sameAsA, sameAsB]).toEqual([rest, rest])
  })

  it('never trains on excluded events', async () => {
    const at = await written(
      'excluded',
      rowsOf(300, (event) => ({ x: event })),
    )
    const held = await written(
      'held',
      rowsOf(40, (event) => ({ x: event })),
    )
    await using sample = await openSample(task(), config({ exclude: [join(held, '*.arrow')] }), at)
    const [train, validation, test] = await items(sample)
    expect([...train, ...validation].filter((x) => x < 40)).toEqual([])
    expect(test.filter((x) => x < 40)).toHaveLength(40)
  })

  it('leaves out what is not in the sample or not finite; looks at spectators in the test part only', async () => {
    const rows = rowsOf(300, (event) => ({ x: event % 10 === 0 ? Number.NaN : event }))
    const at = await written('nan', rows)
    await using sample = await openSample(
      task(() => 1),
      config({ buffer: 1 }),
      at,
    )
    expect((await items(sample)).flat().toSorted((a, b) => a - b)).toEqual(
      rows.map(({ x }) => x).filter((x) => !Number.isNaN(x)),
    )
    const every = (keep: number) => task((row) => (row % 4 < 2 ? 1 : keep))
    await using without = await openSample(every(0), config(), at)
    await using spectators = await openSample(every(2), config(), at)
    expect(spectators.counts.parts).toMatchObject({ train: without.counts.parts.train })
    expect(spectators.counts.parts.test).toBeGreaterThan(without.counts.parts.test)
  })

  it('that is not there ends the run at once, where a stream would wait for its source', async () => {
    const at = await written(
      'absent',
      rowsOf(8, () => ({ x: 1 })),
    )
    const absent = { code: 'FILE_UNREADABLE', remedy: expect.stringContaining('files of the sample') }
    for (const data of [{ files: ['1.arrow'] }, { files: ['*.root'] }, { exclude: ['more/*.arrow'] }]) {
      await expect(openSample(task(), config(data), at)).rejects.toMatchObject(absent)
    }
  })

  it('says which part or class has no items, and which columns are missing', async () => {
    const at = await written(
      'empty',
      rowsOf(100, (event) => ({ x: event, class: 0 })),
    )
    await expect(openSample(task(), config(), at)).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining('one'),
    })
    const other = { ...task(), labelReads: [{ path: 'truth' }, { path: 'x' }] }
    await expect(openSample(other, config(), at)).rejects.toMatchObject({
      code: 'COLUMN_MISSING',
      message: 'no column truth',
    })
  })
})

describe('mini-batches', () => {
  it('give every item once an epoch, in an order of the epoch alone, and targets and weights with them', async () => {
    const at = await written(
      'order',
      rowsOf(700, (event) => ({ x: event, weight: event })),
    )
    await using small = await openSample(task(), config({ buffer: 3 }), at)
    const dataset = small.dataset('train', 32, 7)
    const [first, again, next] = [
      await batchesOf(dataset, 0),
      await batchesOf(dataset, 0),
      await batchesOf(dataset, 1),
    ]
    expect(first).toEqual(again)
    expect(values(next, 'x')).not.toEqual(values(first, 'x'))
    const sorted = (batches: Batch[]) => values(batches, 'x').toSorted((a, b) => a - b)
    expect(sorted(first)).toEqual(sorted(next))
    expect(new Set(sorted(first)).size).toBe(small.counts.parts.train)
    expect(values(first, 'target.y')).toEqual(values(first, 'x').map((x) => 2 * x))
    const [weights, x] = [values(first, 'weight'), values(first, 'x')]
    expect(
      weights.map((weight, i) => weight / weights[0] - x[i] / x[0]).every((d) => Math.abs(d) < 1e-5),
    ).toBe(true)
    // All batches are whole but the last, though record batches and pools end in between.
    expect(first.slice(0, -1).every(({ x: { shape } }) => shape[0] === 32)).toBe(true)
    expect(first).toHaveLength(Math.ceil(small.counts.parts.train / 32))
  })

  it.each([
    { normalisation: 'none', alike: true },
    { normalisation: 'batch', alike: false },
  ])(
    'of jets for a network with normalisation $normalisation: of like length $alike',
    async ({ normalisation, alike }) => {
      const jets = recipe.task(recipe.options.parse({ network: { normalisation } }))
      await using sample = await openSample(jets, config({ files: recipe.data.slice() }), '/')
      const lengths = (await batchesOf(sample.dataset('train', 64, 3))).map(({ mask: { data, shape } }) =>
        Array.from({ length: shape[0] }, (_, i) => sumOf(data.subarray(i * shape[1], (i + 1) * shape[1]))),
      )
      const spread = (values: readonly number[]): number => Math.max(...values) - Math.min(...values)
      expect(lengths.flat()).toHaveLength(sample.counts.parts.train)
      const whole = spread(lengths.flat())
      const within = sumOf(lengths.map(spread)) / lengths.length
      expect(within / whole < 0.3).toBe(alike)
    },
  )

  it('hold no more record batches than they are told to', async () => {
    const at = await written(
      'stream',
      rowsOf(1000, (event) => ({ x: event })),
    )
    await using sample = await openSample(task(), config({ buffer: 2 }), at)
    const first = await sample.blocks.read(0)
    await sample.blocks.read(1)
    expect(await sample.blocks.read(0)).toBe(first)
    await sample.blocks.read(2)
    await sample.blocks.read(3)
    expect(await sample.blocks.read(0)).not.toBe(first)
  })
})

describe('weights', () => {
  const sums = async (sample: Sample, by: (item: { x: number }) => number): Promise<Map<number, number>> => {
    const batches = await batchesOf(sample.dataset('train', 64))
    const found = new Map<number, number>()
    values(batches, 'x').forEach((x, i) => {
      const key = by({ x })
      found.set(key, (found.get(key) ?? 0) + values(batches, 'weight')[i])
    })
    return found
  }

  it('of classes are balanced, with a mean of one; negative ones go on to cancel', async () => {
    const rows = rowsOf(600, (event) => ({
      x: event % 3 === 0 ? 1 : 0,
      class: event % 3 === 0 ? 1 : 0,
      weight: event % 5 === 0 ? -0.5 : 2,
    }))
    const at = await written('balance', rows)
    await using sample = await openSample(task(), config({ balance: true }), at)
    const found = await sums(sample, ({ x }) => x)
    const { train } = sample.counts.parts
    expect(found.get(0)).toBeCloseTo(train / 2, 1)
    expect(found.get(1)).toBeCloseTo(train / 2, 1)
    const batches = await batchesOf(sample.dataset('train', 64))
    expect(values(batches, 'weight').some((weight) => weight < 0)).toBe(true)
  })

  it('flatten a spectrum in each class', async () => {
    const rows = rowsOf(900, (event) => ({ x: Math.floor(Math.sqrt(event % 9)), mass: Math.sqrt(event % 9) }))
    const at = await written('flat', rows)
    await using sample = await openSample(
      task(),
      config({ flatten: { by: 'mass', edges: [0, 1, 2, 3] }, balance: true }),
      at,
    )
    const found = await sums(sample, ({ x }) => x)
    const [least, most] = [Math.min(...found.values()), Math.max(...found.values())]
    expect(found.size).toBe(3)
    expect(most / least).toBeCloseTo(1, 3)
    await expect(
      openSample(task(), config({ flatten: { by: 'height', edges: [0, 1] } }), at),
    ).rejects.toMatchObject({ code: 'CONFIG_INVALID', remedy: 'Take one of mass.' })
  })
})

describe('statistics', () => {
  it('are those of the training part: moments and references of the inputs', async () => {
    const at = await written(
      'moments',
      rowsOf(800, (event) => ({ x: 1000 + (event % 7) })),
    )
    await using sample = await openSample(task(), config(), at)
    const [train] = await items(sample)
    const mean = train.reduce((a, b) => a + b, 0) / train.length
    const deviation = Math.sqrt(train.reduce((sum, x) => sum + (x - mean) ** 2, 0) / train.length)
    const { x } = sample.statistics.tensors
    expect(x.mean[0]).toBeCloseTo(mean, 6)
    expect(x.deviation[0]).toBeCloseTo(deviation, 6)
    const noise = await written(
      'noise',
      rowsOf(300, (event) => ({ x: Math.fround(Math.PI) + (event % 2) * 2.4e-7 })),
    )
    await using same = await openSample(task(), config(), noise)
    expect(same.statistics.tensors.x.deviation).toEqual([0])
    const { edges, counts } = sample.references['input.x.0']
    expect(edges.every((edge, i) => i === 0 || edge > edges[i - 1])).toBe(true)
    expect(counts).toHaveLength(edges.length + 1)
    expect(counts.reduce((a, b) => a + b, 0)).toBe(train.length)
    // Ordered values 1000 … 1006: what lies below the second edge is the first bins' content.
    expect(counts[0] + counts[1]).toBe(train.filter((value) => value < edges[1]).length)
  })
})
