import type { Values } from '../columns.js'
import type { Data } from '../formats/shared/node.js'

/** The rows of `data` named by `rows`, in that order. */
export function pick(data: Data, rows: Int32Array): Data {
  if (data.kind === 'struct')
    return { kind: 'struct', children: data.children.map((child) => pick(child, rows)) }
  if (data.kind === 'list') {
    const { offsets, items } = pickOffsets(data.offsets, rows)
    return { kind: 'list', offsets, item: pick(data.item, items) }
  }
  const valid = data.valid === null ? null : (gather(data.valid, rows) as Uint8Array)
  if (data.ends === undefined) return { kind: 'leaf', values: gather(data.values, rows), valid }
  const { offsets, items } = pickOffsets(data.ends, rows)
  return { kind: 'leaf', values: gather(data.values, items), valid, ends: offsets }
}

function pickOffsets(ends: Int32Array, rows: Int32Array): { offsets: Int32Array; items: Int32Array } {
  const offsets = new Int32Array(rows.length + 1)
  for (let i = 0; i < rows.length; i++) offsets[i + 1] = offsets[i] + ends[rows[i] + 1] - ends[rows[i]]
  const items = new Int32Array(offsets[rows.length])
  for (let i = 0; i < rows.length; i++) {
    for (let to = offsets[i], from = ends[rows[i]]; to < offsets[i + 1]; to++, from++) items[to] = from
  }
  return { offsets, items }
}

function gather(values: Values, rows: Int32Array): Values {
  const source = values as Float64Array
  const out = new (values.constructor as Float64ArrayConstructor)(rows.length)
  for (let i = 0; i < rows.length; i++) out[i] = source[rows[i]]
  return out
}
