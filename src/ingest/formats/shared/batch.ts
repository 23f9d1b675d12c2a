import {
  type Data as ArrowData,
  Bool,
  type DataType,
  Field,
  Float32,
  Float64,
  Int8,
  Int16,
  Int32,
  Int64,
  List,
  makeData,
  RecordBatch,
  Schema,
  Struct,
  Uint8,
  Uint16,
  Uint32,
  Uint64,
  Utf8,
} from 'apache-arrow'
import type { ColumnType } from '../../columns.js'
import type { Data, LeafData, Shape } from './node.js'

const leafType: Readonly<Record<ColumnType, () => DataType>> = {
  float32: () => new Float32(),
  float64: () => new Float64(),
  int8: () => new Int8(),
  int16: () => new Int16(),
  int32: () => new Int32(),
  int64: () => new Int64(),
  uint8: () => new Uint8(),
  uint16: () => new Uint16(),
  uint32: () => new Uint32(),
  uint64: () => new Uint64(),
  bool: () => new Bool(),
  utf8: () => new Utf8(),
}

/** The Arrow schema of a file's columns; `metadata` describes the stream. */
export function arrowSchema(shapes: readonly Shape[], metadata: ReadonlyMap<string, string>): Schema {
  return new Schema(shapes.map(arrowField), new Map(metadata))
}

function arrowField(shape: Shape): Field {
  if (shape.kind === 'list') return new Field(shape.name, new List(arrowField(shape.item)), true)
  if (shape.kind === 'struct') return new Field(shape.name, new Struct(shape.children.map(arrowField)), true)
  const metadata = shape.unit === undefined ? undefined : new Map([['unit', shape.unit]])
  return new Field(shape.name, leafType[shape.type](), true, metadata)
}

/** One record batch over the given columns, which keep their typed arrays: nothing is copied but bits of booleans. */
export function recordBatch(schema: Schema, columns: readonly Data[], rows: number): RecordBatch {
  const children = schema.fields.map((field, i) => arrowData(field.type, columns[i], rows))
  const type = new Struct(schema.fields)
  return new RecordBatch(schema, makeData({ type, length: rows, nullCount: 0, children }))
}

function arrowData(type: DataType, data: Data, length: number): ArrowData {
  if (data.kind === 'list') {
    const child = arrowData((type as List).children[0].type, data.item, data.offsets[length])
    return makeData({ type: type as List, length, nullCount: 0, valueOffsets: data.offsets, child })
  }
  if (data.kind === 'struct') {
    const children = data.children.map((child, i) =>
      arrowData((type as Struct).children[i].type, child, length),
    )
    return makeData({ type: type as Struct, length, nullCount: 0, children })
  }
  return leafData(type, data, length)
}

function leafData(type: DataType, { values, valid, ends }: LeafData, length: number): ArrowData {
  const nulls =
    valid === null
      ? { nullCount: 0 }
      : { nullCount: zeros(valid, length), nullBitmap: packBits(valid, length) }
  if (type instanceof Utf8) {
    return makeData({
      type,
      length,
      ...nulls,
      valueOffsets: ends ?? new Int32Array(1),
      data: values as Uint8Array,
    })
  }
  if (type instanceof Bool)
    return makeData({ type, length, ...nulls, data: packBits(values as Uint8Array, length) })
  return makeData({ type: type as Float32, length, ...nulls, data: values as Float32Array })
}

function zeros(bytes: Uint8Array, length: number): number {
  let count = 0
  for (let i = 0; i < length; i++) if (bytes[i] === 0) count++
  return count
}

/** One bit a value, least significant first, as Arrow keeps booleans and validity. */
export function packBits(bytes: Uint8Array, length: number): Uint8Array {
  const bits = new Uint8Array(((length + 63) >> 6) << 3)
  for (let i = 0; i < length; i++) if (bytes[i] !== 0) bits[i >> 3] |= 1 << (i & 7)
  return bits
}
