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
  if (width <= 24) {
    // `window` never holds more than 7 + 24 bits, so 32-bit shifts are exact.
    const mask = (1 << width) - 1
    let window = 0
    let held = 0
    let next = from
    for (let i = 0; i < count; i++) {
      while (held < width) {
        window |= bytes[next++] << held
        held += 8
      }
      out[at + i] = window & mask
      window >>>= width
      held -= width
    }
    return
  }
  for (let i = 0; i < count; i++) {
    let value = 0
    for (let b = 0, bit = i * width; b < width; b++, bit++) {
      value |= ((bytes[from + (bit >> 3)] >> (bit & 7)) & 1) << b
    }
    out[at + i] = value
  }
}
