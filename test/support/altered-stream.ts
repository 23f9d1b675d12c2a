import type { SpillwayError } from '#spillway/errors.js'
import { type Frame, Header, readFrames } from '#spillway/ingest/arrow/frames.js'
import {
  type DecodeLimits,
  decodeMessage,
  defaultLimits,
  encodeColumns,
} from '#spillway/ingest/arrow/index.js'
import type { Column } from '#spillway/ingest/columns.js'
import { walkEvents } from './walk.js'

export const rows = 100
export const jets = Int32Array.from({ length: rows + 1 }, (_, i) => i * 2)
export const floats = (length: number): Float32Array => Float32Array.from({ length }, (_, i) => i / 8)
export const valid = Uint8Array.from({ length: rows }, (_, i) => (i % 4 === 0 ? 0 : 1))

/** event, pt with nulls, a list of floats: nodes 0, 1, 2 and 3, buffers 0-1, 2-3, 4-5 and 6-7. */
export function message(): Uint8Array {
  const columns = new Map<string, Column>([
    ['event', { axis: '', type: 'uint64', values: new BigUint64Array(rows), valid: null }],
    ['pt', { axis: '', type: 'float32', values: floats(rows), valid }],
    ['jets', { axis: 'jets', type: 'float32', values: floats(2 * rows), valid: null }],
  ])
  return encodeColumns(rows, columns, new Map([['jets', jets]]), new Map())
}

export const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
export const frameOf = (bytes: Uint8Array, header: number): Frame =>
  readFrames(viewOf(bytes)).find((frame) => frame.header === header)!

export interface Parts {
  readonly view: DataView
  readonly frame: Frame
  /** Positions of: rows, the first field node, the first buffer, the body. */
  readonly rows: number
  readonly nodes: number
  readonly buffers: number
  readonly body: number
}

/** A copy of a message changed by hand. */
export function changed(bytes: Uint8Array, change: (parts: Parts) => void): Uint8Array {
  const copy = bytes.slice()
  const view = viewOf(copy)
  const frame = frameOf(copy, Header.recordBatch)
  const { flat, table } = frame
  change({
    view,
    frame,
    rows: flat.field(table, 0),
    nodes: flat.vector(flat.field(table, 1), 16),
    buffers: flat.vector(flat.field(table, 2), 16),
    body: frame.bodyStart,
  })
  return copy
}

export function refusal(bytes: Uint8Array, limits: DecodeLimits = defaultLimits): SpillwayError {
  try {
    walkEvents(decodeMessage(bytes, limits))
  } catch (error) {
    return error as SpillwayError
  }
  throw new Error('it was taken')
}

export const bufferStart = ({ view, buffers, body }: Parts, i: number) =>
  body + view.getInt32(buffers + 16 * i, true)
