import { BrokenZstd, highBit } from './bits.js'
import { readWeights } from './fse.js'

/** A Huffman table (RFC 8878, 4.2.1): for every `log` bits the symbol they begin with and its bits, as symbol | bits << 8. */
export interface HuffmanTable {
  readonly log: number
  readonly entries: Uint16Array
}

/** Reads a tree description at `start`; gives the table and where the description ends. */
export function readHuffman(bytes: Uint8Array, start: number, end: number) {
  const head = start < end ? bytes[start] : 0
  const direct = head >= 128
  const after = start + 1 + (direct ? (head - 126) >> 1 : head)
  if (after > end) throw new BrokenZstd('a Huffman tree that is cut')
  const weights = direct
    ? Array.from({ length: head - 127 }, (_, i) => (bytes[start + 1 + (i >> 1)] >> (i & 1 ? 0 : 4)) & 15)
    : readWeights(bytes, start + 1, after)
  return { table: huffmanTable(weights), after }
}

function huffmanTable(weights: number[]): HuffmanTable {
  let sum = 0
  for (const weight of weights) {
    if (weight > 11) throw new BrokenZstd('a Huffman code longer than 11 bits')
    sum += weight === 0 ? 0 : 1 << (weight - 1)
  }
  const log = highBit(sum) + 1
  const left = (1 << log) - sum
  if (sum === 0 || log > 11 || (left & (left - 1)) !== 0)
    throw new BrokenZstd('Huffman weights that do not add up')
  // The last symbol's weight is what completes the tree.
  const all = [...weights, highBit(left) + 1]
  const entries = new Uint16Array(1 << log)
  let at = 0
  for (let weight = 1; weight <= log; weight++)
    for (let symbol = 0; symbol < all.length; symbol++) {
      if (all[symbol] !== weight) continue
      const next = at + (1 << (weight - 1))
      entries.fill(symbol | ((log + 1 - weight) << 8), at, next)
      at = next
    }
  return { log, entries }
}

/** Decodes exactly `count` symbols of the stream in bytes `start` to `end`, which it has to use up. */
export function decodeHuffman(
  table: HuffmanTable,
  bytes: Uint8Array,
  start: number,
  end: number,
  out: Uint8Array,
  at: number,
  count: number,
): void {
  const last = end > start ? bytes[end - 1] : 0
  if (last === 0) throw new BrokenZstd('a Huffman stream without its end')
  const { log, entries } = table
  const mask = (1 << log) - 1
  let left = 8 * (end - start - 1) + highBit(last)
  for (let i = at; i < at + count; i++) {
    const bit = left - log
    let code: number
    if (bit >= 0) {
      const byte = start + (bit >> 3)
      code = ((bytes[byte] | (bytes[byte + 1] << 8) | (bytes[byte + 2] << 16)) >> (bit & 7)) & mask
    } else code = ((bytes[start] | (bytes[start + 1] << 8)) << -bit) & mask
    const entry = entries[code]
    out[i] = entry & 255
    left -= entry >> 8
    if (left < 0) throw new BrokenZstd('a Huffman stream that is cut')
  }
  if (left !== 0) throw new BrokenZstd('a Huffman stream with bits left over')
}
