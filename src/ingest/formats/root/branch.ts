import type { Values } from '../../columns.js'
import type { ByteSource } from '../shared/bytes.js'
import { allocate, type NumberType, widthOf } from '../shared/columns.js'
import { overLimit, unreadable } from '../shared/damage.js'
import { limits } from '../shared/limits.js'
import { type Basket, readBasket } from './basket.js'
import type { BranchInfo } from './description.js'
import { fromBigEndian } from './endian.js'

/** Entries of a branch: values and, for lists, where each entry's begin (`ends` are of bytes for strings). */
export interface Entries {
  readonly values: Values
  readonly offsets: Int32Array | null
}

export interface BranchReader {
  /** The next `entries` entries. @throws SpillwayError FILE_UNREADABLE when there are fewer. */
  take(entries: number): Promise<Entries>
}

/** A basket turned into native values; `offsets` count values. */
interface Decoded extends Entries {
  readonly entries: number
}

/** `counter` reads the branch of counts, for baskets that carry no offsets. */
export function branchReader(
  source: ByteSource,
  branch: BranchInfo,
  counter: BranchReader | null,
): BranchReader {
  let next = 0
  let basket: Decoded | null = null
  let at = 0
  // Entries whose counts were not needed: the counter is that far behind.
  let behind = 0
  const counts = async (entries: number): Promise<Values> => {
    if (counter === null)
      throw unreadable(`branch ${branch.name} has neither offsets nor a counter`, source.name)
    for (; behind > 0; behind -= Math.min(behind, 65_536)) await counter.take(Math.min(behind, 65_536))
    return (await counter.take(entries)).values
  }
  const advance = async (): Promise<void> => {
    const stored = branch.seeks.length
    let raw: Basket
    if (next < stored) raw = await readBasket(source, branch.seeks[next], branch.sizes[next], branch.name)
    else if (next < stored + branch.embedded.length) raw = branch.embedded[next - stored]
    else throw unreadable(`branch ${branch.name} has fewer entries than the tree`, source.name)
    basket = await decode(raw, branch, counts, `${source.name}, branch ${branch.name}, basket ${next}`)
    if (raw.offsets !== null) behind += raw.entries
    next++
    at = 0
  }
  return {
    async take(entries) {
      const parts: Entries[] = []
      let [left, total] = [entries, 0]
      while (left > 0) {
        if (basket === null || at === basket.entries) {
          await advance()
          continue
        }
        const count = Math.min(left, basket.entries - at)
        const part = cut(basket, at, count, branch.length)
        total += part.values.length
        if (total > limits.batchValues)
          throw overLimit(`branch ${branch.name}: ${total} values a batch`, source.name)
        parts.push(part)
        at += count
        left -= count
      }
      return join(parts, branch, entries, total)
    },
  }
}

function cut({ values, offsets }: Decoded, from: number, count: number, length: number): Entries {
  const view = values as Float64Array
  if (offsets === null) return { values: view.subarray(from * length, (from + count) * length), offsets }
  return {
    values: view.subarray(offsets[from], offsets[from + count]),
    offsets: offsets.subarray(from, from + count + 1),
  }
}

function join(parts: readonly Entries[], branch: BranchInfo, entries: number, total: number): Entries {
  const type: NumberType = branch.type === 'utf8' ? 'uint8' : branch.type
  const isList = branch.kind !== 'flat'
  if (parts.length === 1 && !isList) return parts[0]
  const values =
    parts.length === 1 ? (parts[0].values as Float64Array) : (allocate(type, total) as Float64Array)
  const offsets = isList ? new Int32Array(entries + 1) : null
  let [value, entry] = [0, 0]
  for (const part of parts) {
    if (parts.length > 1) values.set(part.values as Float64Array, value)
    if (offsets !== null && part.offsets !== null) {
      const shift = value - part.offsets[0]
      for (let i = 1; i < part.offsets.length; i++) offsets[entry + i] = part.offsets[i] + shift
      entry += part.offsets.length - 1
    }
    value += part.values.length
  }
  return { values, offsets }
}

async function decode(
  { data, entries, offsets }: Basket,
  branch: BranchInfo,
  counts: (entries: number) => Promise<Values>,
  place: string,
): Promise<Decoded> {
  if (branch.kind === 'string') return decodeStrings(data, entries, offsets, place)
  const width = widthOf(branch.type as NumberType)
  if (branch.kind === 'flat') {
    if (data.length < entries * branch.length * width) throw unreadable('a basket has too few values', place)
    const bytes = data.subarray(0, entries * branch.length * width)
    return { values: fromBigEndian(branch.type, bytes), offsets: null, entries }
  }
  if (branch.kind === 'vector') return decodeVectors(data, entries, offsets, branch, place)
  const values = fromBigEndian(branch.type, data)
  if (offsets === null)
    return { values, offsets: countedOffsets(await counts(entries), entries, values.length, place), entries }
  const shift = 31 - Math.clz32(width)
  let loose = 0
  for (let i = 0; i <= entries; i++) {
    loose |= offsets[i] & (width - 1)
    offsets[i] >>= shift
  }
  if (loose !== 0) throw unreadable('an entry begins in the middle of a value', place)
  return { values, offsets, entries }
}

function countedOffsets(counts: Values, entries: number, values: number, place: string): Int32Array {
  const offsets = new Int32Array(entries + 1)
  for (let i = 0; i < entries; i++) offsets[i + 1] = offsets[i] + Number(counts[i])
  if (offsets[entries] !== values)
    throw unreadable(`${values} values, the counter says ${offsets[entries]}`, place)
  for (let i = 0; i < entries; i++)
    if (offsets[i + 1] < offsets[i]) throw unreadable('a negative count', place)
  return offsets
}

/** Bytes in front of the values of each vector: byte count, version, length. */
const vectorHead = 10

function decodeVectors(
  data: Uint8Array,
  entries: number,
  starts: Int32Array | null,
  branch: BranchInfo,
  place: string,
): Decoded {
  if (starts === null) throw unreadable('vectors without offsets', place)
  const width = widthOf(branch.type as NumberType)
  const offsets = new Int32Array(entries + 1)
  let end = 0
  for (let i = 0; i < entries; i++) {
    const from = starts[i] + vectorHead
    const size = starts[i + 1] - from
    if (size < 0 || size % width !== 0) throw unreadable(`entry ${i} has ${size} bytes of values`, place)
    data.copyWithin(end, from, from + size)
    end += size
    offsets[i + 1] = end / width
  }
  return { values: fromBigEndian(branch.type, data.subarray(0, end)), offsets, entries }
}

/** Strings have a length byte in front, or 255 and four bytes of length. */
function decodeStrings(data: Uint8Array, entries: number, starts: Int32Array | null, place: string): Decoded {
  const offsets = new Int32Array(entries + 1)
  let [at, end] = [0, 0]
  for (let i = 0; i < entries; i++) {
    at = starts === null ? at : starts[i]
    if (at >= data.length) throw unreadable(`string ${i} lies beyond the basket`, place)
    let length = data[at++]
    if (length === 255) {
      if (at + 4 > data.length) throw unreadable(`string ${i} is cut`, place)
      length = ((data[at] << 24) | (data[at + 1] << 16) | (data[at + 2] << 8) | data[at + 3]) >>> 0
      at += 4
    }
    if (at + length > data.length) throw unreadable(`string ${i} is cut`, place)
    data.copyWithin(end, at, at + length)
    at += length
    end += length
    offsets[i + 1] = end
  }
  return { values: data.subarray(0, end), offsets, entries }
}
