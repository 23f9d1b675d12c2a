import type { Values } from '../../columns.js'
import { type NumberType, widthOf } from '../../typed-arrays.js'
import type { ByteSource } from '../shared/bytes.js'
import { overLimit, unreadable } from '../shared/damage.js'
import { limits } from '../shared/limits.js'
import { type Basket, readBasket } from './basket.js'
import type { BranchInfo } from './description.js'
import { fromBigEndian } from './endian.js'
import type { ReadMemory } from './memory.js'

/** Entries of a branch: values and, for lists, where each entry's begin (`ends` are of bytes for strings). */
export interface Entries {
  readonly values: Values
  readonly offsets: Int32Array | null
}

export interface BranchReader {
  /** The next `entries` entries. @throws SpillwayError FILE_UNREADABLE when there are fewer. */
  take(entries: number): Promise<Entries>
}

/**
 * A basket as its values alone: big-endian bytes at the front of `bytes`, which is longer, and for lists and strings
 * where each entry's values begin.
 */
interface Loaded {
  readonly bytes: Uint8Array
  readonly offsets: Int32Array | null
  readonly entries: number
}

/** Values `from` to `to` of a basket; `offsets` are those of its entries and the end of the last. */
interface Part {
  readonly bytes: Uint8Array
  readonly from: number
  readonly to: number
  readonly offsets: Int32Array | null
}

/**
 * `counter` reads the branch of counts, for baskets that carry no offsets. A basket is kept until its last entry is
 * taken, in memory that is used again for the baskets that follow.
 */
export function branchReader(
  source: ByteSource,
  memory: ReadMemory,
  branch: BranchInfo,
  counter: BranchReader | null,
): BranchReader {
  let next = 0
  let basket: Loaded | null = null
  let at = 0
  let spare: Loaded[] = []
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
    if (next < stored)
      raw = await readBasket(source, memory, branch.seeks[next], branch.sizes[next], branch.name)
    else if (next < stored + branch.embedded.length) raw = branch.embedded[next - stored]
    else throw unreadable(`branch ${branch.name} has fewer entries than the tree`, source.name)
    const into = storeFor(raw, branch.kind !== 'flat', spare.pop())
    basket = await load(raw, into, branch, counts, `${source.name}, branch ${branch.name}, basket ${next}`)
    if (raw.offsets !== null) behind += raw.entries
    next++
    at = 0
  }
  return {
    async take(entries) {
      const parts: Part[] = []
      const done: Loaded[] = []
      let [left, total] = [entries, 0]
      while (left > 0) {
        if (basket === null || at === basket.entries) {
          if (basket !== null) done.push(basket)
          await advance()
          continue
        }
        const count = Math.min(left, basket.entries - at)
        const part = cut(basket, at, count, branch.length)
        total += part.to - part.from
        if (total > limits.batchValues)
          throw overLimit(`branch ${branch.name}: ${total} values a batch`, source.name)
        parts.push(part)
        at += count
        left -= count
      }
      const joined = join(parts, branch, entries, total)
      spare = [...spare, ...done].slice(-2)
      return joined
    },
  }
}

/** Memory for the values and offsets of a basket: that of an earlier one if it is large enough. */
interface Store {
  readonly bytes: Uint8Array
  /** One more than entries, and more; empty where there are no offsets. */
  readonly offsets: Int32Array
}

function storeFor({ data, entries }: Basket, isList: boolean, kept: Loaded | undefined): Store {
  const size = isList ? entries + 1 : 0
  const [bytes, offsets] = [kept?.bytes, kept?.offsets]
  return {
    bytes: bytes && bytes.length >= data.length ? bytes : Buffer.allocUnsafeSlow(data.length),
    offsets: offsets && offsets.length >= size ? offsets : new Int32Array(size),
  }
}

function cut({ bytes, offsets }: Loaded, at: number, count: number, length: number): Part {
  if (offsets === null) return { bytes, from: at * length, to: (at + count) * length, offsets }
  return { bytes, from: offsets[at], to: offsets[at + count], offsets: offsets.subarray(at, at + count + 1) }
}

/** The values of all parts as one native array, and their offsets as one. */
function join(parts: readonly Part[], branch: BranchInfo, entries: number, total: number): Entries {
  const type: NumberType = branch.type === 'utf8' ? 'uint8' : branch.type
  const width = widthOf(type)
  // All of it is written here; a typed array would be filled with zeros first.
  const bytes = Buffer.allocUnsafeSlow(total * width)
  const offsets = branch.kind === 'flat' ? null : new Int32Array(entries + 1)
  let [value, entry] = [0, 0]
  for (const part of parts) {
    bytes.set(part.bytes.subarray(part.from * width, part.to * width), value * width)
    if (offsets !== null && part.offsets !== null) {
      const shift = value - part.offsets[0]
      for (let i = 1; i < part.offsets.length; i++) offsets[entry + i] = part.offsets[i] + shift
      entry += part.offsets.length - 1
    }
    value += part.to - part.from
  }
  return { values: fromBigEndian(type, bytes), offsets }
}

async function load(
  { data, entries, offsets: starts }: Basket,
  into: Store,
  branch: BranchInfo,
  counts: (entries: number) => Promise<Values>,
  place: string,
): Promise<Loaded> {
  if (branch.kind === 'string') return loadStrings(data, entries, starts, into, place)
  const width = widthOf(branch.type as NumberType)
  if (branch.kind === 'vector') return loadVectors(data, entries, starts, into, width, place)
  if (branch.kind === 'flat') {
    const size = entries * branch.length * width
    if (data.length < size) throw unreadable('a basket has too few values', place)
    into.bytes.set(data.subarray(0, size))
    return { ...into, offsets: null, entries }
  }
  into.bytes.set(data)
  if (starts === null)
    countedOffsets(await counts(entries), entries, Math.floor(data.length / width), into.offsets, place)
  else offsetsOfValues(starts, entries, width, into.offsets, place)
  return { ...into, entries }
}

function offsetsOfValues(
  starts: Int32Array,
  entries: number,
  width: number,
  offsets: Int32Array,
  place: string,
): void {
  const shift = 31 - Math.clz32(width)
  let loose = 0
  for (let i = 0; i <= entries; i++) {
    loose |= starts[i] & (width - 1)
    offsets[i] = starts[i] >> shift
  }
  if (loose !== 0) throw unreadable('an entry begins in the middle of a value', place)
}

function countedOffsets(
  counts: Values,
  entries: number,
  values: number,
  offsets: Int32Array,
  place: string,
): void {
  offsets[0] = 0
  for (let i = 0; i < entries; i++) offsets[i + 1] = offsets[i] + Number(counts[i])
  if (offsets[entries] !== values)
    throw unreadable(`${values} values, the counter says ${offsets[entries]}`, place)
  for (let i = 0; i < entries; i++)
    if (offsets[i + 1] < offsets[i]) throw unreadable('a negative count', place)
}

/** Bytes in front of the values of each vector: byte count, version, length. */
const vectorHead = 10

function loadVectors(
  data: Uint8Array,
  entries: number,
  starts: Int32Array | null,
  into: Store,
  width: number,
  place: string,
): Loaded {
  if (starts === null) throw unreadable('vectors without offsets', place)
  const { bytes, offsets } = into
  offsets[0] = 0
  let end = 0
  for (let i = 0; i < entries; i++) {
    const from = starts[i] + vectorHead
    const size = starts[i + 1] - from
    if (size < 0 || size % width !== 0) throw unreadable(`entry ${i} has ${size} bytes of values`, place)
    // A call costs more than the few bytes that most vectors have.
    if (size > 256) bytes.set(data.subarray(from, from + size), end)
    else for (let b = 0; b < size; b++) bytes[end + b] = data[from + b]
    end += size
    offsets[i + 1] = end / width
  }
  return { ...into, entries }
}

/** Strings have a length byte in front, or 255 and four bytes of length. */
function loadStrings(
  data: Uint8Array,
  entries: number,
  starts: Int32Array | null,
  into: Store,
  place: string,
): Loaded {
  const { bytes, offsets } = into
  offsets[0] = 0
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
    bytes.set(data.subarray(at, at + length), end)
    at += length
    end += length
    offsets[i + 1] = end
  }
  return { ...into, entries }
}
