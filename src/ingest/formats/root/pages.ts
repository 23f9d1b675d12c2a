import type { ColumnType, Values } from '../../columns.js'
import { allocate, concatenate, copyAs, type NumberType } from '../../typed-arrays.js'
import type { ByteSource } from '../shared/bytes.js'
import { asUnreadable, checkCount, overLimit, unreadable } from '../shared/damage.js'
import { halves } from '../shared/halves.js'
import { limits } from '../shared/limits.js'
import { unsplit } from '../shared/unsplit.js'
import type { FieldInfo, PageInfo } from './description.js'
import { type ReadMemory, readPacked } from './memory.js'
import { unzip } from './unzip.js'

/** How a column of an RNTuple is stored: `split` puts the bytes of a value in separate runs. */
interface Encoding {
  readonly type: NumberType
  readonly stored: NumberType
  readonly split?: boolean
  readonly zigzag?: boolean
  /** Ends of lists, counted from the beginning of the cluster; `delta` when they are stored as differences. */
  readonly index?: 'plain' | 'delta'
  readonly bits?: boolean
  readonly half?: boolean
}

const plain = (type: NumberType): Encoding => ({ type, stored: type })
const split = (type: NumberType): Encoding => ({ type, stored: type, split: true })
const zigzag = (type: NumberType, stored: NumberType): Encoding => ({
  type,
  stored,
  split: true,
  zigzag: true,
})

/** By the column type numbers of the RNTuple specification 1.0. Truncated and quantised reals are not read. */
const encodings: ReadonlyMap<number, Encoding> = new Map([
  [0x00, { type: 'bool', stored: 'uint8', bits: true } as const],
  [0x01, plain('uint8')],
  [0x02, plain('int8')],
  [0x03, plain('int8')],
  [0x04, plain('uint8')],
  [0x05, plain('int16')],
  [0x06, plain('uint16')],
  [0x07, plain('int32')],
  [0x08, plain('uint32')],
  [0x09, plain('int64')],
  [0x0a, plain('uint64')],
  [0x0b, { type: 'float32', stored: 'uint16', half: true } as const],
  [0x0c, plain('float32')],
  [0x0d, plain('float64')],
  [0x0e, { type: 'int32', stored: 'uint32', index: 'plain' } as const],
  [0x0f, { type: 'int32', stored: 'uint64', index: 'plain' } as const],
  [0x11, zigzag('int16', 'uint16')],
  [0x12, split('uint16')],
  [0x13, zigzag('int32', 'uint32')],
  [0x14, split('uint32')],
  [0x15, zigzag('int64', 'uint64')],
  [0x16, split('uint64')],
  [0x18, split('float32')],
  [0x19, split('float64')],
  [0x1a, { type: 'int32', stored: 'uint32', split: true, index: 'delta' } as const],
  [0x1b, { type: 'int32', stored: 'uint64', split: true, index: 'delta' } as const],
])

/** The type of a column's values; `undefined` for encodings that are not read; `index` columns give list lengths. */
export const columnType = (type: number): ColumnType | undefined => encodings.get(type)?.type
export const isIndex = (type: number): boolean => encodings.get(type)?.index !== undefined

export interface ElementReader {
  /** The next `count` values of the column, across pages and clusters; lengths of lists for an index column. */
  take(count: number): Promise<Values>
}

export function elementReader(
  source: ByteSource,
  memory: ReadMemory,
  column: FieldInfo['columns'][number],
  name: string,
): ElementReader {
  const encoding = encodings.get(column.type)
  if (encoding === undefined) throw unreadable(`field ${name} has column type ${column.type}`, source.name)
  let next = 0
  let page: Values = allocate(encoding.type, 0)
  let [at, clusterEnd] = [0, 0]
  const advance = async (): Promise<void> => {
    const info = column.pages[next++]
    if (info === undefined) throw unreadable(`field ${name} has fewer values than entries`, source.name)
    const place = `${source.name}, byte ${info.position}, field ${name}`
    const raw = await readPage(source, memory, info, encoding, place)
    if (encoding.index === undefined) page = raw
    else [page, clusterEnd] = lengths(raw, encoding.index, info.opensCluster ? 0 : clusterEnd, place)
    at = 0
  }
  return {
    async take(count) {
      if (count > limits.batchValues)
        throw overLimit(`field ${name}: ${count} values in one batch`, source.name)
      const parts: Values[] = []
      for (let left = count; left > 0; ) {
        if (at === page.length) {
          await advance()
          continue
        }
        const size = Math.min(left, page.length - at)
        parts.push((page as Float64Array).subarray(at, at + size))
        at += size
        left -= size
      }
      return parts.length === 0 ? allocate(encoding.type, 0) : concatenate(encoding.type, parts)
    },
  }
}

async function readPage(
  source: ByteSource,
  memory: ReadMemory,
  info: PageInfo,
  encoding: Encoding,
  place: string,
): Promise<Values> {
  try {
    const count = checkCount(Math.abs(info.values), limits.batchValues, 'page values', place)
    const width = allocate(encoding.stored, 0).BYTES_PER_ELEMENT
    const length = encoding.bits === true ? (count + 7) >> 3 : count * width
    checkCount(length, limits.pageBytes, 'page bytes', place)
    checkCount(info.bytes, limits.pageBytes, 'packed page bytes', place)
    const packed = await readPacked(source, memory, info.position, info.bytes)
    return decode(await unzip(memory.scratch, packed, length, place), count, encoding)
  } catch (error) {
    throw asUnreadable(error, place)
  }
}

/** New arrays: the bytes lie in memory that is used again. */
function decode(bytes: Uint8Array, count: number, encoding: Encoding): Values {
  if (encoding.bits === true) {
    const out = new Uint8Array(count)
    for (let i = 0; i < count; i++) out[i] = (bytes[i >> 3] >> (i & 7)) & 1
    return out
  }
  const values =
    encoding.split === true ? joined(bytes, encoding.stored, count) : copyAs(encoding.stored, bytes, count)
  if (encoding.half === true) return halves(values as Uint16Array)
  return encoding.zigzag === true ? unzigzag(values, encoding.type) : values
}

function joined(bytes: Uint8Array, type: NumberType, count: number): Values {
  const out = allocate(type, count)
  unsplit(bytes, out)
  return out
}

function unzigzag(values: Values, type: NumberType): Values {
  const out = allocate(type, values.length)
  if (values instanceof BigUint64Array) {
    for (let i = 0; i < values.length; i++) out[i] = BigInt.asIntN(64, (values[i] >> 1n) ^ -(values[i] & 1n))
  } else {
    const source = values as Uint32Array
    for (let i = 0; i < source.length; i++) out[i] = (source[i] >>> 1) ^ -(source[i] & 1)
  }
  return out
}

/** List lengths from ends: stored as they are, or as differences from the one before in the page. */
function lengths(raw: Values, index: 'plain' | 'delta', start: number, place: string): [Int32Array, number] {
  const out = new Int32Array(raw.length)
  let end = start
  for (let i = 0; i < raw.length; i++) {
    const value = Number(raw[i])
    const next = index === 'delta' && i > 0 ? end + value : value
    const length = next - end
    if (!(length >= 0 && length <= limits.batchValues)) throw unreadable(`a list of ${length} items`, place)
    out[i] = length
    end = next
  }
  return [out, end]
}
