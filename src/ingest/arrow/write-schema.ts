import { Builder } from 'flatbuffers'
import type { ArrowSchema, DictionaryEncoding, Field } from './schema-message.js'
import { type ArrowType, type ParameterKind, typeParameters } from './types.js'

const v5 = 4
const schemaHeader = 1

/** A schema as the encapsulated message that begins a stream: marker, length, metadata, 8-byte aligned. */
export function writeSchema(schema: ArrowSchema): Uint8Array {
  const builder = new Builder(1024)
  const root = schemaTable(builder, schema)
  builder.startObject(5)
  builder.addFieldInt16(0, v5, 0)
  builder.addFieldInt8(1, schemaHeader, 0)
  builder.addFieldOffset(2, root, 0)
  builder.addFieldInt64(3, 0n, 0n)
  builder.finish(builder.endObject())
  const metadata = builder.asUint8Array()
  const padded = Math.ceil(metadata.length / 8) * 8
  const out = new Uint8Array(8 + padded)
  const view = new DataView(out.buffer)
  view.setUint32(0, 0xffffffff, true)
  view.setInt32(4, padded, true)
  out.set(metadata, 8)
  return out
}

/** Adds the Schema table; a file's footer holds one as well. */
export function schemaTable(builder: Builder, schema: ArrowSchema): number {
  const fields = offsets(
    builder,
    schema.fields.map((field) => fieldTable(builder, field)),
  )
  const metadata = pairs(builder, schema.metadata)
  builder.startObject(4)
  builder.addFieldOffset(1, fields, 0)
  if (metadata !== 0) builder.addFieldOffset(2, metadata, 0)
  return builder.endObject()
}

function fieldTable(builder: Builder, field: Field): number {
  const name = builder.createString(field.name)
  const children = offsets(
    builder,
    field.children.map((child) => fieldTable(builder, child)),
  )
  const type = typeTable(builder, field.type)
  const dictionary = field.dictionary === null ? 0 : encodingTable(builder, field.dictionary)
  const metadata = pairs(builder, field.metadata)
  builder.startObject(7)
  builder.addFieldOffset(0, name, 0)
  builder.addFieldInt8(1, field.nullable ? 1 : 0, 0)
  builder.addFieldInt8(2, field.type.id, 0)
  builder.addFieldOffset(3, type, 0)
  if (dictionary !== 0) builder.addFieldOffset(4, dictionary, 0)
  builder.addFieldOffset(5, children, 0)
  if (metadata !== 0) builder.addFieldOffset(6, metadata, 0)
  return builder.endObject()
}

function encodingTable(builder: Builder, encoding: DictionaryEncoding): number {
  const index = typeTable(builder, encoding.index)
  builder.startObject(4)
  builder.addFieldInt64(0, encoding.id, 0n)
  builder.addFieldOffset(1, index, 0)
  builder.addFieldInt8(2, encoding.ordered ? 1 : 0, 0)
  return builder.endObject()
}

function typeTable(builder: Builder, type: ArrowType): number {
  const kinds = typeParameters[type.id] ?? []
  const placed = kinds.map(([kind], slot) => place(builder, kind, type.parameters[slot]))
  builder.startObject(kinds.length)
  kinds.forEach(([kind], slot) => {
    const value = placed[slot]
    if (kind === 'i16') builder.addFieldInt16(slot, value, Number.NaN)
    else if (kind === 'i32') builder.addFieldInt32(slot, value, Number.NaN)
    else if (kind === 'bool') builder.addFieldInt8(slot, value, 0)
    else if (value !== 0) builder.addFieldOffset(slot, value, 0)
  })
  return builder.endObject()
}

/** What stands in the slot: the number itself, or the offset of a string or vector written before the table. */
function place(builder: Builder, kind: ParameterKind, value: ArrowType['parameters'][number]): number {
  if (kind === 'string') return value === '' ? 0 : builder.createString(value as string)
  if (kind !== 'i32s') return Number(value)
  const numbers = value as readonly number[]
  if (numbers.length === 0) return 0
  builder.startVector(4, numbers.length, 4)
  for (let i = numbers.length - 1; i >= 0; i--) builder.addInt32(numbers[i])
  return builder.endVector()
}

function pairs(builder: Builder, metadata: ReadonlyMap<string, string>): number {
  if (metadata.size === 0) return 0
  const tables = Array.from(metadata, ([key, value]) => {
    const keyAt = builder.createString(key)
    const valueAt = builder.createString(value)
    builder.startObject(2)
    builder.addFieldOffset(0, keyAt, 0)
    builder.addFieldOffset(1, valueAt, 0)
    return builder.endObject()
  })
  return offsets(builder, tables)
}

function offsets(builder: Builder, tables: readonly number[]): number {
  builder.startVector(4, tables.length, 4)
  for (let i = tables.length - 1; i >= 0; i--) builder.addOffset(tables[i])
  return builder.endVector()
}
