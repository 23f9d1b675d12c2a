import type { Scratch } from '../kernel/scratch.js'
import { unreadable } from '../shared/damage.js'

/** A place to read at in a page that lies unpacked in the scratch memory, up to `end`. */
export interface Cursor {
  readonly scratch: Scratch
  readonly end: number
  at: number
}

/** The next `length` bytes: a view that is good until the scratch memory is used again. */
export function take(cursor: Cursor, length: number, place: string): Uint8Array {
  if (!(length >= 0 && cursor.at + length <= cursor.end))
    throw unreadable(`a page ends ${cursor.at + length - cursor.end} bytes early`, place)
  const bytes = cursor.scratch.bytes.subarray(cursor.at, cursor.at + length)
  cursor.at += length
  return bytes
}

/** An unsigned LEB128 number of at most 32 bits. */
export function varint(cursor: Cursor, place: string): number {
  let value = 0
  for (let shift = 0; shift < 35; shift += 7) {
    if (cursor.at >= cursor.end) throw unreadable('a number runs past the end of a page', place)
    const byte = cursor.scratch.bytes[cursor.at++]
    value += (byte & 0x7f) * 2 ** shift
    if (byte < 0x80) return value
  }
  throw unreadable('a number of more than 32 bits', place)
}

/**
 * Parquet's run-length and bit-packed hybrid from the cursor to its end: `count` values of `width` bits (1 to 32) as
 * a new region of bytes or of 32-bit integers, whose address it gives.
 */
export function readHybrid(
  { scratch, at, end }: Cursor,
  width: number,
  count: number,
  as: 'bytes' | 'integers',
  place: string,
): number {
  if (width > 32) throw unreadable(`values of ${width} bits`, place)
  const wide = as === 'integers'
  const out = scratch.room(wide ? count * 4 : count)
  if (scratch.hybrid(at, end, width, count, out, wide ? 1 : 0) < 0)
    throw unreadable(`levels or indices end before ${count} of them`, place)
  return out
}

/** Levels of a page as bytes in the scratch memory; `def` is `null` where every entry has its value. */
export interface RawLevels {
  readonly entries: number
  /** Values that the page stores. */
  readonly stored: number
  readonly rep: number | null
  readonly def: number | null
}

/** The address of `entries` levels of at most `max`, which fill the bytes from the cursor to its end. */
export function readLevels(cursor: Cursor, max: number, entries: number, place: string): number {
  const at = readHybrid(cursor, 32 - Math.clz32(max), entries, 'bytes', place)
  if (cursor.scratch.count(at, entries, max + 1) > 0) throw unreadable(`levels above ${max}`, place)
  return at
}
