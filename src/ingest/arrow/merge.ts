import { packBits } from './column-arrays.js'
import type { PlanNode } from './plan.js'
import type { BatchArrays } from './write-batch.js'

const none = new Uint8Array(0)

/** Batches of one schema, as `gather` writes them, as one batch. */
export function mergeBatches(tops: readonly PlanNode[], batches: readonly BatchArrays[]): BatchArrays {
  if (batches.length === 1) return batches[0]
  const nodes: number[] = []
  const buffers: ArrayBufferView[] = []
  const visit = (node: PlanNode) => {
    const at = nodes.length
    const lengths = batches.map((batch) => batch.nodes[at])
    nodes.push(sum(lengths), sum(batches.map((batch) => batch.nodes[at + 1])))
    if (node.layout !== 'null') buffers.push(mergeValidity(batches, buffers.length, lengths, nodes[at + 1]))
    const own = () => batches.map((batch) => batch.buffers[buffers.length])
    switch (node.layout) {
      case 'bits':
        buffers.push(mergeBits(own().map(bytesOf), lengths))
        break
      case 'fixed':
        buffers.push(Buffer.concat(own().map(bytesOf)))
        break
      case 'bytes':
      case 'large bytes':
        buffers.push(mergeOffsets(own()))
        buffers.push(Buffer.concat(own().map(bytesOf)))
        break
      case 'list':
      case 'large list':
        buffers.push(mergeOffsets(own()))
    }
    for (const child of node.children) visit(child)
  }
  for (const node of tops) visit(node)
  return { rows: sum(batches.map((batch) => batch.rows)), nodes, buffers }
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0)

function bytesOf(view: ArrayBufferView): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength)
}

function mergeValidity(
  batches: readonly BatchArrays[],
  buffer: number,
  lengths: readonly number[],
  nulls: number,
): Uint8Array {
  if (nulls === 0) return none
  const bitmaps = batches.map((batch, i) => {
    const bits = bytesOf(batch.buffers[buffer])
    return bits.length > 0 ? bits : new Uint8Array(Math.ceil(lengths[i] / 8)).fill(255)
  })
  return mergeBits(bitmaps, lengths)
}

function mergeBits(bitmaps: readonly Uint8Array[], lengths: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(sum(lengths))
  let at = 0
  bitmaps.forEach((bitmap, i) => {
    for (let bit = 0; bit < lengths[i]; bit++) bytes[at++] = (bitmap[bit >> 3] >> (bit & 7)) & 1
  })
  return packBits(bytes)
}

function mergeOffsets(parts: readonly ArrayBufferView[]): ArrayBufferView {
  if (parts[0] instanceof BigInt64Array) {
    const offsets = [0n]
    for (const part of parts as BigInt64Array[]) {
      const base = offsets[offsets.length - 1]
      for (let i = 1; i < part.length; i++) offsets.push(base + part[i])
    }
    return BigInt64Array.from(offsets)
  }
  const lists = parts as Int32Array[]
  const out = new Int32Array(sum(lists.map((part) => part.length - 1)) + 1)
  let row = 0
  for (const part of lists) {
    for (let i = 1; i < part.length; i++) out[row + i] = out[row] + part[i]
    row += part.length - 1
  }
  return out
}
