import type { ByteSource } from '../shared/bytes.js'
import { asUnreadable, checkCount, unreadable } from '../shared/damage.js'
import { limits } from '../shared/limits.js'
import { type ReadMemory, readPacked } from './memory.js'
import { unzip } from './unzip.js'

/**
 * An unpacked basket: big-endian values, and where entries begin where they differ in size. Both are good until
 * the next basket is read.
 */
export interface Basket {
  readonly data: Uint8Array
  readonly entries: number
  readonly offsets: Int32Array | null
}

/** Reads one basket: a TKey, a short head, then the values and perhaps their offsets (ROOT's TBasket::Streamer). */
export async function readBasket(
  source: ByteSource,
  memory: ReadMemory,
  seek: number,
  size: number,
  branch: string,
): Promise<Basket> {
  const place = `${source.name}, byte ${seek}, branch ${branch}`
  checkCount(size, limits.pageBytes, 'basket bytes', place)
  const bytes = await readPacked(source, memory, seek, size)
  try {
    return await parseBasket(bytes, memory, place)
  } catch (error) {
    throw asUnreadable(error, place)
  }
}

async function parseBasket(bytes: Uint8Array, memory: ReadMemory, place: string): Promise<Basket> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const keyVersion = view.getUint16(4)
  const length = checkCount(view.getInt32(6), limits.pageBytes, 'unpacked basket bytes', place)
  const keyBytes = view.getUint16(14)
  let at = 18 + (keyVersion > 1000 ? 16 : 8)
  for (let i = 0; i < 3; i++) at = afterString(view, at)
  // Version, then the buffer's size; a negative size of the offsets brings one more byte.
  const offsetsSize = view.getInt32(at + 6)
  at += offsetsSize < 0 ? 11 : 10
  const entries = checkCount(view.getInt32(at), limits.batchValues, 'basket entries', place)
  const last = view.getInt32(at + 4)
  if (keyBytes > bytes.length) throw unreadable('the head is longer than the basket', place)
  const content = await unzip(memory.scratch, bytes.subarray(keyBytes), length, place)
  const border = checkCount(last - keyBytes, content.length, 'bytes of values', place)
  const data = content.subarray(0, border)
  if (border === content.length) return { data, entries, offsets: null }
  return { data, entries, offsets: entryOffsets(content, border, entries, keyBytes, memory, place) }
}

function afterString(view: DataView, at: number): number {
  const short = view.getUint8(at)
  return short === 255 ? at + 5 + view.getUint32(at + 1) : at + 1 + short
}

/** A count, then positions that include the key; the last one is not filled in and is the end of the values. */
function entryOffsets(
  content: Uint8Array,
  border: number,
  entries: number,
  keyBytes: number,
  memory: ReadMemory,
  place: string,
): Int32Array {
  const view = new DataView(content.buffer, content.byteOffset + border, content.length - border)
  if (view.byteLength < 4 + 4 * entries) throw unreadable('the entry offsets are cut', place)
  if (memory.starts.length <= entries) memory.starts = new Int32Array(entries + 1)
  const offsets = memory.starts.subarray(0, entries + 1)
  let previous = 0
  for (let i = 0; i < entries; i++) {
    offsets[i] = view.getInt32(4 + 4 * i) - keyBytes
    if (offsets[i] < previous || offsets[i] > border)
      throw unreadable(`entry ${i} begins at byte ${offsets[i]}`, place)
    previous = offsets[i]
  }
  offsets[entries] = border
  return offsets
}
