import type { FeatureBuilder } from '../../models/feature-builder.js'
import type { Dataset } from '../fit/dataset.js'
import type { Batch, InputArray } from '../trace/index.js'
import { type Block, type Blocks, itemsIn } from './blocks.js'
import { sizeOf } from './item-tensors.js'
import { epochRandom, permutation, shuffle } from './random.js'
import type { Weighting } from './weighting.js'

/** An item of one of the blocks of a pool. */
export interface Pick {
  readonly block: Block
  readonly item: number
}

export interface MiniBatchOptions {
  readonly blocks: Blocks
  readonly builder: FeatureBuilder
  /** Targets and the names of their components. */
  readonly targets: Readonly<Record<string, readonly string[]>>
  readonly weighting: Weighting
  /** Index into SPLITS. */
  readonly part: number
  readonly batchSize: number
  /** Record batches that items are shuffled among. */
  readonly buffer: number
  /** In the order of the files, without shuffling, when left out. */
  readonly seed?: number
  /** Ragged items of any length go together, at the price of more padding. */
  readonly mixed?: boolean
}

/** Batches whose lengths are alike are cut from this many batches' worth of items at a time. */
const SORTED_TOGETHER = 16
/** Padded lengths are multiples of this: fewer shapes, and the runtime reuses its memory. */
const LENGTH_STEP = 4

/**
 * The items of one part of a sample in mini-batches: tensors of the builder, `target.<name>` [n, width] and `weight` [n].
 * Record batches come in a new order each epoch; items are shuffled among `buffer` of them; ragged items of like length
 * go together unless `mixed`, and the order of the batches is shuffled again. All of it is a function of seed and epoch.
 */
export function miniBatches(options: MiniBatchOptions): Dataset {
  return {
    async *batches(epoch) {
      for await (const picks of pickBatches(options, epoch)) yield gather(options, picks)
    },
  }
}

/** The items of each mini-batch of an epoch. */
export async function* pickBatches(
  options: MiniBatchOptions,
  epoch: number,
): AsyncGenerator<readonly Pick[]> {
  const { blocks, buffer, batchSize, seed } = options
  const uniform = seed === undefined ? undefined : epochRandom(seed, epoch)
  const order = uniform
    ? permutation(blocks.count, uniform)
    : Int32Array.from({ length: blocks.count }, (_, i) => i)
  let rest: readonly Pick[] = []
  for (let from = 0; from < order.length; from += buffer) {
    const isLast = from + buffer >= order.length
    const pool = [...rest, ...(await pooled(options, order.subarray(from, from + buffer)))]
    const picks = uniform ? Array.from(permutation(pool.length, uniform), (i) => pool[i]) : pool
    // A last, smaller batch would be a noisy step: its items wait for the next pool.
    const whole = isLast ? picks.length : picks.length - (picks.length % batchSize)
    rest = picks.slice(whole)
    yield* cut(picks.slice(0, whole), options, uniform)
  }
}

async function pooled({ blocks, part }: MiniBatchOptions, indices: Int32Array): Promise<Pick[]> {
  const picks: Pick[] = []
  for (const index of indices) {
    const block = await blocks.read(index)
    for (const item of itemsIn(block, part)) picks.push({ block, item })
  }
  return picks
}

function* cut(
  picks: readonly Pick[],
  { builder, batchSize, mixed }: MiniBatchOptions,
  uniform: (() => number) | undefined,
): Generator<readonly Pick[]> {
  const bucketed = builder.maxLength !== null && uniform !== undefined && mixed !== true
  const chunk = bucketed ? batchSize * SORTED_TOGETHER : Math.max(1, picks.length)
  for (let from = 0; from < picks.length; from += chunk) {
    const some = picks.slice(from, from + chunk)
    if (bucketed) some.sort((a, b) => lengthOf(a) - lengthOf(b))
    const starts = Int32Array.from({ length: Math.ceil(some.length / batchSize) }, (_, i) => i * batchSize)
    if (bucketed) shuffle(starts, uniform)
    for (const start of starts) yield some.slice(start, start + batchSize)
  }
}

const lengthOf = ({ block, item }: Pick): number => block.features.lengths?.[item] ?? 1

/** Builds the tensors of some items. */
export function gather(
  options: Omit<MiniBatchOptions, 'part' | 'batchSize' | 'buffer'>,
  picks: readonly Pick[],
): Batch {
  const { targets, weighting } = options
  const columns = Object.entries(targets).map(([name, { length: width }]): [string, InputArray] => {
    const data = new Float32Array(picks.length * width)
    picks.forEach(({ block, item }, i) => {
      data.set(block.labels.targets[name].subarray(item * width, (item + 1) * width), i * width)
    })
    return [`target.${name}`, { data, shape: [picks.length, width] }]
  })
  const weight = Float32Array.from(picks, ({ block, item }) => weighting(block.labels, item))
  return {
    ...featureBatch(options.builder, picks),
    ...Object.fromEntries(columns),
    weight: { data: weight, shape: [picks.length] },
  }
}

/** The builder's tensors of some items, padded to the longest of them. */
export function featureBatch(builder: FeatureBuilder, picks: readonly Pick[]): Batch {
  const longest = picks.reduce((most, pick) => Math.max(most, lengthOf(pick)), 1)
  const length = builder.maxLength === null ? 1 : Math.ceil(longest / LENGTH_STEP) * LENGTH_STEP
  const tensors = builder.tensors.map((spec) => new Float32Array(sizeOf(spec, picks.length, length)))
  const items = Int32Array.from(picks, ({ item }) => item)
  for (let from = 0; from < picks.length; ) {
    let to = from + 1
    while (to < picks.length && picks[to].block === picks[from].block) to++
    picks[from].block.features.fill(items, from, to, from, length, tensors)
    from = to
  }
  return Object.fromEntries(
    builder.tensors.map(({ name, shape }, k) => [
      name,
      {
        data: tensors[k],
        shape: shape.map((dim) => (dim === 'n' ? picks.length : dim === 't' ? length : dim)),
      },
    ]),
  )
}
