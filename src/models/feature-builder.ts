import type { ColumnType, Events } from '../ingest/columns.js'

/** A column that a step reads: what must be there before the pipeline starts. */
export interface Read {
  readonly path: string
  /** Any of these; all types when absent. */
  readonly types?: readonly ColumnType[]
  /** The list it must run along, '' for one value per event; any when absent. */
  readonly axis?: string
  readonly unit?: string
}

/** Everything that `float32` converts. */
const NUMBERS: readonly ColumnType[] = [
  'float32',
  'float64',
  'int8',
  'int16',
  'int32',
  'int64',
  'uint8',
  'uint16',
  'uint32',
  'uint64',
  'bool',
]

/** A number per event, or per entry of a list, as a builder reads it. */
export const numberRead = (path: string, axis: string, unit?: string): Read => ({
  path,
  axis,
  types: NUMBERS,
  ...(unit !== undefined && { unit }),
})

/** A tensor that a builder writes. `n` is the number of items, `t` the padded length of ragged inputs. */
export interface TensorSpec {
  readonly name: string
  readonly shape: readonly (number | 'n' | 't')[]
  /** What the components of the last axis are, where they have names. */
  readonly components?: readonly string[]
}

/**
 * Turns events into the named float32 tensors a model reads. Pure and synchronous; the same code runs in training and
 * in scoring, so a trained model and its inputs cannot drift apart. A change in what is written is a new `version`.
 *
 * The engine binds a builder to each batch once, chooses items (rows, or jets of all rows), orders them by length where
 * they are ragged, and calls `fill` on runs of items. Nothing is allocated per item.
 */
export interface FeatureBuilder {
  readonly id: string
  readonly version: number
  /** What one item is: '' an event, otherwise the list axis whose entries are scored ('jets'). */
  readonly axis: string
  readonly reads: readonly Read[]
  readonly tensors: readonly TensorSpec[]
  /** Longest ragged item; longer ones are cut to their first entries. `null` for builders without `t`. */
  readonly maxLength: number | null
  /**
   * The model knows no mask: with `batch: none` every item comes at its own length, 0 included, and is never padded.
   */
  readonly exact?: boolean
  bind(events: Events): BoundFeatures
}

export interface BoundFeatures {
  /** Number of items in these events. */
  readonly items: number
  /** Length of each item, at most `maxLength`; `null` where the builder is not ragged. */
  readonly lengths: Int32Array | null
  /**
   * Writes items `items[from..to)` to slots `slot, slot+1, …` of each tensor, padded to `length` entries.
   * `tensors` come in the order of `FeatureBuilder.tensors`; every element of a slot is written, padding too.
   */
  fill(
    items: Int32Array,
    from: number,
    to: number,
    slot: number,
    length: number,
    tensors: readonly Float32Array[],
  ): void
}

/** Makes a builder from the options a manifest carries. Throws CONFIG_INVALID for unknown options. */
export type FeatureFactory = (options: Readonly<Record<string, unknown>>) => FeatureBuilder
