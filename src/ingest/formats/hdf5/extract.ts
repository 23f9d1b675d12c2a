import type { Values } from '../../columns.js'
import { allocate, type NumberType } from '../../typed-arrays.js'
import { halves } from '../shared/halves.js'
import type { Data, LeafData } from '../shared/node.js'
import type { DatasetInfo, Member } from './description.js'

/**
 * Columns out of `rows` rows of raw records. Entries of a padded list that are not valid are left out, so that what
 * follows sees real lengths.
 */
export function extract(bytes: Uint8Array, dataset: DatasetInfo, rows: number): Data {
  const { width, bytesPerEntry } = dataset
  if (width === null) {
    const at = new Int32Array(rows)
    for (let i = 0; i < rows; i++) at[i] = i * bytesPerEntry
    return record(bytes, at, dataset)
  }
  const { at, offsets } = entriesThere(bytes, dataset, rows, width)
  return { kind: 'list', offsets, item: record(bytes, at, dataset) }
}

/** Byte positions of the entries that are there, and the list offsets. */
function entriesThere(
  bytes: Uint8Array,
  { valid, bytesPerEntry }: DatasetInfo,
  rows: number,
  width: number,
): { at: Int32Array; offsets: Int32Array } {
  const at = new Int32Array(rows * width)
  const offsets = new Int32Array(rows + 1)
  let count = 0
  for (let row = 0, entry = 0; row < rows; row++) {
    for (let i = 0; i < width; i++, entry += bytesPerEntry) {
      at[count] = entry
      count += valid === null || bytes[entry + valid.offset] !== 0 ? 1 : 0
    }
    offsets[row + 1] = count
  }
  return { at: at.subarray(0, count), offsets }
}

/** A dataset of plain numbers has one member without a name and no record around it. */
function record(bytes: Uint8Array, at: Int32Array, { members }: DatasetInfo): Data {
  const children = members.map((member) => column(bytes, at, member))
  return members[0].name === '' ? children[0] : { kind: 'struct', children }
}

function column(bytes: Uint8Array, at: Int32Array, member: Member): LeafData {
  if (member.type === 'utf8') return strings(bytes, at, member)
  const stored: NumberType = member.half ? 'uint16' : member.type
  const values = allocate(stored, at.length)
  gather(bytes, at, member, values)
  return { kind: 'leaf', values: member.half ? halves(values as Uint16Array) : values, valid: null }
}

/** Records are packed, so their values stand at any byte; they are moved as bits, which keeps those of NaN too. */
function gather(bytes: Uint8Array, at: Int32Array, { offset, littleEndian }: Member, values: Values): void {
  const { buffer, BYTES_PER_ELEMENT: width } = values
  const view = new DataView(bytes.buffer, bytes.byteOffset + offset, bytes.length - offset)
  if (width === 1) gather8(view, at, new Uint8Array(buffer))
  else if (width === 2) gather16(view, at, littleEndian, new Uint16Array(buffer))
  else if (width === 4) gather32(view, at, littleEndian, new Uint32Array(buffer))
  else gather64(view, at, littleEndian, new Uint32Array(buffer))
}

function gather8(view: DataView, at: Int32Array, out: Uint8Array): void {
  for (let i = 0; i < at.length; i++) out[i] = view.getUint8(at[i])
}

function gather16(view: DataView, at: Int32Array, littleEndian: boolean, out: Uint16Array): void {
  for (let i = 0; i < at.length; i++) out[i] = view.getUint16(at[i], littleEndian)
}

function gather32(view: DataView, at: Int32Array, littleEndian: boolean, out: Uint32Array): void {
  for (let i = 0; i < at.length; i++) out[i] = view.getUint32(at[i], littleEndian)
}

function gather64(view: DataView, at: Int32Array, littleEndian: boolean, out: Uint32Array): void {
  const [low, high] = littleEndian ? [0, 4] : [4, 0]
  for (let i = 0; i < at.length; i++) {
    out[2 * i] = view.getUint32(at[i] + low, littleEndian)
    out[2 * i + 1] = view.getUint32(at[i] + high, littleEndian)
  }
}

/** Fixed-length strings up to their first zero byte. */
function strings(bytes: Uint8Array, at: Int32Array, { offset, size }: Member): LeafData {
  const ends = new Int32Array(at.length + 1)
  const values = new Uint8Array(at.length * size)
  let end = 0
  for (let i = 0; i < at.length; i++) {
    for (let b = 0, from = at[i] + offset; b < size && bytes[from + b] !== 0; b++)
      values[end++] = bytes[from + b]
    ends[i + 1] = end
  }
  return { kind: 'leaf', values: values.slice(0, end), valid: null, ends }
}
