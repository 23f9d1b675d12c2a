import { BackwardBits, BrokenZstd } from './bits.js'
import { constantTable, type FseTable, fseTable, readFseTable } from './fse.js'
import type { Literals } from './literals.js'

/** Tables of literal lengths, offsets and match lengths. */
export type Tables = readonly [FseTable, FseTable, FseTable]

/** Bits and bases of length codes, and the predefined counts (RFC 8878, 3.1.1.3.2). */
const literalBits = Uint8Array.of(
  ...Array<number>(16).fill(0),
  ...[1, 1, 1, 1, 2, 2, 3, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16],
)
const matchBits = Uint8Array.of(
  ...Array<number>(32).fill(0),
  ...[1, 1, 1, 1, 2, 2, 3, 3, 4, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16],
)
const literalBase = basesOf(literalBits, 0)
const matchBase = basesOf(matchBits, 3)

function basesOf(bits: Uint8Array, first: number): Int32Array {
  const bases = new Int32Array(bits.length)
  let base = first
  for (let i = 0; i < bits.length; i++) {
    bases[i] = base
    base += 1 << bits[i]
  }
  return bases
}

const predefined: Tables = [
  fseTable(
    [
      ...[4, 3, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 3, 2, 1, 1, 1, 1, 1],
      ...[-1, -1, -1, -1],
    ],
    6,
  ),
  fseTable([1, 1, 1, 1, 1, 1, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1], 5),
  fseTable(
    [
      ...[1, 4, 3, 2, 2, 2, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1],
      ...[1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1, -1, -1],
    ],
    6,
  ),
]
const maxLogs = [9, 8, 9]
const maxSymbols = [36, 32, 53]

/** Reads the tables' section: a byte of modes, then what each mode needs. */
export function readTables(bytes: Uint8Array, start: number, end: number, earlier: Tables | null) {
  const modes = bytes[start]
  if ((modes & 3) !== 0) throw new BrokenZstd('reserved bits')
  let after = start + 1
  const tables = [6, 4, 2].map((shift, kind): FseTable => {
    const mode = (modes >> shift) & 3
    if (mode === 0) return predefined[kind]
    if (mode === 1) {
      if (after >= end || bytes[after] >= maxSymbols[kind]) throw new BrokenZstd('an unknown code')
      return constantTable(bytes[after++])
    }
    if (mode === 3) {
      if (earlier === null) throw new BrokenZstd('tables of no earlier block')
      return earlier[kind]
    }
    const read = readFseTable(bytes, after, end, maxLogs[kind], maxSymbols[kind])
    after = read.after
    return read.table
  })
  return { tables: tables as unknown as Tables, after }
}

/** Where output stands, and the three last offsets. */
export interface Progress {
  readonly out: Uint8Array
  at: number
  readonly repeats: [number, number, number]
}

/**
 * Decodes `count` sequences of the bits in `start` to `end` and carries them out, then copies the literals left. Never
 * writes beyond `limit`; every sequence writes at least three bytes, so that bounds the time as well.
 */
export function runSequences(
  tables: Tables,
  bytes: Uint8Array,
  start: number,
  end: number,
  count: number,
  literals: Literals,
  progress: Progress,
  limit: number,
): void {
  const [lengths, offsets, matches] = tables
  const stream = new BackwardBits(bytes, start, end)
  const { out } = progress
  let literal = literals.start
  const literalEnd = literals.start + literals.length
  let at = progress.at
  let lengthState = stream.read(lengths.log)
  let offsetState = stream.read(offsets.log)
  let matchState = stream.read(matches.log)
  for (let i = 0; i < count; i++) {
    const offsetCode = offsets.symbols[offsetState]
    const matchCode = matches.symbols[matchState]
    const lengthCode = lengths.symbols[lengthState]
    if (offsetCode > 28) throw new BrokenZstd('an offset beyond 2^28')
    // At most 24 bits can be read at once.
    const high = offsetCode > 14 ? stream.read(offsetCode - 14) : 0
    const low = stream.read(Math.min(offsetCode, 14))
    const value = (1 << offsetCode) + (offsetCode > 14 ? high * 16384 + low : low)
    const match = matchBase[matchCode] + stream.read(matchBits[matchCode])
    const length = literalBase[lengthCode] + stream.read(literalBits[lengthCode])
    const distance = resolve(progress.repeats, value, length)
    if (
      length > literalEnd - literal ||
      length + match > limit - at ||
      distance > at + length ||
      stream.left < 0
    )
      throw new BrokenZstd('a sequence that goes beyond its bounds')
    copy(literals.bytes, literal, out, at, length)
    literal += length
    at += length
    repeat(out, at, distance, match)
    at += match
    if (i + 1 === count) break
    lengthState = lengths.base[lengthState] + stream.read(lengths.bits[lengthState])
    matchState = matches.base[matchState] + stream.read(matches.bits[matchState])
    offsetState = offsets.base[offsetState] + stream.read(offsets.bits[offsetState])
  }
  if (stream.left !== 0) throw new BrokenZstd('sequences that do not use up their bits')
  if (literalEnd - literal > limit - at) throw new BrokenZstd('more literals than fit')
  copy(literals.bytes, literal, out, at, literalEnd - literal)
  progress.at = at + literalEnd - literal
}

/** The distance that an offset value stands for; values up to 3 name recent ones (RFC 8878, 3.1.1.5). */
function resolve(repeats: [number, number, number], value: number, literals: number): number {
  const which = value > 3 ? 3 : value - 1 + (literals === 0 ? 1 : 0)
  const distance = value > 3 ? value - 3 : which === 3 ? repeats[0] - 1 : repeats[which]
  if (distance === 0) throw new BrokenZstd('a distance of zero')
  if (which > 1) repeats[2] = repeats[1]
  if (which > 0) repeats[1] = repeats[0]
  repeats[0] = distance
  return distance
}

function copy(from: Uint8Array, start: number, to: Uint8Array, at: number, length: number): void {
  if (length > 48) to.set(from.subarray(start, start + length), at)
  else for (let i = 0; i < length; i++) to[at + i] = from[start + i]
}

/** Copies from `distance` before; where that overlaps, what was just written is repeated. */
function repeat(out: Uint8Array, at: number, distance: number, length: number): void {
  if (distance === 1) out.fill(out[at - 1], at, at + length)
  else if (length > 48 && distance >= length) out.copyWithin(at, at - distance, at - distance + length)
  else for (let i = at; i < at + length; i++) out[i] = out[i - distance]
}
