import { BrokenZstd } from './bits.js'
import { decodeHuffman, type HuffmanTable, readHuffman } from './huffman.js'

export interface Literals {
  readonly bytes: Uint8Array
  readonly start: number
  readonly length: number
  /** Where the section ends. */
  readonly after: number
  /** The table in force for the next block. */
  readonly table: HuffmanTable | null
}

/**
 * Reads the literals section of a block (RFC 8878, 3.1.1.3.1). At most `room` literals may come; `scratch` takes those
 * that do not lie in `bytes` as they are.
 */
export function readLiterals(
  bytes: Uint8Array,
  start: number,
  end: number,
  room: number,
  earlier: HuffmanTable | null,
  scratch: Uint8Array,
): Literals {
  const head = bytes[start]
  const type = head & 3
  const form = (head >> 2) & 3
  const word =
    (bytes[start] | (bytes[start + 1] << 8) | (bytes[start + 2] << 16) | (bytes[start + 3] << 24)) >>> 0
  if (type < 2) {
    const header = form === 1 ? 2 : form === 3 ? 3 : 1
    const length = form === 1 ? (word >> 4) & 0xfff : form === 3 ? (word >> 4) & 0xfffff : head >> 3
    const at = start + header
    const after = at + (type === 0 ? length : 1)
    if (length > room || after > end) throw new BrokenZstd('more literals than fit')
    if (type === 0) return { bytes, start: at, length, after, table: earlier }
    scratch.fill(bytes[at], 0, length)
    return { bytes: scratch, start: 0, length, after, table: earlier }
  }
  const width = form < 2 ? 10 : form === 2 ? 14 : 18
  const header = form < 2 ? 3 : form === 2 ? 4 : 5
  const mask = (1 << width) - 1
  const length = (word >>> 4) & mask
  const packed = Math.floor((word + bytes[start + 4] * 0x1_0000_0000) / 2 ** (4 + width)) & mask
  const after = start + header + packed
  if (length > room || after > end || length === 0) throw new BrokenZstd('more literals than fit')
  let at = start + header
  let table = earlier
  if (type === 2) {
    const tree = readHuffman(bytes, at, after)
    at = tree.after
    table = tree.table
  }
  if (table === null) throw new BrokenZstd('literals without a Huffman tree')
  if (form === 0) decodeHuffman(table, bytes, at, after, scratch, 0, length)
  else decodeFour(table, bytes, at, after, scratch, length)
  return { bytes: scratch, start: 0, length, after, table }
}

/** Four streams behind a table of the sizes of the first three. */
function decodeFour(
  table: HuffmanTable,
  bytes: Uint8Array,
  start: number,
  end: number,
  out: Uint8Array,
  length: number,
): void {
  const quarter = (length + 3) >> 2
  let at = start + 6
  for (let stream = 0; stream < 4; stream++) {
    const size = bytes[start + 2 * stream] | (bytes[start + 2 * stream + 1] << 8)
    const stop = stream === 3 ? end : at + size
    const count = stream === 3 ? length - 3 * quarter : quarter
    if (stop > end || count < 0) throw new BrokenZstd('Huffman streams that are cut')
    decodeHuffman(table, bytes, at, stop, out, stream * quarter, count)
    at = stop
  }
}
