import * as ort from 'onnxruntime-node'
import type { FeatureBuilder } from '../../models/feature-builder.js'
import { itemsIn } from '../data/blocks.js'
import { sizeOf, widthOf } from '../data/item-tensors.js'
import { featureBatch, type Pick } from '../data/mini-batches.js'
import { epochRandom, permutation } from '../data/random.js'
import type { Sample } from '../data/sample.js'
import { exportWithProof } from '../fit/index.js'
import type { Input } from '../inputs.js'
import { hashOf } from '../layers/parameters.js'
import { predictionOf } from '../prove.js'
import type { Network, Task } from '../recipe.js'
import { scoreColumns } from '../score-file.js'
import { type ScoreTable, SPLITS, type Split, scoreTable } from '../score-table.js'
import type { Arrays, Batch } from '../trace/index.js'

/** Items of one record batch with their features. */
export interface Chunk {
  readonly picks: readonly Pick[]
  readonly batch: Batch
}

/** Scores of a sample with weights that have not become a bundle: what a trial is judged by. */
export class TrialScores {
  readonly #task: Task
  readonly #session: ort.InferenceSession
  readonly #chunks: readonly Chunk[]
  readonly #event: string

  private constructor(task: Task, session: ort.InferenceSession, chunks: readonly Chunk[], event: string) {
    this.#task = task
    this.#session = session
    this.#chunks = chunks
    this.#event = event
  }

  /**
   * @param event column of the event number
   * @param splits parts that are scored, training items thinned to about as many as there are for validation
   */
  static async open(
    task: Task,
    network: Network,
    weights: Arrays,
    sample: Sample,
    event: string,
    splits: readonly Split[] = SPLITS,
  ): Promise<TrialScores> {
    const { onnx } = await exportWithProof(predictionOf(task, network), weights, [])
    const session = await ort.InferenceSession.create(onnx, { intraOpNumThreads: 1, interOpNumThreads: 1 })
    return new TrialScores(task, session, await chunksOf(task, sample, splits), event)
  }

  /** Scores the items, with their features changed where asked for. */
  async table(
    change: (chunks: readonly Chunk[]) => readonly Chunk[] = (chunks) => chunks,
  ): Promise<ScoreTable> {
    const parts: Map<string, Float64Array>[] = []
    for (const { picks, batch } of change(this.#chunks)) {
      const scores = await this.#run(batch, picks.length)
      const items = Int32Array.from(picks, ({ item }) => item)
      const columns = scoreColumns(this.#task, this.#event, { block: picks[0].block, items, scores })
      const numbers = [...columns].filter(([name]) => name !== 'event')
      parts.push(new Map(numbers.map(([name, { values }]) => [name, Float64Array.from(values, Number)])))
    }
    return scoreTable(joined(parts))
  }

  async #run(batch: Batch, rows: number): Promise<Record<string, Float32Array>> {
    const feeds = Object.fromEntries(
      Object.entries(batch).map(([name, { data, shape }]) => [
        name,
        new ort.Tensor('float32', data as Float32Array, [...shape]),
      ]),
    )
    const found = await this.#session.run(feeds)
    return Object.fromEntries(
      this.#task.outputs.flatMap(({ name, columns }) => {
        const values = found[name].data as Float32Array
        const width = columns.length
        return columns.flatMap((column, c) =>
          column === null
            ? []
            : [[column, Float32Array.from({ length: rows }, (_, row) => values[row * width + c])] as const],
        )
      }),
    )
  }

  async close(): Promise<void> {
    await this.#session.release()
  }
}

async function chunksOf(
  { builder }: Task,
  { blocks, counts: { parts } }: Sample,
  splits: readonly Split[],
): Promise<Chunk[]> {
  const every = Math.max(1, Math.floor(parts.train / Math.max(1, parts.validation)))
  const chunks: Chunk[] = []
  for (let index = 0; index < blocks.count; index++) {
    const block = await blocks.read(index)
    const picks = splits.flatMap((split) =>
      Array.from(itemsIn(block, SPLITS.indexOf(split)))
        .filter((_, i) => split !== 'train' || i % every === 0)
        .map((item) => ({ block, item })),
    )
    if (picks.length > 0) chunks.push({ picks, batch: featureBatch(builder, picks) })
  }
  return chunks
}

function joined(parts: readonly ReadonlyMap<string, Float64Array>[]): Map<string, Float64Array> {
  const names = parts[0]?.keys() ?? []
  return new Map(
    Array.from(names, (name) => [
      name,
      Float64Array.from(parts.flatMap((part) => [...(part.get(name) ?? [])])),
    ]),
  )
}

/** The chunks with one input exchanged at random between all items, or all entries of them where it is one of a list. */
export function shuffled(
  builder: FeatureBuilder,
  chunks: readonly Chunk[],
  { tensor, component, name }: Input,
  seed: number,
): Chunk[] {
  const spec = builder.tensors.find((one) => one.name === tensor)!
  const width = widthOf(spec)
  const places = chunks.map(({ picks, batch }) => {
    const perItem = batch[tensor].data.length / Math.max(1, picks.length)
    return picks.flatMap(({ block, item }, i) => {
      const filled = sizeOf(spec, 1, block.features.lengths?.[item] ?? 1)
      const entries = Math.min(filled, perItem) / width
      return Array.from({ length: entries }, (_, k) => i * perItem + k * width + component)
    })
  })
  const values = Float32Array.from(
    chunks.flatMap(({ batch }, c) => places[c].map((at) => batch[tensor].data[at])),
  )
  const order = permutation(values.length, epochRandom(seed, hashOf(name)))
  let next = 0
  return chunks.map(({ picks, batch }, c) => {
    const data = Float32Array.from(batch[tensor].data)
    for (const at of places[c]) data[at] = values[order[next++]]
    return { picks, batch: { ...batch, [tensor]: { ...batch[tensor], data } } }
  })
}
