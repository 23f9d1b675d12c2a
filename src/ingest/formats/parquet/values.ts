import type { ColumnType, Values } from '../../columns.js'
import { allocate, copyAs, type NumberType, widthOf } from '../../typed-arrays.js'
import { overLimit, unreadable } from '../shared/damage.js'
import { halves } from '../shared/halves.js'
import { limits } from '../shared/limits.js'
import { unsplit } from '../shared/unsplit.js'
import { readDelta } from './delta.js'
import { type Cursor, readHybrid, take } from './levels.js'
import type { LeafPlan } from './schema.js'

/** The values that a page stores (nulls are not stored). Strings keep their bytes. */
export type PageValues = Values | readonly Uint8Array[]

/** Decodes `count` values of a page whose levels are already read. @throws SpillwayError FILE_UNREADABLE. */
export function decodeValues(
  leaf: LeafPlan,
  encoding: string | undefined,
  cursor: Cursor,
  count: number,
  dictionary: PageValues | null,
  place: string,
): PageValues {
  switch (encoding) {
    case 'PLAIN':
      return plain(leaf, cursor, count, place)
    case 'PLAIN_DICTIONARY':
    case 'RLE_DICTIONARY':
      return fromDictionary(leaf, cursor, count, dictionary, place)
    case 'RLE':
      return rleBooleans(cursor, count, place)
    case 'BYTE_STREAM_SPLIT':
      return byteStreamSplit(leaf, cursor, count, place)
    case 'DELTA_BINARY_PACKED':
      return narrow(leaf.type, readDelta(cursor, count, place))
    case 'DELTA_LENGTH_BYTE_ARRAY':
      return strings(cursor, readDelta(cursor, count, place), null, place)
    case 'DELTA_BYTE_ARRAY': {
      const prefixes = readDelta(cursor, count, place)
      return strings(cursor, readDelta(cursor, count, place), prefixes, place)
    }
    default:
      throw unreadable(`column ${leaf.path} has the unknown encoding ${encoding}`, place)
  }
}

/** The stored type: what a PLAIN page holds before it is narrowed to the column's type. */
function storedType(leaf: LeafPlan): 'int32' | 'int64' | 'float32' | 'float64' | null {
  if (leaf.element.type === 'INT32') return 'int32'
  if (leaf.element.type === 'INT64') return 'int64'
  if (leaf.element.type === 'FLOAT') return 'float32'
  return leaf.element.type === 'DOUBLE' ? 'float64' : null
}

function plain(leaf: LeafPlan, cursor: Cursor, count: number, place: string): PageValues {
  const stored = storedType(leaf)
  if (stored !== null)
    return narrow(leaf.type, copyAs(stored, take(cursor, count * widthOf(stored), place), count))
  if (leaf.element.type === 'BOOLEAN') {
    const out = new Uint8Array(count)
    const bits = take(cursor, (count + 7) >> 3, place)
    for (let i = 0; i < count; i++) out[i] = (bits[i >> 3] >> (i & 7)) & 1
    return out
  }
  if (leaf.element.type === 'FIXED_LEN_BYTE_ARRAY') {
    return halves(copyAs('uint16', take(cursor, count * 2, place), count) as Uint16Array)
  }
  return plainStrings(cursor, count, place)
}

function plainStrings(cursor: Cursor, count: number, place: string): Uint8Array[] {
  const out: Uint8Array[] = []
  const bytes = take(cursor, cursor.end - cursor.at, place).slice()
  for (let i = 0, at = 0; i < count; i++) {
    if (at + 4 > bytes.length) throw unreadable('a string runs past the end of a page', place)
    const length = (bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24)) >>> 0
    at += 4
    if (at + length > bytes.length) throw unreadable('a string runs past the end of a page', place)
    out.push(bytes.subarray(at, at + length))
    at += length
  }
  return out
}

function fromDictionary(
  leaf: LeafPlan,
  cursor: Cursor,
  count: number,
  dictionary: PageValues | null,
  place: string,
): PageValues {
  if (dictionary === null) throw unreadable('indices come before their dictionary', place)
  const { scratch } = cursor
  const width = count > 0 ? take(cursor, 1, place)[0] : 0
  if (count > 0 && dictionary.length === 0) throw unreadable('indices into a dictionary of nothing', place)
  if (width === 0) return lookUp(dictionary, new Int32Array(count))
  const at = readHybrid(cursor, width, count, 'integers', place)
  const largest = scratch.largest(at, count) >>> 0
  if (largest >= dictionary.length)
    throw unreadable(`index ${largest} into a dictionary of ${dictionary.length}`, place)
  // A dictionary is brought into the kernel's memory for a page: not worth it for a few values of a large one.
  if (ArrayBuffer.isView(dictionary) && dictionary.BYTES_PER_ELEMENT === 4 && dictionary.length <= count) {
    const { buffer, byteOffset, byteLength } = dictionary
    const from = scratch.put(new Uint8Array(buffer, byteOffset, byteLength))
    const to = scratch.room(4 * count)
    scratch.gather4(at, count, from, to)
    return copyAs(leaf.type as NumberType, scratch.bytes.subarray(to, to + 4 * count), count)
  }
  return lookUp(dictionary, new Int32Array(scratch.bytes.buffer as ArrayBuffer, at, count))
}

function lookUp(dictionary: PageValues, indices: Int32Array): PageValues {
  if (!ArrayBuffer.isView(dictionary)) return Array.from(indices, (index) => dictionary[index])
  const out = new (dictionary.constructor as Float64ArrayConstructor)(indices.length)
  if (dictionary.BYTES_PER_ELEMENT === 4) {
    const source = new Uint32Array(dictionary.buffer as ArrayBuffer, dictionary.byteOffset, dictionary.length)
    gather32(source, indices, new Uint32Array(out.buffer))
    return out
  }
  const source = dictionary as Float64Array
  for (let i = 0; i < indices.length; i++) out[i] = source[indices[i]]
  return out
}

/** By the width of the values where that is usual, so that the loop sees arrays of one kind. */
function gather32(source: Uint32Array, indices: Int32Array, out: Uint32Array): void {
  for (let i = 0; i < indices.length; i++) out[i] = source[indices[i]]
}

function rleBooleans(cursor: Cursor, count: number, place: string): Uint8Array {
  take(cursor, 4, place)
  if (count === 0) return new Uint8Array(0)
  const at = readHybrid(cursor, 1, count, 'bytes', place)
  return copyAs('bool', cursor.scratch.bytes.subarray(at), count) as Uint8Array
}

/** The bytes of each value stand in as many separate streams (Parquet Encodings.md). */
function byteStreamSplit(leaf: LeafPlan, cursor: Cursor, count: number, place: string): PageValues {
  const stored = storedType(leaf)
  const width = stored === null ? 2 : widthOf(stored)
  const bytes = take(cursor, count * width, place)
  const joined = allocate(stored ?? 'uint16', count)
  unsplit(bytes, joined)
  return stored === null ? halves(joined as Uint16Array) : narrow(leaf.type, joined)
}

function strings(
  cursor: Cursor,
  lengths: BigInt64Array,
  prefixes: BigInt64Array | null,
  place: string,
): Uint8Array[] {
  const out: Uint8Array[] = []
  let previous: Uint8Array = new Uint8Array(0)
  let total = 0
  for (let i = 0; i < lengths.length; i++) {
    const suffix = take(cursor, Number(lengths[i]), place).slice()
    const shared = prefixes === null ? 0 : Number(prefixes[i])
    if (shared < 0 || shared > previous.length)
      throw unreadable('a string shares more than its neighbour has', place)
    total += shared
    if (total > limits.pageBytes) throw overLimit('the strings of a page unpack without end', place)
    previous = shared === 0 ? suffix : Buffer.concat([previous.subarray(0, shared), suffix])
    out.push(previous)
  }
  return out
}

/** Integers in the width of the column; floats as they are. */
function narrow(type: ColumnType, values: Values): Values {
  if (values instanceof BigInt64Array) {
    if (type === 'int64') return values
    if (type === 'uint64')
      return new BigUint64Array(values.buffer as ArrayBuffer, values.byteOffset, values.length)
    return narrow(type, Int32Array.from(values, Number))
  }
  if (!(values instanceof Int32Array) || type === 'int32') return values
  if (type === 'uint32')
    return new Uint32Array(values.buffer as ArrayBuffer, values.byteOffset, values.length)
  if (type === 'int8') return new Int8Array(values)
  if (type === 'uint8') return new Uint8Array(values)
  if (type === 'int16') return new Int16Array(values)
  return type === 'uint16' ? new Uint16Array(values) : values
}
