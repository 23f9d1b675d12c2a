import { BrokenZstd, slack } from './bits.js'
import type { HuffmanTable } from './huffman.js'
import { readLiterals } from './literals.js'
import { type Progress, readTables, runSequences, type Tables } from './sequences.js'

const magic = 0xfd2fb528
const maxBlock = 128 << 10

/**
 * Inflates the one Zstandard frame (RFC 8878) that `packed` has to be into `out`, which it has to fill exactly.
 *
 * Written anew because those at hand trust their input: one 20-byte block can keep them busy for seconds. Here time is
 * bounded by the bytes in and out, and nothing is written beyond `out`. Dictionaries and skippable frames are refused;
 * a checksum is skipped.
 *
 * @throws BrokenZstd saying what is wrong.
 */
export function inflateZstd(packed: Uint8Array, out: Uint8Array): void {
  const end = packed.length
  const bytes = new Uint8Array(end + slack)
  bytes.set(packed)
  const { start, checksum } = readHeader(bytes, end, out.length)
  const progress: Progress = { out, at: 0, repeats: [1, 4, 8] }
  const scratch = new Uint8Array(Math.min(maxBlock, out.length))
  let huffman: HuffmanTable | null = null
  let tables: Tables | null = null
  let at = start
  // Blocks of next to nothing could make tables the whole work.
  let blocks = 2 + out.length / 256
  for (let last = false; !last; ) {
    if (at + 3 > end || --blocks < 0)
      throw new BrokenZstd(at + 3 > end ? 'a frame that is cut' : 'too many blocks')
    const head = bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16)
    last = (head & 1) === 1
    const type = (head >> 1) & 3
    const size = head >> 3
    const begin = at + 3
    at = begin + (type === 1 ? 1 : size)
    const limit = Math.min(out.length, progress.at + maxBlock)
    if (size > maxBlock || at > end || type === 3) throw new BrokenZstd('a block that goes beyond its bounds')
    if (type < 2) {
      if (size > limit - progress.at) throw new BrokenZstd('a block that does not fit')
      if (type === 0) out.set(bytes.subarray(begin, at), progress.at)
      else out.fill(bytes[begin], progress.at, progress.at + size)
      progress.at += size
      continue
    }
    if (size < 2) throw new BrokenZstd('a block of nothing')
    const literals = readLiterals(bytes, begin, at, limit - progress.at, huffman, scratch)
    huffman = literals.table
    const before = progress.at
    const first = literals.after
    const sequences = countSequences(bytes, first, at)
    if (sequences.count === 0) {
      out.set(literals.bytes.subarray(literals.start, literals.start + literals.length), progress.at)
      progress.at += literals.length
      if (sequences.after !== at) throw new BrokenZstd('bytes after the literals')
    } else {
      const read = readTables(bytes, sequences.after, at, tables)
      tables = read.tables
      runSequences(tables, bytes, read.after, at, sequences.count, literals, progress, limit)
    }
    if (progress.at === before) throw new BrokenZstd('a block of nothing')
  }
  if (progress.at !== out.length)
    throw new BrokenZstd(`it inflates to ${progress.at} bytes, not ${out.length}`)
  if (at + checksum !== end) throw new BrokenZstd(`${end - at - checksum} bytes after the frame`)
}

function readHeader(bytes: Uint8Array, end: number, expected: number) {
  const view = new DataView(bytes.buffer)
  if (end < 6 || view.getUint32(0, true) !== magic) throw new BrokenZstd('no frame header')
  const flags = bytes[4]
  const single = (flags & 0x20) !== 0
  if ((flags & 8) !== 0 || (flags & 3) !== 0)
    throw new BrokenZstd('it needs a dictionary, or uses reserved bits')
  const sizeBytes = [single ? 1 : 0, 2, 4, 8][flags >> 6]
  const at = 5 + (single ? 0 : 1)
  if (at + sizeBytes > end) throw new BrokenZstd('a header that is cut')
  const size =
    sizeBytes === 1
      ? bytes[at]
      : sizeBytes === 2
        ? view.getUint16(at, true) + 256
        : sizeBytes === 4
          ? view.getUint32(at, true)
          : sizeBytes === 8
            ? Number(view.getBigUint64(at, true))
            : expected
  if (size !== expected) throw new BrokenZstd(`a frame of ${size} bytes, not ${expected}`)
  return { start: at + sizeBytes, checksum: (flags & 4) !== 0 ? 4 : 0 }
}

function countSequences(bytes: Uint8Array, at: number, end: number) {
  const head = at < end ? bytes[at] : 255
  const header = head < 128 ? 1 : head < 255 ? 2 : 3
  if (at + header > end) throw new BrokenZstd('a block without sequences')
  if (head < 128) return { count: head, after: at + 1 }
  if (head < 255) return { count: ((head - 128) << 8) | bytes[at + 1], after: at + 2 }
  return { count: (bytes[at + 1] | (bytes[at + 2] << 8)) + 0x7f00, after: at + 3 }
}
