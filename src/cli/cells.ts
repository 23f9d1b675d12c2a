import type { Events } from '../ingest/columns.js'

/** The value of an event in a column, as a person reads it: lists in brackets, `-` for null. */
export function cell(events: Events, path: string, row: number): string {
  const { axis, values, valid, dictionary, type } = events.column(path)
  const one = (index: number): string => {
    if (valid !== null && valid[index] === 0) return '-'
    const value = values[index]
    if (type === 'utf8') return dictionary?.[Number(value)] ?? '-'
    if (type === 'bool') return value === 1 ? 'true' : 'false'
    return type.startsWith('float') ? Number(Number(value).toPrecision(6)).toString() : String(value)
  }
  if (axis === '') return one(row)
  const offsets = events.offsets(axis)
  return `[${Array.from({ length: offsets[row + 1] - offsets[row] }, (_, k) => one(offsets[row] + k)).join(', ')}]`
}

/** The first events as rows of text. */
export const firstRows = (events: Events, paths: readonly string[], count: number): string[][] =>
  Array.from({ length: Math.min(count, events.rows) }, (_, row) => paths.map((path) => cell(events, path, row)))
