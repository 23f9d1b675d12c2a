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
      if (width === 1) unpackBits(bytes, cursor.at, values, out, done)
      else if (out instanceof Int32Array) unpackIndices(bytes, cursor.at, width, values, out, done)
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

function unpackBits(
  bytes: Uint8Array,
  from: number,
  count: number,
  out: Uint8Array | Int32Array,
  at: number,
): void {
  const whole = count >> 3
  let o = at
  for (let i = from; i < from + whole; i++) {
    const byte = bytes[i]
    out[o] = byte & 1
    out[o + 1] = (byte >> 1) & 1
    out[o + 2] = (byte >> 2) & 1
    out[o + 3] = (byte >> 3) & 1
    out[o + 4] = (byte >> 4) & 1
    out[o + 5] = (byte >> 5) & 1
    out[o + 6] = (byte >> 6) & 1
    out[o + 7] = byte >> 7
    o += 8
  }
  for (let i = 0; i < (count & 7); i++) out[o + i] = (bytes[from + whole] >> i) & 1
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
  out: Uint8Array | Int32Array,
  at: number,
): void {
  if (width === 8) {
    for (let i = 0; i < count; i++) out[at + i] = bytes[from + i]
    return
  }
  // `window` never holds more than 7 + 8 bits: levels have at most 8.
  const mask = 2 ** width - 1
  let [window, held, next] = [0, 0, from]
  for (let i = 0; i < count; i++) {
    if (held < width) {
      window |= bytes[next++] << held
      held += 8
    }
    out[at + i] = window & mask
    window >>>= width
    held -= width
  }
}
