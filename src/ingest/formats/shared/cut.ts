import type { Values } from '../../columns.js'
import type { Data } from './node.js'

/** Rows `from` to `to` of a column; values are shared, offsets of lists begin at 0 again. */
export function cut(data: Data, from: number, to: number): Data {
  if (data.kind === 'struct')
    return { kind: 'struct', children: data.children.map((child) => cut(child, from, to)) }
  if (data.kind === 'list') {
    const [first, last] = [data.offsets[from], data.offsets[to]]
    return { kind: 'list', offsets: rebased(data.offsets, from, to), item: cut(data.item, first, last) }
  }
  const valid = data.valid?.subarray(from, to) ?? null
  if (data.ends !== undefined) {
    const values = part(data.values, data.ends[from], data.ends[to])
    return { kind: 'leaf', values, valid, ends: rebased(data.ends, from, to) }
  }
  return { kind: 'leaf', values: part(data.values, from, to), valid }
}

const part = (values: Values, from: number, to: number): Values => (values as Float64Array).subarray(from, to)

function rebased(offsets: Int32Array, from: number, to: number): Int32Array {
  const first = offsets[from]
  if (first === 0) return offsets.subarray(from, to + 1)
  const out = new Int32Array(to - from + 1)
  for (let i = 0; i < out.length; i++) out[i] = offsets[from + i] - first
  return out
}
