import { ArrowFile, type DecodeLimits, decodeMessage, SchemaMemory } from '../../ingest/arrow/index.js'
import type { Events } from '../../ingest/columns.js'
import type { BoundFeatures } from '../../models/feature-builder.js'
import type { Labels, Task } from '../recipe.js'
import { SPLITS } from '../score-table.js'
import { allFinite, ItemReader } from './item-tensors.js'
import { present } from './present.js'
import { type Splitter, UNUSED } from './split.js'

/** One record batch, read for training: features bound, items labelled, each in its part of the sample. */
export interface Block {
  readonly index: number
  readonly events: Events
  readonly features: BoundFeatures
  readonly labels: Labels
  /** The event of each item. */
  readonly rows: Int32Array
  /** The part of each item; UNUSED where it is in none. */
  readonly parts: Uint8Array
}

const TEST = SPLITS.indexOf('test')

/** Files that are trained on are one's own and may be large; what a batch holds is still bounded. */
export const MOST: DecodeLimits = { maxBytes: 512 << 20, maxRows: 1 << 22, maxRatio: 1024 }

/**
 * The record batches of some files, read when asked for. The last `keep` of them stay in memory, so that a sample that
 * fits is read and prepared once and a larger one never takes more than that.
 */
export class Blocks implements AsyncDisposable {
  readonly #files: readonly ArrowFile[]
  readonly #places: readonly { readonly file: ArrowFile; readonly batch: number }[]
  readonly #task: Task
  readonly #split: Splitter
  readonly #keep: number
  readonly #schemas = new SchemaMemory(4)
  readonly #held = new Map<number, Block>()

  private constructor(files: readonly ArrowFile[], task: Task, split: Splitter, keep: number) {
    this.#files = files
    this.#places = files.flatMap((file) =>
      Array.from({ length: file.batchCount }, (_, batch) => ({ file, batch })),
    )
    this.#task = task
    this.#split = split
    this.#keep = keep
  }

  /** @throws SpillwayError FILE_UNREADABLE */
  static async open(paths: readonly string[], task: Task, split: Splitter, keep: number): Promise<Blocks> {
    const files: ArrowFile[] = []
    try {
      for (const path of paths) files.push(await present(() => ArrowFile.open(path)))
    } catch (error) {
      for (const file of files) await file.close()
      throw error
    }
    return new Blocks(files, task, split, keep)
  }

  get count(): number {
    return this.#places.length
  }

  /** All rows of the files. */
  get rows(): number {
    return this.#files.reduce((sum, { rows }) => sum + rows, 0)
  }

  async read(index: number): Promise<Block> {
    const held = this.#held.get(index)
    if (held !== undefined) {
      this.#held.delete(index)
      this.#held.set(index, held)
      return held
    }
    const { bytes } = await this.bytes(index)
    const { path } = this.#places[index].file
    const block = this.#prepare(index, path, decodeMessage(bytes, MOST, this.#schemas))
    this.#held.set(index, block)
    for (const oldest of this.#held.keys()) {
      if (this.#held.size <= this.#keep) break
      this.#held.delete(oldest)
    }
    return block
  }

  /** A record batch as it stands in its file. */
  bytes(index: number): Promise<{ readonly bytes: Uint8Array }> {
    const { file, batch } = this.#places[index]
    return file.batch(batch)
  }

  #prepare(index: number, path: string, events: Events): Block {
    const { builder, label } = this.#task
    const features = builder.bind(events)
    const labels = label(events, path)
    const rows = rowsOf(events, builder.axis, features.items)
    const split = this.#split(events)
    const reader = new ItemReader(builder, features)
    const parts = Uint8Array.from(rows, (row, item) => {
      const keep = labels.keep[item]
      const isUsed = keep === 1 || (keep === 2 && split[row] === TEST)
      // What a scorer would refuse is not trained on either.
      return isUsed && allFinite(reader.read(item)) ? split[row] : UNUSED
    })
    return { index, events, features, labels, rows, parts }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const file of this.#files) await file.close()
  }
}

/** The event that each item belongs to. */
function rowsOf(events: Events, axis: string, items: number): Int32Array {
  const rows = new Int32Array(items)
  if (axis === '') return rows.map((_, item) => item)
  const offsets = events.offsets(axis)
  for (let row = 0; row < events.rows; row++) rows.fill(row, offsets[row], offsets[row + 1])
  return rows
}

/** The items of a block that are in one part of the sample, ascending. */
export function itemsIn({ parts }: Block, part: number): Int32Array {
  const items = new Int32Array(parts.length)
  let count = 0
  for (let item = 0; item < parts.length; item++) if (parts[item] === part) items[count++] = item
  return items.subarray(0, count)
}
