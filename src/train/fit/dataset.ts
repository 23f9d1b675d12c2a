import type { Batch, InputArray } from '../trace/index.js'

/**
 * Batches of one sample, streamed. The batches of an epoch are a function of the epoch's number only (shuffling
 * included), so that a resumed run sees what an uninterrupted one would.
 */
export interface Dataset {
  batches(epoch: number): AsyncIterable<Batch> | Iterable<Batch>
}

/** Number of rows of a batch: the first dimension of its first input that has one. */
export function rowsOf(batch: Batch): number {
  const [first] = Object.values(batch).filter(({ shape }) => shape.length > 0)
  return first?.shape[0] ?? 0
}

export interface ArrayDatasetOptions {
  readonly batchSize: number
  /** Shuffles differently in each epoch when given. */
  readonly seed?: number
}

/** A sample held in memory: arrays whose first dimension are the rows. The last batch may be smaller. */
export function arrayDataset(arrays: Batch, { batchSize, seed }: ArrayDatasetOptions): Dataset {
  const rows = rowsOf(arrays)
  return {
    *batches(epoch) {
      const order = seed === undefined ? identity(rows) : shuffled(rows, seed + 0x9e3779b9 * (epoch + 1))
      for (let start = 0; start < rows; start += batchSize) {
        const picked = order.subarray(start, start + batchSize)
        yield Object.fromEntries(Object.entries(arrays).map(([name, array]) => [name, take(array, picked)]))
      }
    },
  }
}

function take({ data, shape }: InputArray, rows: Uint32Array): InputArray {
  const width = shape.slice(1).reduce((a, b) => a * b, 1)
  const taken = data.slice(0, rows.length * width)
  rows.forEach((row, i) => {
    taken.set(data.subarray(row * width, (row + 1) * width), i * width)
  })
  return { data: taken, shape: [rows.length, ...shape.slice(1)] }
}

const identity = (count: number): Uint32Array => Uint32Array.from({ length: count }, (_, i) => i)

/** Fisher and Yates, with an xorshift generator. */
function shuffled(count: number, seed: number): Uint32Array {
  const order = identity(count)
  let state = seed | 0 || 1
  for (let i = count - 1; i > 0; i--) {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    const j = (state >>> 0) % (i + 1)
    const kept = order[i]
    order[i] = order[j]
    order[j] = kept
  }
  return order
}
