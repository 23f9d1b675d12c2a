import type { Values } from '../../columns.js'
import { allocate, type NumberType, widthOf } from '../shared/columns.js'
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
function record(bytes: Uint8Array, at: Int32Array, { members, bytesPerEntry }: DatasetInfo): Data {
  const children = members.map((member) => column(bytes, at, member, bytesPerEntry))
  return members[0].name === '' ? children[0] : { kind: 'struct', children }
}

function column(bytes: Uint8Array, at: Int32Array, member: Member, stride: number): LeafData {
  if (member.type === 'utf8') return strings(bytes, at, member)
  const stored: NumberType = member.half ? 'uint16' : member.type
  const width = widthOf(stored)
  const aligned = (bytes.byteOffset + member.offset) % width === 0 && stride % width === 0
  const values =
    aligned && (member.littleEndian || width === 1)
      ? gather(bytes, at, member.offset, stored)
      : gatherBytes(bytes, at, member, stored)
  return { kind: 'leaf', values: member.half ? halves(values as Uint16Array) : values, valid: null }
}

/** By the width of the values alone, so that each loop sees arrays of one kind. */
function gather(bytes: Uint8Array, at: Int32Array, offset: number, stored: NumberType): Values {
  const out = allocate(stored, at.length)
  const width = out.BYTES_PER_ELEMENT
  const start = bytes.byteOffset + offset
  if (width === 1) gather8(bytes.subarray(offset), at, new Uint8Array(out.buffer))
  else if (width === 2) {
    const source = new Uint16Array(bytes.buffer, start, (bytes.length - offset) >> 1)
    gather16(source, at, new Uint16Array(out.buffer))
  } else {
    const source = new Uint32Array(bytes.buffer, start, (bytes.length - offset) >> 2)
    if (width === 4) gather32(source, at, new Uint32Array(out.buffer))
    else gather64(source, at, new Uint32Array(out.buffer))
  }
  return out
}

function gather8(source: Uint8Array, at: Int32Array, out: Uint8Array): void {
  for (let i = 0; i < at.length; i++) out[i] = source[at[i]]
}

function gather16(source: Uint16Array, at: Int32Array, out: Uint16Array): void {
  for (let i = 0; i < at.length; i++) out[i] = source[at[i] >> 1]
}

function gather32(source: Uint32Array, at: Int32Array, out: Uint32Array): void {
  for (let i = 0; i < at.length; i++) out[i] = source[at[i] >> 2]
}

/** Two halves, which keeps the bits of NaN too. */
function gather64(source: Uint32Array, at: Int32Array, out: Uint32Array): void {
  for (let i = 0; i < at.length; i++) {
    const from = at[i] >> 2
    out[2 * i] = source[from]
    out[2 * i + 1] = source[from + 1]
  }
}

/** Values that are not aligned, or big-endian. */
function gatherBytes(bytes: Uint8Array, at: Int32Array, member: Member, stored: NumberType): Values {
  const out = allocate(stored, at.length)
  const target = new Uint8Array(out.buffer)
  const width = out.BYTES_PER_ELEMENT
  for (let i = 0, to = 0; i < at.length; i++, to += width) {
    const from = at[i] + member.offset
    for (let b = 0; b < width; b++) target[to + b] = bytes[from + (member.littleEndian ? b : width - 1 - b)]
  }
  return out
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
