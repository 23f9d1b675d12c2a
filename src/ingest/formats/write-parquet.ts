import type { Schema } from 'apache-arrow'
import type { ColumnChunk, Encoding, FileMetaData, ParquetType, RowGroup, SchemaElement } from 'hyparquet'
import { ByteWriter } from 'hyparquet-writer'
import { writeMetadata } from 'hyparquet-writer/src/metadata.js'
import { snappyCompress } from 'hyparquet-writer/src/snappy.js'
import { serializeTCompactProtocol } from 'hyparquet-writer/src/thrift.js'
import type { ColumnType } from '../columns.js'
import { columnsOf, shapeOfField } from './shared/from-arrow.js'
import type { Data, LeafData, Shape } from './shared/node.js'
import { type BatchWriter, createFile } from './write/file.js'
import { levelsOf, packLevels } from './write/levels.js'

const rowsPerGroup = 131_072
const bytesPerGroup = 64 * 1024 * 1024
const magic = new TextEncoder().encode('PAR1')

/**
 * Parquet with snappy: a page of plain values a column and batch, gathered to row groups. Values go from typed arrays
 * to pages; null lists become empty ones.
 *
 * @throws SpillwayError SINK_UNAVAILABLE; SCHEMA_MISMATCH for columns of other kinds than events have.
 */
export async function writeParquet(path: string, schema: Schema): Promise<BatchWriter> {
  const shapes = schema.fields.map(shapeOfField)
  const leaves = shapes.flatMap((shape) => leavesOf(shape, []))
  const out = await createFile(path)
  await out.append(magic)
  const groups: RowGroup[] = []
  let pages: Page[][] = leaves.map(() => [])
  let [rows, bytes, total] = [0, 0, 0]
  const flush = async (): Promise<void> => {
    if (rows === 0) return
    const columns: ColumnChunk[] = []
    for (let i = 0; i < leaves.length; i++) {
      columns.push(chunkOf(leaves[i], pages[i], out.position))
      for (const page of pages[i]) await out.append(page.bytes)
    }
    groups.push({ columns, total_byte_size: BigInt(bytes), num_rows: BigInt(rows) })
    pages = leaves.map(() => [])
    ;[rows, bytes] = [0, 0]
  }
  return {
    async write(batch) {
      const columns = columnsOf(batch)
      const data = columns.flatMap((column) => leafDataOf(column, []))
      for (let i = 0; i < leaves.length; i++) {
        const page = pageOf(leaves[i], data[i].leaf, data[i].lists, batch.numRows)
        pages[i].push(page)
        bytes += page.bytes.length
      }
      rows += batch.numRows
      total += batch.numRows
      if (rows >= rowsPerGroup || bytes >= bytesPerGroup) await flush()
    },
    async close() {
      await flush()
      await out.append(footer(shapes, groups, total, schema.metadata))
      await out.close()
    },
    abort: () => out.abort(),
  }
}

interface Leaf {
  readonly path: readonly string[]
  readonly type: ColumnType
}

function leavesOf(shape: Shape, path: readonly string[]): Leaf[] {
  const here = [...path, shape.name]
  if (shape.kind === 'leaf') return [{ path: here, type: shape.type }]
  if (shape.kind === 'list') return leavesOf({ ...shape.item, name: 'element' }, [...here, 'list'])
  return shape.children.flatMap((child) => leavesOf(child, here))
}

function leafDataOf(
  data: Data,
  lists: readonly Int32Array[],
): { leaf: LeafData; lists: readonly Int32Array[] }[] {
  if (data.kind === 'leaf') return [{ leaf: data, lists }]
  if (data.kind === 'list') return leafDataOf(data.item, [...lists, data.offsets])
  return data.children.flatMap((child) => leafDataOf(child, lists))
}

interface Page {
  readonly bytes: Uint8Array
  readonly unpacked: number
  readonly values: number
}

function pageOf(leaf: Leaf, data: LeafData, lists: readonly Int32Array[], rows: number): Page {
  const { rep, def, maxRep, maxDef } = levelsOf(lists, data.valid, rows)
  const reps = rep === null ? new Uint8Array(0) : packLevels(rep, 32 - Math.clz32(maxRep))
  const defs = packLevels(def, 32 - Math.clz32(maxDef))
  const items = lists.length === 0 ? rows : (lists.at(-1)?.at(-1) ?? 0)
  const plain = plainValues(leaf.type, data, items)
  const packed = plain.length === 0 ? plain : snappyCompress(plain)
  let nulls = 0
  for (let i = 0; i < def.length; i++) nulls += def[i] === maxDef ? 0 : 1
  const head = new ByteWriter()
  serializeTCompactProtocol(head, {
    field_1: 3,
    field_2: reps.length + defs.length + plain.length,
    field_3: reps.length + defs.length + packed.length,
    field_8: {
      field_1: def.length,
      field_2: nulls,
      field_3: rows,
      field_4: 0,
      field_5: defs.length,
      field_6: reps.length,
      field_7: plain.length > 0,
    },
  })
  const bytes = Buffer.concat([head.getBytes(), reps, defs, packed])
  return { bytes, unpacked: head.offset + reps.length + defs.length + plain.length, values: def.length }
}

/** Values as PLAIN stores them: little-endian, small integers as 32 bits, strings with their lengths, no nulls. */
function plainValues(type: ColumnType, { values, valid, ends }: LeafData, items: number): Uint8Array {
  if (ends !== undefined) return plainStrings(values as Uint8Array, ends, valid, items)
  const all = (values as Float64Array).subarray(0, items)
  const there = valid === null ? all : all.filter((_, i) => valid[i] === 1)
  if (type === 'bool') {
    const out = new Uint8Array((there.length + 7) >> 3)
    for (let i = 0; i < there.length; i++) out[i >> 3] |= (there[i] !== 0 ? 1 : 0) << (i & 7)
    return out
  }
  const small = type === 'int8' || type === 'int16' || type === 'uint8' || type === 'uint16'
  const stored: ArrayBufferView = small ? Int32Array.from(there) : there
  return new Uint8Array(stored.buffer, stored.byteOffset, stored.byteLength)
}

function plainStrings(
  bytes: Uint8Array,
  ends: Int32Array,
  valid: Uint8Array | null,
  items: number,
): Uint8Array {
  const out = Buffer.alloc(4 * items + ends[items])
  let at = 0
  for (let i = 0; i < items; i++) {
    if (valid !== null && valid[i] === 0) continue
    at = out.writeUInt32LE(ends[i + 1] - ends[i], at)
    out.set(bytes.subarray(ends[i], ends[i + 1]), at)
    at += ends[i + 1] - ends[i]
  }
  return out.subarray(0, at)
}

function physical(type: ColumnType): ParquetType {
  if (type === 'bool') return 'BOOLEAN'
  if (type === 'utf8') return 'BYTE_ARRAY'
  if (type === 'float32') return 'FLOAT'
  if (type === 'float64') return 'DOUBLE'
  return type === 'int64' || type === 'uint64' ? 'INT64' : 'INT32'
}

function chunkOf({ path, type }: Leaf, pages: readonly Page[], position: number): ColumnChunk {
  const sum = (of: (page: Page) => number): bigint =>
    BigInt(pages.reduce((total, page) => total + of(page), 0))
  const encodings: Encoding[] = ['PLAIN', 'RLE']
  return {
    file_offset: 0n,
    meta_data: {
      type: physical(type),
      encodings,
      path_in_schema: [...path],
      codec: 'SNAPPY',
      num_values: sum((page) => page.values),
      total_uncompressed_size: sum((page) => page.unpacked),
      total_compressed_size: sum((page) => page.bytes.length),
      data_page_offset: BigInt(position),
    },
  }
}

function elementsOf(shape: Shape): SchemaElement[] {
  const { name } = shape
  if (shape.kind === 'leaf') {
    const { type } = shape
    const integer = /^(u?int)(8|16|32|64)$/.exec(type)
    const logical: Partial<SchemaElement> =
      type === 'utf8'
        ? { converted_type: 'UTF8' }
        : integer !== null && type !== 'int32' && type !== 'int64'
          ? { converted_type: `${integer[1].toUpperCase()}_${integer[2]}` as SchemaElement['converted_type'] }
          : {}
    return [{ name, type: physical(type), repetition_type: 'OPTIONAL', ...logical }]
  }
  if (shape.kind === 'struct') {
    const children = shape.children.flatMap(elementsOf)
    return [{ name, repetition_type: 'REQUIRED', num_children: shape.children.length }, ...children]
  }
  return [
    { name, repetition_type: 'REQUIRED', num_children: 1, converted_type: 'LIST' },
    { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
    ...elementsOf({ ...shape.item, name: 'element' }),
  ]
}

function footer(
  shapes: readonly Shape[],
  groups: RowGroup[],
  rows: number,
  metadata: ReadonlyMap<string, string>,
): Uint8Array {
  const schema: SchemaElement[] = [
    { name: 'schema', num_children: shapes.length },
    ...shapes.flatMap(elementsOf),
  ]
  const units = shapes.flatMap((shape) => unitsOf(shape, ''))
  const pairs = [...metadata, ...units].map(([key, value]) => ({ key, value }))
  const file: Omit<FileMetaData, 'metadata_length'> = {
    version: 2,
    created_by: 'spillway',
    schema,
    num_rows: BigInt(rows),
    row_groups: groups,
    key_value_metadata: pairs,
  }
  const writer = new ByteWriter()
  writeMetadata(writer, file as FileMetaData)
  return Buffer.concat([writer.getBytes(), magic])
}

/** Parquet has no place for units at a column: they go to the file's metadata as `unit.<path>`. */
function unitsOf(shape: Shape, prefix: string): [string, string][] {
  const path = prefix === '' ? shape.name : `${prefix}.${shape.name}`
  if (shape.kind === 'leaf') return shape.unit === undefined ? [] : [[`unit.${path}`, shape.unit]]
  if (shape.kind === 'list') return unitsOf({ ...shape.item, name: shape.name }, prefix)
  return shape.children.flatMap((child) => unitsOf(child, path))
}
