import { SpillwayError } from '../errors.js'

/** Element types of a column. `utf8` columns carry codes into a dictionary; `bool` is one byte a value. */
export type ColumnType =
  | 'float32'
  | 'float64'
  | 'int8'
  | 'int16'
  | 'int32'
  | 'int64'
  | 'uint8'
  | 'uint16'
  | 'uint32'
  | 'uint64'
  | 'bool'
  | 'utf8'

export type Values =
  | Float32Array
  | Float64Array
  | Int8Array
  | Int16Array
  | Int32Array
  | BigInt64Array
  | Uint8Array
  | Uint16Array
  | Uint32Array
  | BigUint64Array

/** One flat column: a value per event (`axis` '') or per item of a list (`axis` 'jets'). */
export interface Column {
  /** The list this column runs along; '' means one value per event. */
  readonly axis: string
  readonly type: ColumnType
  /** Flat values in event order. Floats hold NaN where the source is null. Never written to. */
  readonly values: Values
  /** One byte a value, 0 where the value is null; `null` where every value is there. */
  readonly valid: Uint8Array | null
  /** The strings that a `utf8` column's codes point to. */
  readonly dictionary?: readonly string[]
}

/** What is known of a column before any event is read. */
export interface ColumnSpec {
  /** Dotted path: `weight`, `met.pt`, `jets.pt`. */
  readonly path: string
  readonly axis: string
  readonly type: ColumnType
  /** As the data declare it (Arrow field metadata `unit`), if they do. */
  readonly unit?: string
}

/** Columns and list axes known before any event is read: of a file, a topic, or a step's output. */
export interface EventSchema {
  readonly columns: readonly ColumnSpec[]
  readonly axes: readonly string[]
  /** Free metadata of the stream (generator, selection, labels …). */
  readonly metadata: ReadonlyMap<string, string>
}

/**
 * A batch of events as flat columns: one row is one event from source to sink, lists are offsets.
 * Immutable: `with` gives a new view that shares everything else. Made from an Arrow record batch
 * without copying values where Arrow allows it.
 */
export interface Events {
  readonly rows: number
  readonly schema: EventSchema
  /** @throws SpillwayError SCHEMA_MISMATCH naming the path and the nearest names. */
  column(path: string): Column
  has(path: string): boolean
  /** Offsets of a list axis, `rows + 1` of them, from 0 on. @throws SpillwayError SCHEMA_MISMATCH. */
  offsets(axis: string): Int32Array
  /** The same events with one column more, or one replaced. */
  with(path: string, column: Column): Events
}

/** The float32 values of a column, converted when it holds another number type. */
export function float32(events: Events, path: string): Float32Array {
  const { values, type } = events.column(path)
  if (values instanceof Float32Array) return values
  if (type === 'utf8') {
    throw new SpillwayError('SCHEMA_MISMATCH', `column ${path} holds strings, a number is needed`, {
      place: path,
    })
  }
  if (values instanceof BigInt64Array || values instanceof BigUint64Array)
    return Float32Array.from(values, Number)
  return Float32Array.from(values)
}
