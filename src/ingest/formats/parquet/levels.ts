import { unreadable } from '../shared/damage.js'

/** Bytes with a place to read at; every read is checked by the callers or gives undefined beyond the end. */
export interface Cursor {
  readonly bytes: Uint8Array
  at: number
}

/** An unsigned LEB128 number of at most 32 bits. */
export function varint(cursor: Cursor, place: string): number {
  let value = 0
  for (let shift = 0; shift < 35; shift += 7) {
    if (cursor.at >= cursor.bytes.length) throw unreadable('a number runs past the end of a page', place)
    const byte = cursor.bytes[cursor.at++]
    value += (byte & 0x7f) * 2 ** shift
    if (byte < 0x80) return value
  }
  throw unreadable('a number of more than 32 bits', place)
}

/**
 * Parquet's run-length and bit-packed hybrid: `count` values of `width` bits (0 to 32), from `cursor` up to `end`.
 * Writes into `out`, which has room for `count`.
 */
export function readHybrid(
  cursor: Cursor,
  end: number,
  width: number,
  count: number,
  out: Uint8Array | Int32Array,
  place: string,
): void {
  if (width > 32) throw unreadable(`values of ${width} bits`, place)
  const { bytes } = cursor
  const runBytes = (width + 7) >> 3
  let done = 0
  while (done < count) {
    if (cursor.at >= end) throw unreadable(`levels or indices end after ${done} of ${count}`, place)
    const header = varint(cursor, place)
    if (header % 2 === 1) {
      const groups = (header - 1) / 2
      const size = groups * width
      const values = Math.min(groups * 8, count - done)
      // Writers may leave the last group short: what is needed must be there.
      if (cursor.at + Math.ceil((values * width) / 8) > end)
        throw unreadable('a bit-packed run is cut', place)
      if (out instanceof Int32Array) unpackIndices(bytes, cursor.at, width, values, out, done)
      else unpack(bytes, cursor.at, width, values, out, done)
      cursor.at = Math.min(cursor.at + size, end)
      done += values
    } else {
      if (cursor.at + runBytes > end) throw unreadable('a run is cut', place)
      let value = 0
      for (let b = 0; b < runBytes; b++) value |= bytes[cursor.at + b] << (8 * b)
      cursor.at += runBytes
      const values = Math.min(header / 2, count - done)
      if (values === 0) throw unreadable('a run of no values', place)
      out.fill(value, done, done + values)
      done += values
    }
  }
}

/** Levels of 1 and 2 bits are most of what lists are made of: a byte of them becomes one or two words by a table. */
const [words1, words2] = [wordTable(1), wordTable(2)]

function wordTable(width: number): Uint32Array {
  const levels = new Uint8Array(256 * (8 / width))
  for (let i = 0; i < levels.length; i++) {
    const [byte, k] = [Math.floor((i * width) / 8), i % (8 / width)]
    levels[i] = (byte >> (k * width)) & (2 ** width - 1)
  }
  return new Uint32Array(levels.buffer)
}

/** Whole bytes of levels of 1 or 2 bits; gives how many levels that were. */
function unpackWords(
  bytes: Uint8Array,
  from: number,
  width: number,
  count: number,
  out: Uint8Array,
  at: number,
): number {
  if (width > 2 || ((out.byteOffset + at) & 3) !== 0) return 0
  const whole = Math.floor((count * width) / 8)
  if (width === 1) {
    const words = new Uint32Array(out.buffer, out.byteOffset + at, whole * 2)
    for (let i = 0; i < whole; i++) {
      const byte = bytes[from + i]
      words[2 * i] = words1[2 * byte]
      words[2 * i + 1] = words1[2 * byte + 1]
    }
  } else {
    const words = new Uint32Array(out.buffer, out.byteOffset + at, whole)
    for (let i = 0; i < whole; i++) words[i] = words2[bytes[from + i]]
  }
  return (whole * 8) / width
}

/** Four bytes hold any value of up to 25 bits, wherever it begins. */
function unpackIndices(
  bytes: Uint8Array,
  from: number,
  width: number,
  count: number,
  out: Int32Array,
  at: number,
): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const safe = width > 25 ? 0 : Math.min(count, Math.floor(((bytes.length - from - 4) * 8) / width))
  const mask = 2 ** width - 1
  for (let i = 0, bit = 0; i < safe; i++, bit += width) {
    out[at + i] = (view.getUint32(from + (bit >> 3), true) >>> (bit & 7)) & mask
  }
  const done = Math.max(safe, 0)
  for (let i = done; i < count; i++) out[at + i] = bitsAt(bytes, from, i * width, width)
}

function bitsAt(bytes: Uint8Array, from: number, bit: number, width: number): number {
  let value = 0
  for (let b = 0; b < width; b++) value |= ((bytes[from + ((bit + b) >> 3)] >> ((bit + b) & 7)) & 1) << b
  return value
}

function unpack(
  bytes: Uint8Array,
  from: number,
  width: number,
  count: number,
  out: Uint8Array,
  at: number,
): void {
  const done = unpackWords(bytes, from, width, count, out, at)
  for (let i = done; i < count; i++) out[at + i] = bitsAt(bytes, from, i * width, width)
}
