import type { RecordBatch, Schema } from 'apache-arrow'
import { SpillwayError } from '../../errors.js'
import { ColumnEvents } from '../column-events.js'
import type { ColumnType, EventSchema } from '../columns.js'
import { arrowSchema, recordBatch } from '../formats/shared/batch.js'
import { columnsOf } from '../formats/shared/from-arrow.js'
import type { Data, Shape } from '../formats/shared/node.js'
import { eventSchema } from '../formats/shared/schema.js'
import { convertLeaf } from './convert.js'
import { columnOf, type DerivedPlan, leafOf, planDerived } from './derived.js'
import { pick } from './pick.js'
import type { SchemaMap } from './schema-map.js'
import { type Built, branchesOf, resolveSources, type Source } from './sources.js'

/** The top-level columns of a file. */
export interface FileColumns {
  readonly shapes: readonly Shape[]
  readonly metadata: ReadonlyMap<string, string>
}

/** A map made ready for files of one schema. */
export interface MapPlan {
  /** Top-level columns of the file that must be read. */
  readonly reads: readonly string[]
  readonly schema: Schema
  readonly events: EventSchema
  /** Its columns as a file would have them. */
  readonly shapes: readonly Shape[]
  /** @throws SpillwayError SCHEMA_MISMATCH where branches of one list differ in length. */
  apply(batch: RecordBatch): RecordBatch
}

/** Everything that keeps a map from fitting a file, by the lines of the map. */
export function mapProblems(map: SchemaMap, { shapes }: FileColumns, file: string): readonly SpillwayError[] {
  const { sources, problems } = resolveSources(map, branchesOf(shapes), file)
  // What is computed from a column that is missing is no second mistake.
  return problems.length > 0 ? problems : planDerived(map, sources).problems
}

/**
 * Checks a map against a file's columns.
 *
 * @throws SpillwayError COLUMN_MISSING, COLUMN_TYPE, COLUMN_UNIT or EXPRESSION_INVALID with the line of the map, naming
 * the branch, what is expected, what is found and the nearest names.
 */
export function planMap(
  map: SchemaMap,
  { shapes: branches, metadata: given }: FileColumns,
  file: string,
): MapPlan {
  const { sources, problems } = resolveSources(map, branchesOf(branches), file)
  if (problems.length > 0) throw problems[0]
  const computed = planDerived(map, sources)
  if (computed.problems.length > 0) throw computed.problems[0]
  const grouped = group([
    ...sources.map(({ path, axis, type, unit }) => ({ path, axis, type, unit })),
    ...computed.derived,
  ])
  const shapes = grouped.map(({ shape }) => shape)
  const metadata = new Map([...given, ['schema_map', map.name]])
  const schema = arrowSchema(shapes, metadata)
  const reads = [...new Set(sources.map(({ found }) => found.column))]
  const apply = (batch: RecordBatch): RecordBatch => {
    const columns = columnsOf(batch)
    const at = new Map(batch.schema.fields.map((field, i) => [field.name, columns[i]]))
    const built = new Map<string, Built>()
    for (const source of sources) built.set(source.path, build(source, at.get(source.found.column)))
    const kept = compute(computed, sources, built, batch.numRows)
    const data = grouped.map(({ members, shape }) => assemble(shape, members, built, file))
    if (kept === null) return recordBatch(schema, data, batch.numRows)
    return recordBatch(
      schema,
      data.map((column) => pick(column, kept)),
      kept.length,
    )
  }
  return { reads, schema, events: eventSchema(shapes, metadata), shapes, apply }
}

/** Adds the computed columns to `built`. @returns the rows that are kept; `null` for all */
function compute(
  { derived, select }: DerivedPlan,
  sources: readonly Source[],
  built: Map<string, Built>,
  rows: number,
): Int32Array | null {
  if (derived.length === 0 && select === null) return null
  const wanted = [...derived.map(({ compiled }) => compiled), ...(select === null ? [] : [select])]
  const reads = new Set(wanted.flatMap((one) => one.reads))
  const offsets = new Map<string, Int32Array>()
  for (const { path, axis } of sources) {
    const along = built.get(path)?.offsets
    if (axis !== '' && along && !offsets.has(axis)) offsets.set(axis, along)
  }
  const columns = new Map(
    sources
      .filter(({ path }) => reads.has(path))
      .map(({ path, axis, type }) => [path, columnOf((built.get(path) as Built).data, type, axis)] as const),
  )
  let events = new ColumnEvents({ rows, columns, offsets })
  for (const { path, axis, type, compiled } of derived) {
    const column = compiled.column(events)
    const data = leafOf(column, type)
    built.set(path, { data, offsets: offsets.get(axis) ?? null })
    // Later expressions see what is written, rounded to its type.
    if (reads.has(path))
      events = events.with(path, column.type === 'utf8' ? column : columnOf(data, type, axis))
  }
  return select === null ? null : rowsOf(select.mask(events))
}

function rowsOf(mask: Uint8Array): Int32Array {
  const out = new Int32Array(mask.length)
  let count = 0
  for (let i = 0; i < mask.length; i++) if (mask[i] !== 0) out[count++] = i
  return out.subarray(0, count)
}

interface Grouped {
  readonly shape: Shape
  readonly members: readonly string[]
}

/** Columns joined to structs and lists by the first part of their paths. */
function group(
  columns: readonly { path: string; axis: string; type: ColumnType; unit: string | undefined }[],
): readonly Grouped[] {
  const heads = [...new Set(columns.map(({ path }) => path.split('.')[0]))]
  return heads.map((head) => {
    const own = columns.filter(({ path }) => path.split('.')[0] === head)
    const members = own.map(({ path }) => path)
    const leaves = own.map(
      ({ path, type, unit }): Shape => ({
        kind: 'leaf',
        name: path.slice(path.indexOf('.') + 1),
        type,
        ...(unit === undefined ? {} : { unit }),
      }),
    )
    if (own[0].path === head) return { shape: leaves[0], members }
    if (own[0].axis === '') return { shape: { kind: 'struct', name: head, children: leaves }, members }
    const item: Shape = { kind: 'struct', name: 'item', children: leaves }
    return { shape: { kind: 'list', name: head, item }, members }
  })
}

function build({ found, type, factor }: Source, column: Data | undefined): Built {
  let data = column
  let offsets: Int32Array | null = null
  const steps = [...found.steps]
  while (data !== undefined && data.kind !== 'leaf') {
    if (data.kind === 'list') {
      offsets = data.offsets
      data = data.item
    } else data = data.children[steps.shift() ?? -1]
  }
  if (data === undefined) throw new SpillwayError('SCHEMA_MISMATCH', `a batch lacks ${found.leaf.name}`)
  return { data: convertLeaf(data, found.leaf.type, type, factor), offsets }
}

function assemble(
  shape: Shape,
  members: readonly string[],
  built: ReadonlyMap<string, Built>,
  place: string,
): Data {
  const parts = members.map((path) => built.get(path) as Built)
  if (shape.kind === 'leaf') return parts[0].data
  const struct: Data = { kind: 'struct', children: parts.map(({ data }) => data) }
  if (shape.kind === 'struct') return struct
  const offsets = parts[0].offsets as Int32Array
  for (let m = 1; m < parts.length; m++) {
    if (!sameOffsets(offsets, parts[m].offsets as Int32Array))
      throw new SpillwayError('SCHEMA_MISMATCH', `${members[m]} has other lengths than ${members[0]}`, {
        place,
      })
  }
  return { kind: 'list', offsets, item: struct }
}

function sameOffsets(a: Int32Array, b: Int32Array): boolean {
  if (a === b) return true
  return a.length === b.length && Buffer.compare(bytesOf(a), bytesOf(b)) === 0
}

const bytesOf = (values: Int32Array): Buffer =>
  Buffer.from(values.buffer, values.byteOffset, values.byteLength)
