import { BackwardBits, BrokenZstd, highBit } from './bits.js'

/** A finite state entropy table (RFC 8878, 4.1.1): for each state its symbol, bits to read and base of the next one. */
export interface FseTable {
  readonly log: number
  readonly symbols: Uint8Array
  readonly bits: Uint8Array
  readonly base: Uint16Array
}

/** Builds the table of normalised counts; -1 stands for "less than one". */
export function fseTable(counts: ArrayLike<number>, log: number): FseTable {
  const size = 1 << log
  const symbols = new Uint8Array(size)
  const bits = new Uint8Array(size)
  const base = new Uint16Array(size)
  const next = new Uint16Array(counts.length)
  let high = size - 1
  for (let symbol = 0; symbol < counts.length; symbol++) {
    next[symbol] = Math.abs(counts[symbol])
    if (counts[symbol] === -1) symbols[high--] = symbol
  }
  const step = (size >> 1) + (size >> 3) + 3
  let at = 0
  for (let symbol = 0; symbol < counts.length; symbol++)
    for (let i = 0; i < counts[symbol]; i++) {
      symbols[at] = symbol
      do at = (at + step) & (size - 1)
      while (at > high)
    }
  for (let state = 0; state < size; state++) {
    const count = next[symbols[state]]++
    bits[state] = log - highBit(count)
    base[state] = (count << bits[state]) - size
  }
  return { log, symbols, bits, base }
}

/** The table of one symbol that costs no bits. */
export function constantTable(symbol: number): FseTable {
  return { log: 0, symbols: Uint8Array.of(symbol), bits: new Uint8Array(1), base: new Uint16Array(1) }
}

/** Reads a table description at `start`; gives the table and where the description ends. */
export function readFseTable(
  bytes: Uint8Array,
  start: number,
  end: number,
  maxLog: number,
  maxSymbols: number,
) {
  let bit = start * 8
  const read = (count: number) => {
    const at = bit >> 3
    if (at >= end) throw new BrokenZstd('a table description that is cut')
    const word = bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16)
    const value = (word >> (bit & 7)) & ((1 << count) - 1)
    bit += count
    return value
  }
  const log = 5 + read(4)
  if (log > maxLog) throw new BrokenZstd(`a table of 2^${log} states`)
  const counts: number[] = []
  let left = 1 << log
  while (left > 0) {
    if (counts.length >= maxSymbols) throw new BrokenZstd('a table of too many symbols')
    const wide = highBit(left + 1) + 1
    const low = (1 << (wide - 1)) - 1
    const threshold = (1 << wide) - 2 - left
    let value = read(wide)
    // Small values save one bit.
    if ((value & low) < threshold) {
      bit--
      value &= low
    } else if (value > low) value -= threshold
    const count = value - 1
    left -= Math.abs(count)
    counts.push(count)
    if (count !== 0) continue
    for (let zeros = 3; zeros === 3; ) {
      zeros = read(2)
      for (let i = 0; i < zeros; i++) counts.push(0)
    }
  }
  const after = (bit + 7) >> 3
  if (left < 0 || counts.length > maxSymbols || after > end)
    throw new BrokenZstd('a table that does not add up')
  return { table: fseTable(counts, log), after }
}

/** Decodes the weights of a Huffman tree: two states take turns until the bits are used up (RFC 8878, 4.2.1.2). */
export function readWeights(bytes: Uint8Array, start: number, end: number): number[] {
  const { table, after } = readFseTable(bytes, start, end, 6, 13)
  const stream = new BackwardBits(bytes, after, end)
  const weights: number[] = []
  const states = [stream.read(table.log), stream.read(table.log)]
  if (stream.left < 0) throw new BrokenZstd('weights that are cut')
  for (let turn = 0; ; turn ^= 1) {
    const state = states[turn]
    weights.push(table.symbols[state])
    // A table that never reads bits would go on for ever: 255 weights are the most there can be.
    if (weights.length > 254) throw new BrokenZstd('too many weights')
    states[turn] = table.base[state] + stream.read(table.bits[state])
    if (stream.left >= 0) continue
    weights.push(table.symbols[states[turn ^ 1]])
    return weights
  }
}
