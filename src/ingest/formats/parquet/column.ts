import type { ColumnChunk } from 'hyparquet'
import type { Values } from '../../columns.js'
import { allocate, concatenate, type NumberType } from '../../typed-arrays.js'
import { overLimit, unreadable } from '../shared/damage.js'
import { limits } from '../shared/limits.js'
import type { LeafData } from '../shared/node.js'
import { countMax } from './count.js'
import { type LevelForm, type Page, type PageReading, readPages } from './pages.js'
import type { LeafPlan } from './schema.js'
import type { PageValues } from './values.js'

/** Levels of a page or of a stretch of it, as they stood; `def` is `null` where every entry has its value. */
interface Levels {
  readonly entries: number
  readonly def: Uint8Array | null
  readonly rep: Uint8Array
}

/** A stretch of a column below several lists: whole rows, values without the nulls. */
export interface Stretch extends Levels {
  readonly values: PageValues
}

/** Reads a column's rows in order, across pages and row groups; holds one page and one window of the file. */
export interface ColumnReader<Part> {
  /** The next `rows` rows. @throws SpillwayError FILE_UNREADABLE when the column has fewer. */
  take(rows: number): Promise<Part>
}

/** How a column is read; see PageReading. */
export type ColumnReading = Omit<PageReading<unknown>, 'form'>

const keepLevels: LevelForm<Levels> = (scratch, _, { entries, rep, def }) => ({
  entries,
  rep: rep === null ? new Uint8Array(entries) : scratch.bytes.slice(rep, rep + entries),
  def: def === null ? null : scratch.bytes.slice(def, def + entries),
})

export function deepReader(reading: ColumnReading, chunks: readonly ColumnChunk[]): ColumnReader<Stretch> {
  const { leaf, source } = reading
  const pages = allPages({ ...reading, form: keepLevels }, chunks)
  let page: Page<Levels> | null = null
  let entry = 0
  let value = 0
  const nextPage = async (): Promise<boolean> => {
    const { value: got, done } = await pages.next()
    ;[page, entry, value] = [done === true ? null : got, 0, 0]
    return done !== true
  }
  const take = async (rows: number): Promise<Stretch> => {
    const parts: Stretch[] = []
    let [started, total] = [0, 0]
    for (;;) {
      if (page === null || entry === page.levels.entries) {
        if (await nextPage()) continue
        if (started === rows) break
        throw unreadable(`column ${leaf.path} ends ${rows - started} rows early`, source.name)
      }
      const from = entry
      const { rep, def, entries } = page.levels
      if (started === 0 && total === 0 && rep[entry] !== 0)
        throw unreadable(`column ${leaf.path} goes on with a row that never began`, source.name)
      ;[entry, started] = rowsEnd(rep, entry, started, rows)
      const stored = def === null ? entry - from : countMax(def, from, entry, leaf.maxDef)
      parts.push({
        entries: entry - from,
        def: def?.subarray(from, entry) ?? null,
        rep: rep.subarray(from, entry),
        values: sliceValues(page.values, value, value + stored),
      })
      value += stored
      total += entry - from
      if (total > limits.batchValues)
        throw overLimit(`column ${leaf.path}: ${total} values in one batch`, source.name)
      // The last row may go on in the next page.
      if (started === rows && entry < entries) break
    }
    return join(parts, leaf)
  }
  return { take }
}

export async function* allPages<L>(
  reading: PageReading<L>,
  chunks: readonly ColumnChunk[],
): AsyncGenerator<Page<L>> {
  for (const chunk of chunks) yield* readPages(reading, chunk)
}

const block = 1024

/** Where the row after `rows` begins, or the end of the page; and how many rows have begun by then. */
function rowsEnd(rep: Uint8Array, from: number, started: number, rows: number): [number, number] {
  let [at, begun] = [from, started]
  // Whole blocks first: their rows need no look at each level.
  while (at + block <= rep.length) {
    const zeros = block - countNonZero(rep, at)
    if (begun + zeros > rows) break
    begun += zeros
    at += block
  }
  for (; at < rep.length; at++) {
    if (rep[at] !== 0) continue
    if (begun === rows) break
    begun++
  }
  return [at, begun]
}

function countNonZero(rep: Uint8Array, at: number): number {
  let count = 0
  for (let i = at; i < at + block; i++) count += -rep[i] >>> 31
  return count
}

export const sliceValues = (values: PageValues, from: number, to: number): PageValues =>
  ArrayBuffer.isView(values) ? (values as Float64Array).subarray(from, to) : values.slice(from, to)

function join(parts: readonly Stretch[], leaf: LeafPlan): Stretch {
  if (parts.length === 1) return parts[0]
  const entries = parts.reduce((sum, part) => sum + part.entries, 0)
  const isFull = parts.every((part) => part.def === null)
  const values = joinValues(
    parts.map((part) => part.values),
    leaf,
  )
  return {
    entries,
    def: isFull ? null : levels(parts, entries, (part) => part.def, leaf.maxDef),
    rep: levels(parts, entries, (part) => part.rep, 0),
    values,
  }
}

export const joinValues = (parts: readonly PageValues[], leaf: LeafPlan): PageValues =>
  leaf.type === 'utf8'
    ? (parts as readonly (readonly Uint8Array[])[]).flat()
    : concatenate(leaf.type, parts as readonly Values[])

function levels(
  parts: readonly Stretch[],
  entries: number,
  of: (part: Stretch) => Uint8Array | null,
  otherwise: number,
): Uint8Array {
  const out = new Uint8Array(entries)
  let at = 0
  for (const part of parts) {
    const source = of(part)
    if (source === null) out.fill(otherwise, at, at + part.entries)
    else out.set(source, at)
    at += part.entries
  }
  return out
}

/** The leaf's column of `items` values, nulls in their places. */
export function leafValues(stretch: Stretch, leaf: LeafPlan, items: number): LeafData {
  const innermost = leaf.itemDef.at(-1) ?? 0
  const { def, values } = stretch
  if (def === null || values.length === items) return leafData(leaf, values, items, null)
  const valid = new Uint8Array(items)
  let item = 0
  for (let i = 0; i < def.length; i++) if (def[i] >= innermost) valid[item++] = def[i] === leaf.maxDef ? 1 : 0
  return leafData(leaf, values, items, valid)
}

/** A column of `items` values, of which those are stored that `valid` says. */
export function leafData(
  leaf: LeafPlan,
  values: PageValues,
  items: number,
  valid: Uint8Array | null,
): LeafData {
  if (leaf.type === 'utf8') return buildStrings(values as readonly Uint8Array[], items, valid)
  if (valid === null) return { kind: 'leaf', values: values as Values, valid }
  const out = allocate(leaf.type as NumberType, items) as Float64Array
  const source = values as Float64Array
  const isFloat = leaf.type === 'float32' || leaf.type === 'float64'
  for (let i = 0, v = 0; i < items; i++) {
    if (valid[i] === 1) out[i] = source[v++]
    else if (isFloat) out[i] = Number.NaN
  }
  return { kind: 'leaf', values: out, valid }
}

function buildStrings(values: readonly Uint8Array[], items: number, valid: Uint8Array | null): LeafData {
  const ends = new Int32Array(items + 1)
  const bytes = new Uint8Array(values.reduce((sum, value) => sum + value.length, 0))
  for (let i = 0, v = 0, at = 0; i < items; i++) {
    if (valid === null || valid[i] === 1) {
      bytes.set(values[v], at)
      at += values[v++].length
    }
    ends[i + 1] = at
  }
  return { kind: 'leaf', values: bytes, valid, ends }
}
