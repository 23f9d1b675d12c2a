import type { ColumnChunk } from 'hyparquet'
import type { Scratch } from '../kernel/scratch.js'
import { overLimit, unreadable } from '../shared/damage.js'
import { limits } from '../shared/limits.js'
import type { Data, Shape } from '../shared/node.js'
import {
  allPages,
  type ColumnReader,
  type ColumnReading,
  joinValues,
  leafData,
  sliceValues,
} from './column.js'
import { countMax } from './count.js'
import type { LevelForm, Page } from './pages.js'
import type { LeafPlan } from './schema.js'
import type { PageValues } from './values.js'

/** What the levels of a column below one list, or none, come to: no level is looked at twice. */
interface Rows {
  readonly rows: number
  readonly items: number
  /** Items before each row and after the last; the first may be above 0: items of a row that began before. */
  readonly offsets: Int32Array | null
  /** One byte an item, 0 where null; `null` where every item has its value. */
  readonly valid: Uint8Array | null
}

/** Whole rows of such a column; `offsets` begin at 0, values are without the nulls. */
export interface ShallowPart extends Rows {
  readonly values: PageValues
}

const countRows: LevelForm<Rows> = (scratch, { itemDef, maxDef }, { entries, rep, def, stored }) => {
  const least = itemDef[0] ?? 0
  if (rep === null) {
    const valid = def === null ? null : present(scratch, def, entries, entries, 0, maxDef)
    return { rows: entries, items: entries, offsets: null, valid }
  }
  const at = scratch.room((entries + 1) * 4)
  const rows = scratch.lists(rep, def ?? 0, entries, least, at)
  const offsets = new Int32Array(scratch.bytes.buffer as ArrayBuffer, at, rows + 1).slice()
  const items = offsets[rows]
  const valid = def === null || items === stored ? null : present(scratch, def, entries, items, least, maxDef)
  return { rows, items, offsets, valid }
}

function present(
  scratch: Scratch,
  def: number,
  entries: number,
  items: number,
  least: number,
  max: number,
): Uint8Array {
  const out = scratch.room(entries)
  scratch.present(def, entries, least, max, out)
  return scratch.bytes.slice(out, out + items)
}

export function shallowReader(
  reading: ColumnReading,
  chunks: readonly ColumnChunk[],
): ColumnReader<ShallowPart> {
  const { leaf, source } = reading
  const pages = allPages({ ...reading, form: countRows }, chunks)
  let page: Page<Rows> = { levels: { rows: 0, items: 0, offsets: null, valid: null }, values: [] }
  let [row, item, value] = [0, 0, 0]
  const nextPage = async (isInRow: boolean): Promise<boolean> => {
    const { value: got, done } = await pages.next()
    if (done === true) return false
    page = got
    ;[row, item, value] = [0, 0, 0]
    if (!isInRow && page.levels.offsets !== null && page.levels.offsets[0] !== 0)
      throw unreadable(`column ${leaf.path} goes on with a row that never began`, source.name)
    return true
  }
  /** The next `rows` rows of the page, and the items before them that belong to the row before. */
  const cut = (rows: number): Cut => {
    const { levels, values } = page
    const from = item
    item = levels.offsets === null ? row + rows : levels.offsets[row + rows]
    const valid = levels.valid?.subarray(from, item) ?? null
    const stored = valid === null ? item - from : countMax(valid, 0, valid.length, 1)
    const part = {
      rows,
      from,
      items: item - from,
      offsets: levels.offsets?.subarray(row, row + rows + 1) ?? null,
      valid,
      values: sliceValues(values, value, value + stored),
    }
    row += rows
    value += stored
    return part
  }
  return {
    async take(rows) {
      const parts: Cut[] = []
      let [started, total] = [0, 0]
      for (;;) {
        if (row === page.levels.rows) {
          // A list column's last row may go on in the next page.
          if (started === rows && leaf.itemDef.length === 0) break
          if (!(await nextPage(started > 0))) {
            if (started === rows) break
            throw unreadable(`column ${leaf.path} ends ${rows - started} rows early`, source.name)
          }
        }
        const part = cut(Math.min(rows - started, page.levels.rows - row))
        if (part.items > 0 || part.rows > 0) parts.push(part)
        started += part.rows
        total += part.items
        if (total > limits.batchValues)
          throw overLimit(`column ${leaf.path}: ${total} values in one batch`, source.name)
        if (started === rows && row < page.levels.rows) break
      }
      return join(parts, leaf, rows, total)
    },
  }
}

/** A stretch of one page: `from` items of the page stand before its own. */
interface Cut extends ShallowPart {
  readonly from: number
}

function join(parts: readonly Cut[], leaf: LeafPlan, rows: number, items: number): ShallowPart {
  const offsets = leaf.itemDef.length === 0 ? null : joinOffsets(parts, rows, items)
  if (parts.length === 1) return { ...parts[0], offsets }
  const values = joinValues(
    parts.map((part) => part.values),
    leaf,
  )
  return { rows, items, offsets, valid: joinValid(parts, items), values }
}

function joinOffsets(parts: readonly Cut[], rows: number, items: number): Int32Array {
  const out = new Int32Array(rows + 1)
  let [row, done] = [0, 0]
  for (const part of parts) {
    const { offsets, rows: count } = part
    const shift = done - part.from
    if (offsets !== null) for (let i = 0; i < count; i++) out[row + i] = offsets[i] + shift
    row += count
    done += part.items
  }
  out[rows] = items
  return out
}

function joinValid(parts: readonly Cut[], items: number): Uint8Array | null {
  if (parts.every((part) => part.valid === null)) return null
  const out = new Uint8Array(items)
  let at = 0
  for (const part of parts) {
    if (part.valid === null) out.fill(1, at, at + part.items)
    else out.set(part.valid, at)
    at += part.items
  }
  return out
}

/** Builds a column of events below at most one list; the leaves of one list must agree on its offsets. */
export function assembleShallow(
  shape: Shape,
  leaves: readonly LeafPlan[],
  parts: readonly ShallowPart[],
  place: string,
): Data {
  let next = 0
  const build = (node: Shape, list: Int32Array | null): Data => {
    if (node.kind === 'struct')
      return { kind: 'struct', children: node.children.map((child) => build(child, list)) }
    if (node.kind === 'list') {
      const { offsets } = parts[next]
      if (offsets === null) throw unreadable(`column ${leaves[next].path} has no lists`, place)
      return { kind: 'list', offsets, item: build(node.item, offsets) }
    }
    const [leaf, { items, offsets, valid, values }] = [leaves[next], parts[next]]
    next++
    if (list !== null && offsets !== null && offsets !== list && !same(offsets, list))
      throw unreadable(`column ${leaf.path} has lists of other lengths`, place)
    return leafData(leaf, values, items, valid)
  }
  return build(shape, null)
}

function same(a: Int32Array, b: Int32Array): boolean {
  for (let i = 0; i < b.length; i++) if (a[i] !== b[i]) return false
  return a.length === b.length
}
