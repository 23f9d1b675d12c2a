import type { ColumnChunk, CompressionCodec } from 'hyparquet'
import { parquetHeader } from 'hyparquet/src/column.js'
import type { ByteSource } from '../shared/bytes.js'
import { asUnreadable, checkCount, overLimit, unreadable } from '../shared/damage.js'
import {
  type Inflate,
  inflateBrotli,
  inflateGzip,
  inflateLz4,
  inflateSnappy,
  inflateZstd,
} from '../shared/inflate.js'
import { limits } from '../shared/limits.js'
import { countMax } from './count.js'
import { type Cursor, readHybrid } from './levels.js'
import type { LeafPlan } from './schema.js'
import { decodeValues, type PageValues } from './values.js'

/** One decoded data page: levels are `null` where the column has none. */
export interface Page {
  readonly entries: number
  readonly def: Uint8Array | null
  readonly rep: Uint8Array | null
  readonly values: PageValues
}

const inflaters: Partial<Readonly<Record<CompressionCodec, Inflate>>> = {
  SNAPPY: inflateSnappy,
  GZIP: inflateGzip,
  BROTLI: inflateBrotli,
  ZSTD: inflateZstd,
  LZ4_RAW: inflateLz4,
}

/** The data pages of one column chunk, one at a time; `window` bytes are read from the file at once. */
export async function* readPages(
  source: ByteSource,
  leaf: LeafPlan,
  chunk: ColumnChunk,
  window: number,
): AsyncGenerator<Page> {
  const meta = chunk.meta_data
  if (meta === undefined) throw unreadable(`column ${leaf.path} has no metadata`, source.name)
  const start = Number(meta.dictionary_page_offset || meta.data_page_offset)
  const end = start + Number(meta.total_compressed_size)
  const total = checkCount(
    Number(meta.num_values),
    Number.MAX_SAFE_INTEGER,
    `values of ${leaf.path}`,
    source.name,
  )
  let dictionary: PageValues | null = null
  let bytes: Uint8Array = new Uint8Array(0)
  let [from, at] = [start, start]
  let seen = 0
  while (seen < total && at < end) {
    const place = `${source.name}, byte ${at}, column ${leaf.path}`
    const ensure = async (length: number): Promise<Uint8Array> => {
      if (at + length > from + bytes.length) {
        from = at
        bytes = await source.read(at, Math.min(Math.max(length, window), end - at))
      }
      return bytes.subarray(at - from)
    }
    const head = await ensure(Math.min(window, 65_536, end - at))
    const { header, size } = pageHeader(head, place)
    at += size
    const packed = checkCount(header.compressed_page_size, limits.pageBytes, 'packed page bytes', place)
    const length = checkCount(header.uncompressed_page_size, limits.pageBytes, 'page bytes', place)
    if (at + packed > end) throw unreadable('a page is longer than its column', place)
    const body = (await ensure(packed)).subarray(0, packed)
    at += packed
    try {
      if (header.type === 'DICTIONARY_PAGE') {
        const count = checkCount(
          header.dictionary_page_header?.num_values ?? -1,
          limits.batchValues,
          'entries',
          place,
        )
        const cursor = { bytes: inflate(meta.codec, body, length), at: 0 }
        dictionary = decodeValues(leaf, 'PLAIN', cursor, count, null, place)
      } else if (header.type === 'DATA_PAGE' || header.type === 'DATA_PAGE_V2') {
        const page =
          header.type === 'DATA_PAGE'
            ? pageV1(leaf, header, inflate(meta.codec, body, length), dictionary, place)
            : pageV2(leaf, header, meta.codec, body, length, dictionary, place)
        seen += page.entries
        yield page
      }
    } catch (error) {
      throw asUnreadable(error, place)
    }
  }
  if (seen < total) throw unreadable(`${seen} values of ${total}`, `${source.name}, column ${leaf.path}`)
}

type Header = ReturnType<typeof parquetHeader>

function pageHeader(bytes: Uint8Array, place: string): { header: Header; size: number } {
  const reader = {
    view: new DataView(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 65_536)),
    offset: 0,
  }
  try {
    const header = parquetHeader(reader)
    return { header, size: reader.offset }
  } catch (error) {
    throw asUnreadable(error, place)
  }
}

function inflate(codec: CompressionCodec, packed: Uint8Array, length: number): Uint8Array {
  if (codec === 'UNCOMPRESSED') return packed
  const inflater = inflaters[codec]
  if (inflater === undefined) throw new Error(`compression ${codec} is not supported`)
  if (packed.length === 0 && length > 0) throw overLimit(`no bytes that unpack to ${length}`, codec)
  return length === 0 ? new Uint8Array(0) : inflater(packed, length)
}

const bitWidth = (level: number): number => 32 - Math.clz32(level)

function pageV1(
  leaf: LeafPlan,
  header: Header,
  bytes: Uint8Array,
  dictionary: PageValues | null,
  place: string,
): Page {
  const entries = checkCount(
    header.data_page_header?.num_values ?? -1,
    limits.batchValues,
    'page values',
    place,
  )
  const cursor = { bytes, at: 0 }
  const rep = leaf.itemDef.length === 0 ? null : levelsV1(cursor, leaf.itemDef.length, entries, place)
  const def = leaf.maxDef === 0 ? null : levelsV1(cursor, leaf.maxDef, entries, place)
  const stored = def === null ? entries : countMax(def, 0, entries, leaf.maxDef)
  const values = decodeValues(leaf, header.data_page_header?.encoding, cursor, stored, dictionary, place)
  return { entries, def: stored === entries ? null : def, rep, values }
}

function levelsV1(cursor: Cursor, max: number, entries: number, place: string): Uint8Array {
  if (cursor.at + 4 > cursor.bytes.length) throw unreadable('a page ends before its levels', place)
  const length = new DataView(cursor.bytes.buffer, cursor.bytes.byteOffset).getUint32(cursor.at, true)
  cursor.at += 4
  return levels(cursor, length, max, entries, place)
}

function pageV2(
  leaf: LeafPlan,
  header: Header,
  codec: CompressionCodec,
  body: Uint8Array,
  length: number,
  dictionary: PageValues | null,
  place: string,
): Page {
  const head = header.data_page_header_v2
  if (head === undefined) throw unreadable('a page without its header', place)
  const entries = checkCount(head.num_values, limits.batchValues, 'page values', place)
  const repBytes = checkCount(head.repetition_levels_byte_length, body.length, 'level bytes', place)
  const defBytes = checkCount(
    head.definition_levels_byte_length,
    body.length - repBytes,
    'level bytes',
    place,
  )
  const cursor = { bytes: body, at: 0 }
  const rep = leaf.itemDef.length === 0 ? null : levels(cursor, repBytes, leaf.itemDef.length, entries, place)
  cursor.at = repBytes
  const def = leaf.maxDef === 0 ? null : levels(cursor, defBytes, leaf.maxDef, entries, place)
  const stored = def === null ? entries : countMax(def, 0, entries, leaf.maxDef)
  const packed = body.subarray(repBytes + defBytes)
  const size = checkCount(length - repBytes - defBytes, limits.pageBytes, 'page bytes', place)
  const bytes = head.is_compressed === false ? packed : inflate(codec, packed, size)
  const values = decodeValues(leaf, head.encoding, { bytes, at: 0 }, stored, dictionary, place)
  return { entries, def: stored === entries ? null : def, rep, values }
}

function levels(cursor: Cursor, length: number, max: number, entries: number, place: string): Uint8Array {
  const end = cursor.at + length
  if (end > cursor.bytes.length) throw unreadable('the levels run past their page', place)
  const out = new Uint8Array(entries)
  if (entries > 0) readHybrid(cursor, end, bitWidth(max), entries, out, place)
  // Where the bits allow more than `max`: each such level has all the bits of one that is counted here.
  for (let above = max + 1; above < 2 ** bitWidth(max); above++) {
    if (countMax(out, 0, entries, above) > 0) throw unreadable(`levels above ${max}`, place)
  }
  cursor.at = end
  return out
}
