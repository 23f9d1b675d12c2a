import { isUtf8 } from 'node:buffer'
import type { RawBatch } from './batch.js'
import { aligned, offsets32, offsets64 } from './check.js'
import { undecodable } from './limits.js'
import type { PlanNode } from './plan.js'

/** The integer type of dictionary indices by bytes, signed and unsigned. */
const signed = { 1: Int8Array, 2: Int16Array, 4: Int32Array }
const unsigned = { 1: Uint8Array, 2: Uint16Array, 4: Uint32Array }

export type Codes = Int8Array | Int16Array | Int32Array | Uint8Array | Uint16Array | Uint32Array

/** Offsets of a string array, of either width. */
export function stringOffsets(raw: RawBatch, node: PlanNode): ArrayLike<number> {
  return node.layout === 'large bytes' ? offsets64(raw, node) : offsets32(raw, node)
}

/** Checks that every string of a utf8 array is UTF-8 on its own. @throws SpillwayError MESSAGE_UNDECODABLE. */
export function checkStrings(raw: RawBatch, node: PlanNode, what: string): void {
  const offsets = stringOffsets(raw, node)
  const length = offsets.length - 1
  if (length <= 0) return
  const data = raw.bufferStart[raw.firstBuffer[node.index] + 2]
  const whole = isUtf8(raw.bytes.subarray(data + offsets[0], data + offsets[length]))
  for (let i = 0; i < length; i++) {
    // Text that is valid as a whole is valid in parts if no part begins inside a character.
    if (whole && (offsets[i] === offsets[length] || (raw.bytes[data + offsets[i]] & 0xc0) !== 0x80)) continue
    if (isUtf8(raw.bytes.subarray(data + offsets[i], data + offsets[i + 1])) && !whole) continue
    throw undecodable('a string that is not UTF-8', `field ${node.path}, ${what}, row ${i}`)
  }
}

/** The strings of a checked utf8 array; null ones come as they lie there, mostly ''. */
export function readStrings(raw: RawBatch, node: PlanNode): string[] {
  const offsets = stringOffsets(raw, node)
  const data = raw.bufferStart[raw.firstBuffer[node.index] + 2]
  const text = Buffer.from(raw.memory)
  const strings: string[] = []
  for (let i = 0; i + 1 < offsets.length; i++)
    strings.push(
      offsets[i] === offsets[i + 1] ? '' : text.toString('utf8', data + offsets[i], data + offsets[i + 1]),
    )
  return strings
}

/** Dictionary indices; 64-bit ones are narrowed, those that do not fit become -1. */
export function readCodes(raw: RawBatch, node: PlanNode): Codes {
  const buffer = raw.firstBuffer[node.index] + 1
  const length = raw.lengths[node.index]
  const { width } = node
  if (width === 8) {
    const wide = aligned(raw, buffer, 8, (memory, start) => new BigInt64Array(memory, start, length))
    return Int32Array.from(wide, (code) => (code >= 0n && code <= 0x7fffffffn ? Number(code) : -1))
  }
  const index = node.field.dictionary!.index
  const View = (index.parameters[1] === true ? signed : unsigned)[width as 1 | 2 | 4]
  return aligned(raw, buffer, width, (memory, start) => new View(memory, start, length))
}

/** Whether all codes are from 0 to `size` - 1; negative ones count as large. Four at a time, as these loops cost most. */
function allBelow(codes: Codes, size: number): boolean {
  const { length } = codes
  let i = 0
  for (; i + 3 < length; i += 4)
    if (
      codes[i] >>> 0 >= size ||
      codes[i + 1] >>> 0 >= size ||
      codes[i + 2] >>> 0 >= size ||
      codes[i + 3] >>> 0 >= size
    )
      return false
  for (; i < length; i++) if (codes[i] >>> 0 >= size) return false
  return true
}

/** Checks that every index that is not null points into a dictionary of `size`. @throws SpillwayError MESSAGE_UNDECODABLE. */
export function checkCodes(raw: RawBatch, node: PlanNode, size: number, what: string): void {
  const codes = readCodes(raw, node)
  if (allBelow(codes, size)) return
  const nulls = raw.nulls[node.index] > 0
  const bitmap = raw.bufferStart[raw.firstBuffer[node.index]]
  for (let i = 0; i < codes.length; i++) {
    if (codes[i] >= 0 && codes[i] < size) continue
    if (nulls && ((raw.bytes[bitmap + (i >> 3)] >> (i & 7)) & 1) === 0) continue
    throw undecodable(
      `dictionary index ${codes[i]}, the dictionary has ${size} strings`,
      `field ${node.path}, ${what}, row ${i}`,
    )
  }
}
