import { unreadable } from '../shared/damage.js'
import { type Cursor, take, varint } from './levels.js'

/** DELTA_BINARY_PACKED: `count` integers, wrapped to 64 bits; blocks of mini-blocks of bit-packed differences. */
export function readDelta(cursor: Cursor, count: number, place: string): BigInt64Array {
  const blockSize = varint(cursor, place)
  const miniBlocks = varint(cursor, place)
  const stored = varint(cursor, place)
  if (stored < count) throw unreadable(`${stored} packed numbers, ${count} needed`, place)
  const perMini = miniBlocks === 0 ? 0 : blockSize / miniBlocks
  if (!Number.isInteger(perMini) || perMini === 0 || perMini % 8 !== 0 || miniBlocks > 65_536)
    throw unreadable(`blocks of ${blockSize} numbers in ${miniBlocks} parts`, place)
  const out = new BigInt64Array(count)
  let value = zigzag64(cursor, place)
  if (count > 0) out[0] = value
  let done = 1
  while (done < count) {
    const least = zigzag64(cursor, place)
    const widths = take(cursor, Math.min(miniBlocks, cursor.end - cursor.at), place)
    for (let mini = 0; mini < miniBlocks && done < count; mini++) {
      const width = widths[mini]
      if (width === undefined || width > 64) throw unreadable('a delta block is cut', place)
      const values = Math.min(perMini, count - done)
      // The last mini-block may be left short.
      const bytes = take(cursor, Math.ceil((values * width) / 8), place)
      for (let i = 0; i < values; i++) {
        value = BigInt.asIntN(64, value + least + bitsAt(bytes, i * width, width))
        out[done++] = value
      }
      cursor.at = Math.min(cursor.at - bytes.length + (perMini / 8) * width, cursor.end)
    }
  }
  return out
}

function bitsAt(bytes: Uint8Array, bit: number, width: number): bigint {
  let value = 0n
  let got = 0
  let at = bit >> 3
  let skip = bit & 7
  while (got < width) {
    const take = Math.min(8 - skip, width - got)
    value |= BigInt((bytes[at] >> skip) & ((1 << take) - 1)) << BigInt(got)
    got += take
    skip = 0
    at++
  }
  return value
}

function zigzag64(cursor: Cursor, place: string): bigint {
  let value = 0n
  for (let shift = 0n; shift < 70n; shift += 7n) {
    if (cursor.at >= cursor.end) throw unreadable('a number runs past the end of a page', place)
    const byte = cursor.scratch.bytes[cursor.at++]
    value |= BigInt(byte & 0x7f) << shift
    if (byte < 0x80) return BigInt.asIntN(64, (value >> 1n) ^ -(value & 1n))
  }
  throw unreadable('a number of more than 64 bits', place)
}
