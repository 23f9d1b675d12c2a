import { describe, expect, it } from 'vitest'
import type { FeatureBuilder } from '#spillway/models/feature-builder.js'
import type { Block } from '#spillway/train/data/blocks.js'
import { inputsOf, withoutInputs } from '#spillway/train/inputs.js'
import { type Chunk, shuffled } from '#spillway/train/optimize/trial-scores.js'
import type { Task } from '#spillway/train/recipe.js'
import { ones, sum, tensor2d } from '#spillway/train/trace/tf.js'
import { task } from '../data/tasks.js'

const builder: FeatureBuilder = {
  ...task().builder,
  tensors: [
    { name: 'flat', shape: ['n', 2], components: ['mass', 'pt'] },
    { name: 'list', shape: ['n', 't', 2] },
    { name: 'mask', shape: ['n', 't'] },
  ],
  maxLength: 4,
}

/** Items of lengths 1 and 3, then 2, padded to 3: entries are 100 · item + 10 · k + component, padding is −1. */
const chunks: Chunk[] = [[1, 3], [2]].map((lengths, c) => {
  const block = { features: { lengths: Int32Array.from(lengths) } } as unknown as Block
  const list = lengths.flatMap((length, i) =>
    Array.from({ length: 6 }, (_, at) =>
      at < 2 * length ? 100 * (2 * c + i) + 10 * (at >> 1) + (at % 2) : -1,
    ),
  )
  const flat = lengths.flatMap((_, i) => [2 * c + i, -(2 * c + i)])
  return {
    picks: lengths.map((_, item) => ({ block, item })),
    batch: {
      flat: { data: Float32Array.from(flat), shape: [lengths.length, 2] },
      list: { data: Float32Array.from(list), shape: [lengths.length, 3, 2] },
      mask: { data: new Float32Array(3 * lengths.length), shape: [lengths.length, 3] },
    },
  }
})
const values = (some: readonly Chunk[], name: string): number[] =>
  some.flatMap(({ batch }) => [...batch[name].data])

describe('inputs', () => {
  it('have the names that the builder gives, numbers otherwise; masks are none', () => {
    expect(inputsOf(builder).map(({ name }) => name)).toEqual(['flat.mass', 'flat.pt', 'list.0', 'list.1'])
  })

  it('change places between all items, one component and nothing else', () => {
    const [, pt, first] = inputsOf(builder)
    const changed = shuffled(builder, chunks, pt, 3)
    const odd = (all: number[]): number[] => all.filter((_, i) => i % 2 === 1)
    expect(odd(values(changed, 'flat')).sort()).toEqual(odd(values(chunks, 'flat')).sort())
    expect(values(changed, 'flat')).not.toEqual(values(chunks, 'flat'))
    expect(values(changed, 'flat').filter((_, i) => i % 2 === 0)).toEqual([0, 1, 2])
    expect(values(changed, 'list')).toEqual(values(chunks, 'list'))
    const inLists = values(shuffled(builder, chunks, first, 3), 'list')
    const before = values(chunks, 'list')
    expect(inLists.map((x) => x === -1)).toEqual(before.map((x) => x === -1))
    expect([...inLists].sort()).toEqual([...before].sort())
    expect(odd(inLists)).toEqual(odd(before))
    expect(inLists).not.toEqual(before)
  })

  it('that are dropped make no difference', () => {
    const plain: Task = {
      ...task(),
      builder,
      network: () => ({
        parameters: {},
        loss: () => {
          throw new Error('not in this test')
        },
        predict: (_, { flat }) => ({ y: sum(flat, -1, true) }),
      }),
    }
    const dropping = withoutInputs(plain, ['flat.pt']).network({ tensors: {} })
    expect(Object.keys(dropping.parameters)).toEqual(['seen/flat'])
    const seen = dropping.parameters['seen/flat']
    expect(seen).toMatchObject({ shape: [2], trained: false })
    const weights = { 'seen/flat': tensor2d([[...seen.initial([2], () => 0)]]) }
    const of = (rows: number[][]) => dropping.predict(weights, { flat: tensor2d(rows), list: ones([1]) })['y']
    expect([
      ...of([
        [3, 5],
        [4, 7],
      ]).dataSync(),
    ]).toEqual([3, 4])
    expect(() => withoutInputs(plain, ['flat.eta'])).toThrow(/no input flat.eta/)
    expect(withoutInputs(plain, [])).toBe(plain)
  })
})
