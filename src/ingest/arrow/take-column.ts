import type { Column, Values } from '../columns.js'
import type { Selection } from './selection.js'

/** Some values of a column, counted from `base` on; -1 in the selection gives null. */
export function takeColumn(column: Column, selection: Selection, base: number): Column {
  const { count, first, index } = selection
  if (index === null) {
    const from = base + first
    const values = column.values.subarray(from, from + count) as Values
    return { ...column, values, valid: column.valid?.subarray(from, from + count) ?? null }
  }
  const Same = column.values.constructor as new (length: number) => Values
  const values = new Same(count)
  const holes = index.includes(-1)
  const valid = column.valid === null && !holes ? null : new Uint8Array(count)
  for (let i = 0; i < count; i++) {
    if (index[i] < 0) continue
    values[i] = column.values[base + index[i]]
    if (valid !== null) valid[i] = column.valid === null ? 1 : column.valid[base + index[i]]
  }
  return { ...column, values, valid }
}
