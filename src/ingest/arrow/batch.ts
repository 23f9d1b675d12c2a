import { checkNode } from './check.js'
import type { Flat } from './flat.js'
import { inflateBody } from './inflate.js'
import { type DecodeLimits, tooLarge, undecodable } from './limits.js'
import { isView, type PlanNode } from './plan.js'
import type { Axis } from './selection.js'

/**
 * The arrays of one record batch (or dictionary batch) as positions in memory, checked: every buffer lies inside the
 * body and is large enough for its node, offsets rise from 0 on and end inside their child.
 */
export interface RawBatch {
  readonly rows: number
  readonly nodes: readonly PlanNode[]
  readonly memory: ArrayBuffer
  readonly bytes: Uint8Array
  /** Values and nulls of each node. */
  readonly lengths: readonly number[]
  readonly nulls: readonly number[]
  /** The first buffer of each node; the others follow. */
  readonly firstBuffer: readonly number[]
  /** Where each buffer begins in `memory`, and its bytes. */
  readonly bufferStart: readonly number[]
  readonly bufferLength: readonly number[]
  /** List axes by name, kept by `axisOf` once made. */
  readonly axes: Map<string, Axis>
}

export interface BodySource {
  readonly flat: Flat
  /** Position of the RecordBatch table. */
  readonly table: number
  readonly bytes: Uint8Array
  readonly bodyStart: number
  readonly bodyLength: number
}

/** What is left of a message's limits; reading takes from it. */
export interface Budget {
  readonly limits: DecodeLimits
  bytes: number
  /** Items allowed along any one list of a batch. */
  readonly items: number
}

/** Reads and checks a RecordBatch table (Message.fbs). `what` names the batch in errors. */
export function readBatch(
  source: BodySource,
  nodes: readonly PlanNode[],
  budget: Budget,
  what: string,
): RawBatch {
  const { flat, table } = source
  const rowsAt = flat.field(table, 0)
  const rows = rowsAt === 0 ? 0 : flat.i64(rowsAt)
  if (rows > Number.MAX_SAFE_INTEGER) throw tooLarge(`a batch of ${rows} rows`, `${what}, byte ${rowsAt}`)
  if (rows < 0) throw undecodable(`a batch of ${rows} rows`, `${what}, byte ${rowsAt}`)
  const { lengths, nulls } = readNodes(flat, flat.field(table, 1), nodes.length, what)
  const firstBuffer = countBuffers(flat, flat.field(table, 4), nodes, what)
  const plain = readBuffers(source, flat.field(table, 2), firstBuffer[nodes.length], what)
  const compression = flat.field(table, 3)
  const body = compression === 0 ? plain : inflateBody(plain, codecOf(flat, compression, what), budget, what)
  const raw: RawBatch = { rows, nodes, lengths, nulls, firstBuffer, ...body, axes: new Map() }
  for (const node of nodes) checkNode(raw, node, budget.items, what)
  return raw
}

/** A batch's buffers: where they are. */
export interface Body {
  readonly memory: ArrayBuffer
  readonly bytes: Uint8Array
  readonly bufferStart: readonly number[]
  readonly bufferLength: readonly number[]
}

function readNodes(flat: Flat, at: number, expected: number, what: string) {
  const lengths = new Array<number>(expected)
  const nulls = new Array<number>(expected)
  if (at === 0 && expected === 0) return { lengths, nulls }
  if (at === 0) throw undecodable('a batch without field nodes', what)
  const first = flat.vector(at, 16)
  if (flat.count(first) !== expected)
    throw undecodable(`${flat.count(first)} field nodes for ${expected} fields`, `${what}, byte ${first - 4}`)
  for (let i = 0; i < expected; i++) {
    const length = flat.i64(first + 16 * i)
    const missing = flat.i64(first + 16 * i + 8)
    if (length < 0 || missing < 0 || missing > length || length > Number.MAX_SAFE_INTEGER)
      throw undecodable(
        `a field node of ${length} values, ${missing} null`,
        `${what}, byte ${first + 16 * i}`,
      )
    lengths[i] = length
    nulls[i] = missing
  }
  return { lengths, nulls }
}

/** First buffer of every node, and after the last one the number of all. */
function countBuffers(flat: Flat, at: number, nodes: readonly PlanNode[], what: string): readonly number[] {
  const first = new Array<number>(nodes.length + 1)
  const variadic = at === 0 ? 0 : flat.vector(at, 8)
  let views = 0
  let buffer = 0
  for (const node of nodes) {
    first[node.index] = buffer
    buffer += node.buffers
    if (!isView(node)) continue
    const more = variadic !== 0 && views < flat.count(variadic) ? flat.i64(variadic + 8 * views++) : -1
    if (more < 0 || more > flat.end - flat.start)
      throw undecodable(`field ${node.path} has ${more} data buffers`, what)
    buffer += more
  }
  first[nodes.length] = buffer
  return first
}

function readBuffers(source: BodySource, at: number, expected: number, what: string): Body {
  const { flat, bytes, bodyStart, bodyLength } = source
  const bufferStart = new Array<number>(expected)
  const bufferLength = new Array<number>(expected)
  const memory = bytes.buffer as ArrayBuffer
  if (at === 0 && expected > 0) throw undecodable('a batch without buffers', what)
  const first = at === 0 ? 0 : flat.vector(at, 16)
  if (at !== 0 && flat.count(first) !== expected)
    throw undecodable(`${flat.count(first)} buffers for ${expected}`, `${what}, byte ${first - 4}`)
  const base = bytes.byteOffset + bodyStart
  let sum = 0
  for (let i = 0; i < expected; i++) {
    const offset = flat.i64(first + 16 * i)
    const length = flat.i64(first + 16 * i + 8)
    sum += length
    // Buffers that share bytes could make the work the square of the message, so together they must fit as well.
    if (offset < 0 || length < 0 || offset + length > bodyLength || sum > bodyLength)
      throw undecodable(
        `buffer ${i} at ${offset} with ${length} bytes is not inside a body of ${bodyLength}, or shares bytes`,
        `${what}, byte ${first + 16 * i}`,
      )
    bufferStart[i] = base + offset
    bufferLength[i] = length
  }
  return { memory, bytes: new Uint8Array(memory), bufferStart, bufferLength }
}

export type Codec = 'lz4' | 'zstd'

function codecOf(flat: Flat, at: number, what: string): Codec {
  const table = flat.table(at)
  const codec = flat.field(table, 0)
  const method = flat.field(table, 1)
  const number = codec === 0 ? 0 : flat.u8(codec)
  if (number > 1 || (method !== 0 && flat.u8(method) !== 0))
    throw undecodable(
      `compression ${number} is none of LZ4_FRAME and ZSTD by buffer`,
      `${what}, byte ${table}`,
    )
  return number === 0 ? 'lz4' : 'zstd'
}
