import type { Values } from '../columns.js'
import { ARRAYS, type NumberType } from '../typed-arrays.js'
import type { RawBatch } from './batch.js'
import { aligned, offsets32, offsets64 } from './check.js'
import type { Plan, PlanNode } from './plan.js'

/** Which physical values of an array its column shows, in order: a run from `first` on, or those of `index`. */
export interface Selection {
  readonly count: number
  readonly first: number
  readonly index: Int32Array | null
}

/** A list axis of one batch: flat offsets from 0 on, and the items they refer to. */
export interface Axis {
  readonly offsets: Int32Array
  readonly items: Selection
}

/** The values along an axis of a batch; '' are the rows. */
export function selectionOf(raw: RawBatch, plan: Plan, axis: string): Selection {
  return axis === ''
    ? { count: raw.rows, first: 0, index: null }
    : axisOf(raw, plan, plan.lists.get(axis)!).items
}

/** Flat offsets of a list, made once a batch; null lists, and lists under a null struct, are empty. */
export function axisOf(raw: RawBatch, plan: Plan, list: PlanNode): Axis {
  const known = raw.axes.get(list.makes!)
  if (known !== undefined) return known
  const above = selectionOf(raw, plan, list.axis)
  const valid = validity(raw, list, above)
  const starts = startsOf(raw, list)
  const axis =
    valid === null && above.index === null ? contiguous(starts, above) : gathered(starts, above, valid)
  raw.axes.set(list.makes!, axis)
  return axis
}

/** Where each list begins among its items, one entry more than lists. */
function startsOf(raw: RawBatch, list: PlanNode): Int32Array {
  if (list.layout === 'fixed list')
    return Int32Array.from({ length: raw.lengths[list.index] + 1 }, (_, i) => i * list.width)
  const starts = list.layout === 'list' ? offsets32(raw, list) : Int32Array.from(offsets64(raw, list))
  return starts.length === 0 ? new Int32Array(1) : starts
}

function contiguous(starts: Int32Array, above: Selection): Axis {
  const physical = starts.subarray(above.first, above.first + above.count + 1)
  const first = physical[0]
  const offsets = first === 0 ? physical : physical.map((offset) => offset - first)
  return { offsets, items: { count: offsets[above.count], first, index: null } }
}

function gathered(starts: Int32Array, above: Selection, valid: Uint8Array | null): Axis {
  const offsets = new Int32Array(above.count + 1)
  const at = (i: number) => (above.index === null ? above.first + i : above.index[i])
  for (let i = 0; i < above.count; i++) {
    const size = valid === null || valid[i] === 1 ? starts[at(i) + 1] - starts[at(i)] : 0
    offsets[i + 1] = offsets[i] + size
  }
  const index = new Int32Array(offsets[above.count])
  for (let i = 0; i < above.count; i++)
    for (let item = offsets[i], from = starts[at(i)]; item < offsets[i + 1]; item++) index[item] = from++
  return { offsets, items: { count: index.length, first: 0, index } }
}

/**
 * One byte a selected value, 0 where it or a struct around it (up to the nearest list) is null; `null` where every
 * value is there.
 */
export function validity(raw: RawBatch, node: PlanNode, selection: Selection): Uint8Array | null {
  let valid: Uint8Array | null = null
  for (let at: PlanNode | undefined = node; at !== undefined; at = raw.nodes[at.parent]) {
    if (at !== node && at.layout !== 'struct') break
    if (at.layout === 'null') return new Uint8Array(selection.count)
    if (raw.nulls[at.index] === 0) continue
    const bits = expandBits(raw, raw.firstBuffer[at.index], selection)
    if (valid === null) valid = bits
    else for (let i = 0; i < bits.length; i++) valid[i] &= bits[i]
  }
  return valid?.includes(0) ? valid : null
}

/** The selected bits of a bitmap, one byte each. */
export function expandBits(raw: RawBatch, buffer: number, selection: Selection): Uint8Array {
  const { count, first, index } = selection
  const start = raw.bufferStart[buffer]
  const out = new Uint8Array(count)
  for (let i = 0; i < count; i++) {
    const bit = index === null ? first + i : index[i]
    out[i] = (raw.bytes[start + (bit >> 3)] >> (bit & 7)) & 1
  }
  return out
}

/** The selected values of a `fixed` array: a view where they lie together, else a copy. */
export function select<T extends Values>(values: T, selection: Selection): T {
  const { count, first, index } = selection
  if (index === null) return values.subarray(first, first + count) as T
  const out = values.slice(0, count) as T
  for (let i = 0; i < count; i++) out[i] = values[index[i]]
  return out
}

/** All values of a `fixed` array of numbers; of `bool` Arrow has bits, which `expandBits` reads. */
export function numbers(raw: RawBatch, node: PlanNode, type: Exclude<NumberType, 'bool'>): Values {
  const View = ARRAYS[type]
  const length = raw.lengths[node.index]
  return aligned(raw, raw.firstBuffer[node.index] + 1, View.BYTES_PER_ELEMENT, (memory, start) => {
    return new View(memory, start, length)
  })
}
