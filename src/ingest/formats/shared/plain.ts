import type { Data, Shape } from './node.js'

/** Entry `i` of a column as a plain value: 64-bit integers that are not safe as text, `null` for NaN and infinities too. */
export function plainValue(shape: Shape, data: Data, i: number): unknown {
  if (shape.kind === 'struct' && data.kind === 'struct') {
    const members = shape.children.map((child, m) => [child.name, plainValue(child, data.children[m], i)])
    return Object.fromEntries(members) as Record<string, unknown>
  }
  if (shape.kind === 'list' && data.kind === 'list') {
    const [first, last] = [data.offsets[i], data.offsets[i + 1]]
    return Array.from({ length: last - first }, (_, k) => plainValue(shape.item, data.item, first + k))
  }
  if (shape.kind !== 'leaf' || data.kind !== 'leaf') return null
  const { values, valid, ends } = data
  if (valid !== null && valid[i] === 0) return null
  if (ends !== undefined) return Buffer.from((values as Uint8Array).subarray(ends[i], ends[i + 1])).toString()
  const value = values[i]
  if (shape.type === 'bool') return value !== 0
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : String(value)
  return Number.isFinite(value) ? value : null
}
