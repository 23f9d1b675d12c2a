import type { Column } from '../columns.js'

/** Nodes and buffers of a record batch, gathered field by field. */
export interface ArrayList {
  readonly nodes: number[]
  readonly buffers: ArrayBufferView[]
}

const none = new Uint8Array(0)
const encoder = new TextEncoder()

/** Adds the arrays of a column's values, in order. */
export function addColumn(out: ArrayList, column: Column): void {
  const { values, valid, type } = column
  const nulls = addValidity(out, valid, values.length)
  if (type === 'bool') out.buffers.push(packBits(values as Uint8Array))
  else if (type === 'utf8') addText(out, column)
  else out.buffers.push(values)
  out.nodes.push(values.length, nulls)
}

/** Adds a list array without nulls; its item's arrays have to follow. */
export function addList(out: ArrayList, offsets: Int32Array): void {
  out.nodes.push(offsets.length - 1, 0)
  out.buffers.push(none, offsets)
}

function addValidity(out: ArrayList, valid: Uint8Array | null, length: number): number {
  let nulls = 0
  if (valid !== null) for (let i = 0; i < length; i++) nulls += valid[i] === 0 ? 1 : 0
  out.buffers.push(nulls === 0 ? none : packBits(valid!))
  return nulls
}

/** One bit a byte, least significant first. */
export function packBits(bytes: Uint8Array): Uint8Array {
  const bits = new Uint8Array(Math.ceil(bytes.length / 8))
  for (let i = 0; i < bytes.length; i++) if (bytes[i] !== 0) bits[i >> 3] |= 1 << (i & 7)
  return bits
}

function addText(out: ArrayList, column: Column): void {
  const { values, valid } = column
  const strings = (column.dictionary ?? []).map((string) => encoder.encode(string))
  const offsets = new Int32Array(values.length + 1)
  const bytesOf = (i: number) =>
    valid !== null && valid[i] === 0 ? none : (strings[Number(values[i])] ?? none)
  for (let i = 0; i < values.length; i++) offsets[i + 1] = offsets[i] + bytesOf(i).length
  const text = new Uint8Array(offsets[values.length])
  for (let i = 0; i < values.length; i++) text.set(bytesOf(i), offsets[i])
  out.buffers.push(offsets, text)
}
