import type { Column, Values } from '../columns.js'

/** Columns of consecutive batches as one. */
export function joinColumns(columns: readonly Column[]): Column {
  const [first] = columns
  if (columns.length === 1) return first
  const text = first.type === 'utf8' ? joinDictionaries(columns) : null
  const values = joinValues(text === null ? columns.map((column) => column.values) : text.codes)
  const column = { axis: first.axis, type: first.type, values, valid: joinValid(columns) }
  return text === null ? column : { ...column, dictionary: text.dictionary }
}

/** Offsets of consecutive batches as one list, from 0 on. */
export function joinOffsets(offsets: readonly Int32Array[]): Int32Array {
  if (offsets.length === 1) return offsets[0]
  const out = new Int32Array(offsets.reduce((sum, part) => sum + part.length - 1, 1))
  let row = 0
  for (const part of offsets) {
    const base = out[row]
    for (let i = 1; i < part.length; i++) out[row + i] = base + part[i]
    row += part.length - 1
  }
  return out
}

function joinValues(parts: readonly Values[]): Values {
  const length = parts.reduce((sum, part) => sum + part.length, 0)
  const Same = parts[0].constructor as new (length: number) => Values
  const out = new Same(length)
  let at = 0
  for (const part of parts) {
    ;(out as Float64Array).set(part as Float64Array, at)
    at += part.length
  }
  return out
}

function joinValid(columns: readonly Column[]): Uint8Array | null {
  if (columns.every((column) => column.valid === null)) return null
  return joinValues(
    columns.map((column) => column.valid ?? new Uint8Array(column.values.length).fill(1)),
  ) as Uint8Array
}

function joinDictionaries(columns: readonly Column[]) {
  const { dictionary } = columns[0]
  if (columns.every((column) => column.dictionary === dictionary))
    return { codes: columns.map((column) => column.values), dictionary: dictionary! }
  const known = new Map<string, number>()
  const codes = columns.map((column) => {
    const translate = column.dictionary!.map((string) => {
      const code = known.get(string) ?? known.size
      known.set(string, code)
      return code
    })
    return Int32Array.from(column.values as Int32Array, (code) => translate[code] ?? 0)
  })
  return { codes, dictionary: [...known.keys()] }
}
