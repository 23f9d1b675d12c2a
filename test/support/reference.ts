import { DataType, type Field, type Table } from 'apache-arrow'
import type { Events } from '#spillway/ingest/columns.js'

/** Values along each path and counts of each list, read from an apache-arrow table one value at a time. */
export interface Reference {
  readonly values: ReadonlyMap<string, readonly unknown[]>
  readonly counts: ReadonlyMap<string, readonly number[]>
}

/** The slow, obvious way from a table to flat columns: null structs and lists as the contract says. */
export function referenceOf(table: Table, except: readonly string[] = []): Reference {
  const values = new Map<string, unknown[]>()
  const counts = new Map<string, number[]>()
  const push = <T>(map: Map<string, T[]>, key: string, value: T) => {
    const list = map.get(key)
    if (list === undefined) map.set(key, [value])
    else list.push(value)
  }
  const visit = (field: Field, value: unknown, path: string, axis: string, inList: boolean): void => {
    const { type } = field
    if (DataType.isStruct(type)) {
      for (const child of type.children)
        visit(
          child,
          value === null ? null : (value as Record<string, unknown>)[child.name],
          `${path}.${child.name}`,
          axis,
          false,
        )
    } else if (DataType.isList(type) || DataType.isLargeList(type) || DataType.isFixedSizeList(type)) {
      const makes = inList ? `${axis}.${field.name}` : path
      const items = value === null ? [] : itemsOf(value)
      push(counts, makes, items.length)
      for (const item of items) visit(type.children[0], item, path, makes, true)
    } else push(values, path, value)
  }
  for (const field of table.schema.fields) {
    if (except.includes(field.name)) continue
    const vector = table.getChild(field.name)!
    for (let row = 0; row < table.numRows; row++) visit(field, vector.get(row), field.name, '', false)
  }
  return { values, counts }
}

function itemsOf(value: unknown): unknown[] {
  const { length, get } = value as { length: number; get(i: number): unknown }
  return Array.from({ length }, (_, i) => get.call(value, i))
}

/** The same of events: what `referenceOf` of the table they came from has to equal. */
export function flattened(events: Events): Reference {
  const values = new Map<string, readonly unknown[]>()
  const counts = new Map<string, readonly number[]>()
  for (const { path, type } of events.schema.columns) {
    const column = events.column(path)
    if (column.values.length === 0) continue
    values.set(
      path,
      Array.from(column.values as ArrayLike<number | bigint>, (value, i): unknown => {
        if (column.valid !== null && column.valid[i] === 0) return null
        if (type === 'utf8') return column.dictionary![Number(value)]
        return type === 'bool' ? value === 1 : value
      }),
    )
  }
  for (const axis of events.schema.axes) {
    const offsets = events.offsets(axis)
    if (offsets.length > 1)
      counts.set(
        axis,
        Array.from(offsets.subarray(1), (end, i) => end - offsets[i]),
      )
  }
  return { values, counts }
}
