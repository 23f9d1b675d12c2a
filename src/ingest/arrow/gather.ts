import { SpillwayError } from '../../errors.js'
import type { Column } from '../columns.js'
import type { RawBatch } from './batch.js'
import { offsets32, offsets64 } from './check.js'
import { type ArrayList, addColumn, packBits } from './column-arrays.js'
import type { PlanNode } from './plan.js'
import { expandBits, type Selection } from './selection.js'
import { typeName } from './types.js'

const none = new Uint8Array(0)

/** Columns to write in place of leaves, by path, for physical positions of the leaf. */
export type Replace = (node: PlanNode, selection: Selection) => Column | null

/**
 * Adds the selected values of a node and all below it to the arrays of a new batch, exactly as they are: types, nulls
 * and dictionary indices. @throws SpillwayError SCHEMA_MISMATCH at a type that cannot be cut (unions, views).
 */
export function gather(
  out: ArrayList,
  raw: RawBatch,
  node: PlanNode,
  selection: Selection,
  replace: Replace,
): void {
  const column = replace(node, selection)
  if (column !== null) {
    addColumn(out, column)
    return
  }
  if (node.layout === 'opaque')
    throw new SpillwayError(
      'SCHEMA_MISMATCH',
      `rows cannot be cut from a field of type ${typeName(node.field.type)}`,
      {
        place: `field ${node.path}`,
      },
    )
  const buffer = raw.firstBuffer[node.index]
  const { count } = selection
  if (node.layout === 'null') {
    out.nodes.push(count, count)
    return
  }
  const valid = raw.nulls[node.index] === 0 ? null : expandBits(raw, buffer, selection)
  const nulls = valid === null ? 0 : count - valid.reduce((sum, bit) => sum + bit, 0)
  out.nodes.push(count, nulls)
  out.buffers.push(nulls === 0 ? none : packBits(valid!))
  switch (node.layout) {
    case 'bits':
      out.buffers.push(packBits(expandBits(raw, buffer + 1, selection)))
      return
    case 'fixed':
      out.buffers.push(takeFixed(raw, buffer + 1, node.width, selection))
      return
    case 'bytes':
    case 'large bytes': {
      const items = ranges(out, raw, node, selection)
      out.buffers.push(takeFixed(raw, buffer + 2, 1, items))
      return
    }
    case 'list':
    case 'large list':
      gather(out, raw, node.children[0], ranges(out, raw, node, selection), replace)
      return
    case 'fixed list':
      gather(out, raw, node.children[0], repeated(selection, node.width), replace)
      return
    case 'struct':
      for (const child of node.children) gather(out, raw, child, selection, replace)
  }
}

/** Adds the offsets of selected lists or strings, and gives the items they cover. */
function ranges(out: ArrayList, raw: RawBatch, node: PlanNode, selection: Selection): Selection {
  const large = node.layout === 'large list' || node.layout === 'large bytes'
  const starts = large ? offsets64(raw, node) : offsets32(raw, node)
  const { count, first, index } = selection
  const offsets = new Int32Array(count + 1)
  for (let i = 0; i < count; i++) {
    const at = index === null ? first + i : index[i]
    offsets[i + 1] = offsets[i] + starts[at + 1] - starts[at]
  }
  out.buffers.push(large ? BigInt64Array.from(offsets, BigInt) : offsets)
  if (index === null) return { count: offsets[count], first: starts[first] ?? 0, index: null }
  const items = new Int32Array(offsets[count])
  for (let i = 0; i < count; i++)
    for (let item = offsets[i], from = starts[index[i]]; item < offsets[i + 1]; item++) items[item] = from++
  return { count: items.length, first: 0, index: items }
}

function repeated(selection: Selection, size: number): Selection {
  const { count, first, index } = selection
  if (index === null) return { count: count * size, first: first * size, index: null }
  const items = new Int32Array(count * size)
  for (let i = 0; i < items.length; i++) items[i] = index[Math.floor(i / size)] * size + (i % size)
  return { count: items.length, first: 0, index: items }
}

/** Selected values of `width` bytes each. */
function takeFixed(raw: RawBatch, buffer: number, width: number, selection: Selection): Uint8Array {
  const start = raw.bufferStart[buffer]
  const { count, first, index } = selection
  if (index === null) return raw.bytes.subarray(start + first * width, start + (first + count) * width)
  const out = new Uint8Array(count * width)
  if (width === 4 && start % 4 === 0) {
    // Most columns are of words: one move a value.
    const from = new Uint32Array(raw.memory, start, Math.floor(raw.bufferLength[buffer] / 4))
    const to = new Uint32Array(out.buffer)
    for (let i = 0; i < count; i++) to[i] = from[index[i]]
    return out
  }
  for (let i = 0; i < count; i++) {
    const from = start + index[i] * width
    for (let byte = 0; byte < width; byte++) out[i * width + byte] = raw.bytes[from + byte]
  }
  return out
}
