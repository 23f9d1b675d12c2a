import type { ColumnChunk, CompressionCodec } from 'hyparquet'
import { parquetHeader } from 'hyparquet/src/column.js'
import type { Scratch } from '../kernel/scratch.js'
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
import { type Cursor, type RawLevels, readLevels, take } from './levels.js'
import type { LeafPlan } from './schema.js'
import { decodeValues, type PageValues } from './values.js'

/** One decoded data page: its levels in the form that the reader wants, and the values that it stores. */
export interface Page<Levels> {
  readonly levels: Levels
  readonly values: PageValues
}

/** Takes what it needs of a page's levels out of the scratch memory. */
export type LevelForm<Levels> = (scratch: Scratch, leaf: LeafPlan, raw: RawLevels) => Levels

const inflaters: Partial<Readonly<Record<CompressionCodec, Inflate>>> = {
  SNAPPY: inflateSnappy,
  GZIP: inflateGzip,
  BROTLI: inflateBrotli,
  ZSTD: inflateZstd,
  LZ4_RAW: inflateLz4,
}

/** Where and how the pages of a column are read. */
export interface PageReading<Levels> {
  readonly source: ByteSource
  readonly leaf: LeafPlan
  readonly form: LevelForm<Levels>
  readonly scratch: Scratch
  readonly window: Window
}

/** The piece of a file that a column is read from: `size` bytes or a page, in memory that is used again. */
export interface Window {
  readonly size: number
  memory: Uint8Array
}

/** The data pages of one column chunk, one at a time. */
export async function* readPages<Levels>(
  reading: PageReading<Levels>,
  chunk: ColumnChunk,
): AsyncGenerator<Page<Levels>> {
  const { source, leaf, scratch, window } = reading
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
        // Nothing of the last window is used any more: pages are unpacked into other memory.
        bytes = await source.read(at, Math.min(Math.max(length, window.size), end - at), window.memory)
        if (bytes.length > window.memory.length) window.memory = bytes
      }
      return bytes.subarray(at - from)
    }
    const head = await ensure(Math.min(window.size, 65_536, end - at))
    const { header, size } = pageHeader(head, place)
    at += size
    const packed = checkCount(header.compressed_page_size, limits.pageBytes, 'packed page bytes', place)
    const length = checkCount(header.uncompressed_page_size, limits.pageBytes, 'page bytes', place)
    if (at + packed > end) throw unreadable('a page is longer than its column', place)
    const body = (await ensure(packed)).subarray(0, packed)
    at += packed
    scratch.clear()
    try {
      if (header.type === 'DICTIONARY_PAGE') {
        const count = checkCount(
          header.dictionary_page_header?.num_values ?? -1,
          limits.batchValues,
          'entries',
          place,
        )
        const cursor = unpack(scratch, meta.codec, body, length)
        dictionary = decodeValues(leaf, 'PLAIN', cursor, count, null, place)
      } else if (header.type === 'DATA_PAGE' || header.type === 'DATA_PAGE_V2') {
        const page =
          header.type === 'DATA_PAGE'
            ? pageV1(reading, header, unpack(scratch, meta.codec, body, length), dictionary, place)
            : pageV2(reading, header, meta.codec, body, length, dictionary, place)
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

/** An unpacked page in the scratch memory. */
function unpack(scratch: Scratch, codec: CompressionCodec, packed: Uint8Array, length: number): Cursor {
  if (codec === 'UNCOMPRESSED' || length === 0) {
    const at = scratch.put(length === 0 ? packed.subarray(0, 0) : packed)
    return { scratch, at, end: at + (length === 0 ? 0 : packed.length) }
  }
  const inflate = inflaters[codec]
  if (inflate === undefined) throw new Error(`compression ${codec} is not supported`)
  if (packed.length === 0) throw overLimit(`no bytes that unpack to ${length}`, codec)
  const at = inflate(scratch, packed, length)
  return { scratch, at, end: at + length }
}

interface CountedPage<Levels> extends Page<Levels> {
  readonly entries: number
}

function pageV1<Levels>(
  reading: PageReading<Levels>,
  header: Header,
  cursor: Cursor,
  dictionary: PageValues | null,
  place: string,
): CountedPage<Levels> {
  const { leaf } = reading
  const head = header.data_page_header
  const entries = checkCount(head?.num_values ?? -1, limits.batchValues, 'page values', place)
  const lists = leaf.itemDef.length
  const rep = lists === 0 ? null : readLevels(levelsV1(cursor, place), lists, entries, place)
  const def = leaf.maxDef === 0 ? null : readLevels(levelsV1(cursor, place), leaf.maxDef, entries, place)
  return page(reading, head?.encoding, { entries, rep, def }, cursor, dictionary, place)
}

/** Levels with their length in front; `cursor` goes on behind them. */
function levelsV1(cursor: Cursor, place: string): Cursor {
  const bytes = take(cursor, 4, place)
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true)
  return part(cursor, length, place)
}

function part(cursor: Cursor, length: number, place: string): Cursor {
  const { scratch, at } = cursor
  if (at + length > cursor.end) throw unreadable('the levels run past their page', place)
  cursor.at += length
  return { scratch, at, end: at + length }
}

function pageV2<Levels>(
  reading: PageReading<Levels>,
  header: Header,
  codec: CompressionCodec,
  body: Uint8Array,
  length: number,
  dictionary: PageValues | null,
  place: string,
): CountedPage<Levels> {
  const head = header.data_page_header_v2
  if (head === undefined) throw unreadable('a page without its header', place)
  const { leaf, scratch } = reading
  const entries = checkCount(head.num_values, limits.batchValues, 'page values', place)
  const repBytes = checkCount(head.repetition_levels_byte_length, body.length, 'level bytes', place)
  const defBytes = checkCount(
    head.definition_levels_byte_length,
    body.length - repBytes,
    'level bytes',
    place,
  )
  // Levels stand in front and are not packed.
  const front = repBytes + defBytes
  const at = scratch.put(body.subarray(0, front))
  const cursor = { scratch, at, end: at + front }
  const [reps, defs] = [part(cursor, repBytes, place), part(cursor, defBytes, place)]
  const lists = leaf.itemDef.length
  const rep = lists === 0 ? null : readLevels(reps, lists, entries, place)
  const def = leaf.maxDef === 0 ? null : readLevels(defs, leaf.maxDef, entries, place)
  const size = checkCount(length - front, limits.pageBytes, 'page bytes', place)
  const values = unpack(
    scratch,
    head.is_compressed === false ? 'UNCOMPRESSED' : codec,
    body.subarray(front),
    size,
  )
  return page(reading, head.encoding, { entries, rep, def }, values, dictionary, place)
}

function page<Levels>(
  { leaf, form, scratch }: PageReading<Levels>,
  encoding: string | undefined,
  { entries, rep, def }: Omit<RawLevels, 'stored'>,
  cursor: Cursor,
  dictionary: PageValues | null,
  place: string,
): CountedPage<Levels> {
  const stored = def === null ? entries : scratch.count(def, entries, leaf.maxDef)
  const levels = form(scratch, leaf, { entries, stored, rep, def: stored === entries ? null : def })
  return { entries, levels, values: decodeValues(leaf, encoding, cursor, stored, dictionary, place) }
}
