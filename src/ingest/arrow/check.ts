import type { RawBatch } from './batch.js'
import { tooLarge, undecodable } from './limits.js'
import type { PlanNode } from './plan.js'

/**
 * Checks one node of a batch: its length against its parent, its buffers' sizes, its null count, its offsets.
 * `items` bounds the values of a node, so that lists of nothing cannot claim billions of items.
 *
 * @throws SpillwayError MESSAGE_UNDECODABLE, MESSAGE_TOO_LARGE with field and row.
 */
export function checkNode(raw: RawBatch, node: PlanNode, items: number, what: string): void {
  const length = raw.lengths[node.index]
  checkLength(raw, node, length, items, what)
  const first = raw.firstBuffer[node.index]
  switch (node.layout) {
    case 'null':
    case 'opaque':
      return
    case 'bits':
      needBytes(raw, node, first + 1, Math.ceil(length / 8), what)
      break
    case 'fixed':
      needBytes(raw, node, first + 1, length * node.width, what)
      break
    case 'list':
    case 'bytes':
      checkOffsets32(raw, node, length, what)
      break
    case 'large list':
    case 'large bytes':
      checkOffsets64(raw, node, length, what)
      break
  }
  checkNulls(raw, node, length, first, what)
  if (node.makes !== null && node.children.length !== 1)
    throw undecodable(`a list with ${node.children.length} items in its schema`, placeOf(node, what))
}

function checkLength(raw: RawBatch, node: PlanNode, length: number, items: number, what: string): void {
  if (length > items) throw tooLarge(`${length} values, the limit is ${items}`, placeOf(node, what))
  const parent = node.parent === -1 ? null : raw.nodes[node.parent]
  const above = parent === null ? raw.rows : raw.lengths[node.parent]
  if (parent === null ? length !== above : parent.layout === 'struct' && length < above)
    throw undecodable(
      `${length} values where its ${parent ? 'parent' : 'batch'} has ${above}`,
      placeOf(node, what),
    )
  if (parent !== null && parent.layout === 'fixed list' && length < above * parent.width)
    throw undecodable(`${length} items for ${above} lists of ${parent.width}`, placeOf(node, what))
}

function checkNulls(raw: RawBatch, node: PlanNode, length: number, buffer: number, what: string): void {
  const nulls = raw.nulls[node.index]
  if (raw.bufferLength[buffer] === 0) {
    if (nulls > 0) throw undecodable(`${nulls} nulls, but no validity bitmap`, placeOf(node, what))
    return
  }
  needBytes(raw, node, buffer, Math.ceil(length / 8), what)
  const found = length - countBits(raw.bytes, raw.bufferStart[buffer], length)
  if (found !== nulls)
    throw undecodable(`${nulls} nulls declared, ${found} in the validity bitmap`, placeOf(node, what))
}

/** Bits set among the first `length` from byte `start` on, least significant bit first. */
export function countBits(bytes: Uint8Array, start: number, length: number): number {
  let count = 0
  const whole = start + (length >> 3)
  for (let i = start; i < whole; i++) {
    let byte = bytes[i]
    if (byte === 255) count += 8
    else for (; byte !== 0; byte &= byte - 1) count++
  }
  for (let bit = 0; bit < (length & 7); bit++) count += (bytes[whole] >> bit) & 1
  return count
}

function checkOffsets32(raw: RawBatch, node: PlanNode, length: number, what: string): void {
  const buffer = raw.firstBuffer[node.index] + 1
  // An array without values may have no offsets at all.
  if (length === 0 && raw.bufferLength[buffer] < 4) return
  needBytes(raw, node, buffer, 4 * (length + 1), what)
  const offsets = offsets32(raw, node)
  if (!rises(offsets)) blameOffset(offsets, node, what)
  checkLast(raw, node, offsets[length], length, what)
}

/** Whether offsets never fall and none is negative. Four at a time: these loops are most of what decoding costs. */
function rises(offsets: Int32Array): boolean {
  const { length } = offsets
  let before = 0
  let i = 0
  for (; i + 3 < length; i += 4) {
    const a = offsets[i]
    const b = offsets[i + 1]
    const c = offsets[i + 2]
    const d = offsets[i + 3]
    if (a < before || b < a || c < b || d < c) return false
    before = d
  }
  for (; i < length; i++) {
    if (offsets[i] < before) return false
    before = offsets[i]
  }
  return true
}

function checkOffsets64(raw: RawBatch, node: PlanNode, length: number, what: string): void {
  const buffer = raw.firstBuffer[node.index] + 1
  if (length === 0 && raw.bufferLength[buffer] < 8) return
  needBytes(raw, node, buffer, 8 * (length + 1), what)
  const offsets = offsets64(raw, node)
  for (let i = 0; i <= length; i++)
    if (offsets[i] < 0 || offsets[i] > 0x7fffffff || (i > 0 && offsets[i] < offsets[i - 1]))
      blameOffset(offsets, node, what)
  checkLast(raw, node, offsets[length], length, what)
}

function blameOffset(offsets: ArrayLike<number>, node: PlanNode, what: string): never {
  let row = 0
  while (offsets[row] >= 0 && offsets[row] <= 0x7fffffff && offsets[row] <= offsets[row + 1]) row++
  throw undecodable(
    `offsets fall from ${offsets[row]} to ${offsets[row + 1]}, or are negative or beyond 2^31`,
    `${placeOf(node, what)}, row ${row}`,
  )
}

function checkLast(raw: RawBatch, node: PlanNode, last: number, row: number, what: string): void {
  const isList = node.makes !== null
  const limit = isList
    ? (raw.lengths[node.children[0]?.index] ?? 0)
    : raw.bufferLength[raw.firstBuffer[node.index] + 2]
  if (last > limit)
    throw undecodable(
      `offsets end at ${last}, there are ${limit} ${isList ? 'items' : 'bytes'}`,
      `${placeOf(node, what)}, row ${row}`,
    )
}

function needBytes(raw: RawBatch, node: PlanNode, buffer: number, bytes: number, what: string): void {
  if (raw.bufferLength[buffer] < bytes)
    throw undecodable(
      `buffer ${buffer} has ${raw.bufferLength[buffer]} bytes, its ${raw.lengths[node.index]} values need ${bytes}`,
      placeOf(node, what),
    )
}

/** The 32-bit offsets of a list or of strings: one more than values, or none. */
export function offsets32(raw: RawBatch, node: PlanNode): Int32Array {
  const buffer = raw.firstBuffer[node.index] + 1
  const count = raw.bufferLength[buffer] < 4 ? 0 : raw.lengths[node.index] + 1
  return aligned(raw, buffer, 4, (memory, start) => new Int32Array(memory, start, count))
}

/** 64-bit offsets as numbers. */
export function offsets64(raw: RawBatch, node: PlanNode): Float64Array {
  const buffer = raw.firstBuffer[node.index] + 1
  const count = raw.bufferLength[buffer] < 8 ? 0 : raw.lengths[node.index] + 1
  const wide = aligned(raw, buffer, 8, (memory, start) => new BigInt64Array(memory, start, count))
  return Float64Array.from(wide, Number)
}

/** A view of a buffer, of a copy of it where it is not aligned to its values. */
export function aligned<T>(
  raw: RawBatch,
  buffer: number,
  bytes: number,
  view: (memory: ArrayBuffer, start: number) => T,
): T {
  const start = raw.bufferStart[buffer]
  if (start % bytes === 0) return view(raw.memory, start)
  return view(raw.memory.slice(start, start + raw.bufferLength[buffer]), 0)
}

function placeOf(node: PlanNode, what: string): string {
  return `field ${node.path}, ${what}`
}
