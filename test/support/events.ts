import { ColumnEvents } from '#spillway/ingest/column-events.js'
import type { Column, ColumnType, Values } from '#spillway/ingest/columns.js'
import { ARRAYS } from '#spillway/ingest/typed-arrays.js'

export type Cell = number | bigint | boolean | string | null

/** A value per event, or a list per event: the list's name is then the first part of the path. */
export type Cells = readonly Cell[] | readonly (readonly Cell[])[]

const arrays = { ...ARRAYS, utf8: Int32Array } as const

/**
 * Events written down in a test: `eventsOf({ 'met.pt': ['float64', [1, null]], 'jets.pt': ['float32', [[1, 2], []]] })`.
 * @param lists Names of lists, needed only where no row is there to show it.
 */
export function eventsOf(
  table: Readonly<Record<string, readonly [ColumnType, Cells]>>,
  lists: readonly string[] = [],
): ColumnEvents {
  const columns = new Map<string, Column>()
  const offsets = new Map<string, Int32Array>()
  let rows = 0
  for (const [path, [type, cells]] of Object.entries(table)) {
    rows = cells.length
    const [first] = path.split('.')
    const axis = lists.includes(first) || cells.some(Array.isArray) ? first : ''
    if (axis !== '') offsets.set(axis, offsetsOf(cells as readonly (readonly Cell[])[]))
    columns.set(path, columnOf(axis, type, cells.flat()))
  }
  return new ColumnEvents({ rows, columns, offsets })
}

export function columnOf(axis: string, type: ColumnType, cells: readonly Cell[]): Column {
  const dictionary = [...new Set(cells.filter((cell) => typeof cell === 'string'))]
  const valid = cells.includes(null) ? Uint8Array.from(cells, (cell) => (cell === null ? 0 : 1)) : null
  const values = valuesOf(type, cells, dictionary)
  return type === 'utf8' ? { axis, type, values, valid, dictionary } : { axis, type, values, valid }
}

function valuesOf(type: ColumnType, cells: readonly Cell[], dictionary: readonly string[]): Values {
  if (type === 'int64' || type === 'uint64') return arrays[type].from(cells.map((cell) => BigInt(cell ?? 0)))
  if (type === 'utf8') return Int32Array.from(cells, (cell) => dictionary.indexOf(String(cell)))
  const none = type.startsWith('float') ? Number.NaN : 0
  return arrays[type].from(cells.map((cell) => (cell === null ? none : Number(cell))))
}

function offsetsOf(lists: readonly (readonly Cell[])[]): Int32Array {
  const offsets = new Int32Array(lists.length + 1)
  for (const [row, list] of lists.entries()) offsets[row + 1] = offsets[row] + list.length
  return offsets
}
