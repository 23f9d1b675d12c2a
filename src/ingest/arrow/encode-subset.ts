import { SpillwayError } from '../../errors.js'
import type { Column } from '../columns.js'
import { type ArrayList, addColumn, addList } from './column-arrays.js'
import { columnField } from './encode-columns.js'
import { Header } from './frames.js'
import { gather, type Replace } from './gather.js'
import { type DecodeLimits, defaultLimits } from './limits.js'
import type { Plan, PlanNode } from './plan.js'
import { SchemaMemory } from './schema-memory.js'
import type { Field } from './schema-message.js'
import { axisOf, type Selection, selectionOf } from './selection.js'
import { type ArrowStream, type Part, readStream } from './stream.js'
import { takeColumn } from './take-column.js'
import { arrowTypeOf } from './types.js'
import { writeStream } from './write-batch.js'
import { writeSchema } from './write-schema.js'

export interface SubsetOptions {
  readonly limits?: DecodeLimits
  readonly schemas?: SchemaMemory
}

/**
 * Events of a message as a new message: some rows of it, whole, with columns more. Fields, nested lists, dictionaries
 * and metadata stay as they are; record batches stay apart; bodies come out uncompressed.
 *
 * `rows` rise strictly and count over all batches of the message; `null` means all. `extra` columns cover all events
 * of the message (as `Events.column` does), not only the rows taken: one with the path of a column replaces it in
 * place, any other becomes a field of that name, List<T> along an axis of the message.
 *
 * @throws SpillwayError as `decodeMessage`, SCHEMA_MISMATCH where an extra column names an axis that is not there or
 * a field's type cannot be cut, INTERNAL where `rows` or a column's length is the caller's mistake.
 */
export function encodeSubset(
  bytes: Uint8Array,
  rows: ArrayLike<number> | null,
  extra: ReadonlyMap<string, Column> = new Map(),
  options: SubsetOptions = {},
): Uint8Array {
  const stream = readStream(bytes, options.limits ?? defaultLimits, options.schemas ?? new SchemaMemory(1))
  const { plan } = stream
  checkExtra(stream, extra)
  const parts = new Map(stream.parts.map((part) => [part.frame, part]))
  const chosen = rowsByPart(stream, rows)
  const bases = new Map<string, number>()
  const pieces = stream.frames.map((frame) => {
    if (frame.header === Header.schema && extra.size > 0) return extendedSchema(plan, extra)
    const part = parts.get(frame)
    if (frame.header !== Header.recordBatch || part === undefined)
      return stream.bytes.subarray(frame.start, frame.end)
    return cut(part, plan, chosen.get(part)!, extra, bases)
  })
  return writeStream(pieces)
}

/** One batch's rows with its share of the extra columns; `bases` counts the values of each axis in earlier batches. */
function cut(
  part: Part,
  plan: Plan,
  rows: Selection,
  extra: ReadonlyMap<string, Column>,
  bases: Map<string, number>,
) {
  const { raw } = part
  const out: ArrayList = { nodes: [], buffers: [] }
  const replace: Replace = (node, selection) => {
    const column = plan.leaves.get(node.path) === node ? extra.get(node.path) : undefined
    if (column === undefined) return null
    const flat = flatPositions(selectionOf(raw, plan, node.axis), raw.lengths[node.index], selection)
    return takeColumn(column, flat, bases.get(node.axis) ?? 0)
  }
  for (const node of plan.nodes) if (node.parent === -1) gather(out, raw, node, rows, replace)
  for (const [path, column] of extra) {
    if (plan.leaves.has(path)) continue
    const items = addLists(out, part, plan, column.axis, rows)
    addColumn(out, takeColumn(column, items, bases.get(column.axis) ?? 0))
  }
  for (const axis of ['', ...plan.lists.keys()])
    bases.set(axis, (bases.get(axis) ?? 0) + selectionOf(raw, plan, axis).count)
  return { rows: rows.count, ...out }
}

/** Adds the lists of an axis for the selected rows, outermost first, and gives the flat items they hold. */
function addLists(out: ArrayList, part: Part, plan: Plan, axis: string, rows: Selection): Selection {
  if (axis === '') return rows
  const list = plan.lists.get(axis)!
  const above = addLists(out, part, plan, list.axis, rows)
  const { offsets } = axisOf(part.raw, plan, list)
  const taken = new Int32Array(above.count + 1)
  const at = (i: number) => (above.index === null ? above.first + i : above.index[i])
  for (let i = 0; i < above.count; i++) taken[i + 1] = taken[i] + offsets[at(i) + 1] - offsets[at(i)]
  addList(out, taken)
  if (above.index === null) return { count: taken[above.count], first: offsets[above.first], index: null }
  const index = new Int32Array(taken[above.count])
  for (let i = 0; i < above.count; i++)
    for (let item = taken[i], from = offsets[at(i)]; item < taken[i + 1]; item++) index[item] = from++
  return { count: index.length, first: 0, index }
}

/** Positions in the flat column of physical positions in the array; -1 for what the column leaves out (null lists). */
function flatPositions(column: Selection, length: number, wanted: Selection): Selection {
  if (column.index === null && wanted.index === null) return { ...wanted, first: wanted.first - column.first }
  const flat = new Int32Array(length).fill(-1)
  for (let i = 0; i < column.count; i++) flat[column.index === null ? column.first + i : column.index[i]] = i
  const index = new Int32Array(wanted.count)
  for (let i = 0; i < wanted.count; i++)
    index[i] = flat[wanted.index === null ? wanted.first + i : wanted.index[i]]
  return { count: wanted.count, first: 0, index }
}

function rowsByPart(stream: ArrowStream, rows: ArrayLike<number> | null): ReadonlyMap<Part, Selection> {
  let base = 0
  let next = 0
  const chosen = new Map<Part, Selection>()
  for (const part of stream.parts) {
    const count = part.raw.rows
    if (rows === null) chosen.set(part, { count, first: 0, index: null })
    else {
      const begin = next
      while (next < rows.length && rows[next] < base + count) {
        if (!(rows[next] >= base) || (next > begin && rows[next] <= rows[next - 1]))
          throw unordered(rows, next)
        next++
      }
      const index = Int32Array.from({ length: next - begin }, (_, i) => rows[begin + i] - base)
      chosen.set(part, { count: index.length, first: 0, index })
    }
    base += count
  }
  if (rows !== null && next < rows.length) throw unordered(rows, next)
  return chosen
}

function checkExtra({ plan, rows, parts }: ArrowStream, extra: ReadonlyMap<string, Column>): void {
  for (const [path, { axis, values }] of extra) {
    const place = `column ${path}`
    const replaced = plan.leaves.get(path)
    if ((axis !== '' && !plan.lists.has(axis)) || (replaced !== undefined && replaced.axis !== axis))
      throw new SpillwayError(
        'SCHEMA_MISMATCH',
        `column ${path} runs along '${axis}', which the message lacks`,
        { place },
      )
    const count =
      axis === '' ? rows : parts.reduce((sum, { raw }) => sum + selectionOf(raw, plan, axis).count, 0)
    if (values.length !== count)
      throw new SpillwayError('INTERNAL', `column ${path} has ${values.length} values, not ${count}`, {
        place,
      })
  }
}

function extendedSchema(plan: Plan, extra: ReadonlyMap<string, Column>): Uint8Array {
  const depth = (axis: string): number => (axis === '' ? 0 : 1 + depth(plan.lists.get(axis)!.axis))
  const fields = plan.nodes.filter((node) => node.parent === -1).map((node) => replaced(plan, node, extra))
  const added = Array.from(extra).filter(([path]) => !plan.leaves.has(path))
  return writeSchema({
    fields: [...fields, ...added.map(([path, { type, axis }]) => columnField(path, type, depth(axis)))],
    metadata: plan.schema.metadata,
  })
}

function replaced(plan: Plan, node: PlanNode, extra: ReadonlyMap<string, Column>): Field {
  const column = plan.leaves.get(node.path) === node ? extra.get(node.path) : undefined
  if (column !== undefined)
    return {
      ...node.field,
      // Keys of maps must stay what they are.
      nullable: node.field.nullable || column.valid !== null,
      type: arrowTypeOf(column.type),
      dictionary: null,
      children: [],
    }
  // A dictionary's children are its values', which are not among the nodes.
  if (node.field.dictionary !== null) return node.field
  return { ...node.field, children: node.children.map((child) => replaced(plan, child, extra)) }
}

function unordered(rows: ArrayLike<number>, at: number): SpillwayError {
  return new SpillwayError('INTERNAL', `row ${rows[at]} is out of order or not in the message`, {
    place: `row ${rows[at]}`,
  })
}
