import { type Data as ArrowData, DataType, type Field, type RecordBatch, type Schema } from 'apache-arrow'
import { SpillwayError } from '../../../errors.js'
import type { ColumnType, Values } from '../../columns.js'
import type { Data, LeafData, Shape } from './node.js'

/** The shape of an Arrow field. @throws SpillwayError SCHEMA_MISMATCH for types that have no place in events. */
export function shapeOfField({ name, type, metadata }: Field): Shape {
  if (DataType.isList(type) || DataType.isFixedSizeList(type)) {
    return { kind: 'list', name, item: { ...shapeOfField(type.children[0]), name: 'item' } }
  }
  if (DataType.isStruct(type)) return { kind: 'struct', name, children: type.children.map(shapeOfField) }
  const unit = metadata.get('unit')
  return { kind: 'leaf', name, type: leafType(type, name), ...(unit === undefined ? {} : { unit }) }
}

/** The shapes of the fields that have a place in events; the others are left out. */
export const shapesOf = (schema: Schema): readonly Shape[] =>
  schema.fields.flatMap((field) => {
    try {
      return [shapeOfField(field)]
    } catch (error) {
      if (error instanceof SpillwayError) return []
      throw error
    }
  })

function leafType(type: DataType, name: string): ColumnType {
  if (DataType.isUtf8(type) || DataType.isDictionary(type)) return 'utf8'
  if (DataType.isBool(type)) return 'bool'
  if (DataType.isInt(type)) return `${type.isSigned ? 'int' : 'uint'}${type.bitWidth}` as ColumnType
  if (DataType.isFloat(type) && type.precision === 1) return 'float32'
  if (DataType.isFloat(type) && type.precision === 2) return 'float64'
  throw new SpillwayError('SCHEMA_MISMATCH', `column ${name} has type ${type}`, { place: name })
}

/** The columns of a record batch as typed arrays and offsets from 0 on; values are shared where Arrow allows. */
export function columnsOf(batch: RecordBatch): readonly Data[] {
  return batch.data.children.map((child) => fromArrow(child))
}

function fromArrow(data: ArrowData): Data {
  const { type, length } = data
  if (DataType.isList(type)) {
    const ends = data.valueOffsets as Int32Array
    const [first, last] = [ends[0], ends[length]]
    const offsets = Int32Array.from({ length: length + 1 }, (_, i) => ends[i] - first)
    return { kind: 'list', offsets, item: fromArrow(data.children[0].slice(first, last - first)) }
  }
  if (DataType.isFixedSizeList(type)) {
    const offsets = Int32Array.from({ length: length + 1 }, (_, i) => i * type.listSize)
    // Arrow's slice leaves the children of these lists whole.
    const child = data.children[0]
    const whole =
      child.length === length * type.listSize
        ? child
        : child.slice(data.offset * type.listSize, offsets[length])
    return { kind: 'list', offsets, item: fromArrow(whole) }
  }
  if (DataType.isStruct(type))
    return { kind: 'struct', children: data.children.map((child) => fromArrow(child)) }
  const valid = data.nullCount === 0 ? null : unpackBits(data.nullBitmap, data.offset, length)
  if (DataType.isDictionary(type)) return dictionaryStrings(data, valid)
  if (DataType.isUtf8(type)) return strings(data, valid)
  if (DataType.isBool(type)) {
    return { kind: 'leaf', values: unpackBits(data.values as Uint8Array, data.offset, length), valid }
  }
  return { kind: 'leaf', values: (data.values as Float64Array).subarray(0, length) as Values, valid }
}

function strings(data: ArrowData, valid: Uint8Array | null): LeafData {
  const ends = data.valueOffsets as Int32Array
  const first = ends[0]
  const values = (data.values as Uint8Array).subarray(first, ends[data.length])
  const out = Int32Array.from({ length: data.length + 1 }, (_, i) => ends[i] - first)
  return { kind: 'leaf', values, valid, ends: out }
}

function dictionaryStrings(data: ArrowData, valid: Uint8Array | null): LeafData {
  const codes = data.values as Int32Array
  const words = Array.from(data.dictionary ?? [], (word) => Buffer.from(String(word)))
  const ends = new Int32Array(data.length + 1)
  const parts: Uint8Array[] = []
  for (let i = 0; i < data.length; i++) {
    const word = valid === null || valid[i] === 1 ? words[Number(codes[i])] : undefined
    if (word !== undefined) parts.push(word)
    ends[i + 1] = ends[i] + (word?.length ?? 0)
  }
  return { kind: 'leaf', values: Buffer.concat(parts), valid, ends }
}

function unpackBits(bits: Uint8Array, offset: number, length: number): Uint8Array {
  const out = new Uint8Array(length)
  for (let i = 0, b = offset; i < length; i++, b++) out[i] = (bits[b >> 3] >> (b & 7)) & 1
  return out
}
