import type { RecordBatch, Schema } from 'apache-arrow'
import { SpillwayError } from '../../errors.js'
import type { ColumnType, EventSchema } from '../columns.js'
import { arrowSchema, recordBatch } from '../formats/shared/batch.js'
import { columnsOf, shapeOfField } from '../formats/shared/from-arrow.js'
import type { Data, Shape } from '../formats/shared/node.js'
import { eventSchema } from '../formats/shared/schema.js'
import { convertLeaf } from './convert.js'
import { type Derive, evaluate, planDerived, selected } from './derived.js'
import { pick } from './pick.js'
import type { SchemaMap } from './schema-map.js'
import { type Built, collect, type Found, resolve, type Source } from './sources.js'

/** A map made ready for files of one schema. */
export interface MapPlan {
  /** Top-level columns of the file that must be read. */
  readonly reads: readonly string[]
  readonly schema: Schema
  readonly events: EventSchema
  /** @throws SpillwayError SCHEMA_MISMATCH where branches of one list differ in length. */
  apply(batch: RecordBatch): RecordBatch
}

/**
 * Checks a map against a file's schema. `derive` may be absent for maps without derived columns and selection.
 *
 * @throws SpillwayError COLUMN_MISSING, COLUMN_TYPE or COLUMN_UNIT naming the branch, what is expected, what is found
 * and the nearest names.
 */
export function planMap(map: SchemaMap, schema: Schema, place: string, derive?: Derive): MapPlan {
  const known = new Map<string, Found>()
  schema.fields.map(shapeOfField).forEach((shape, column) => {
    collect(shape, shape.name, { column, steps: [], list: false }, known)
  })
  const sources = [
    ...Object.entries(map.columns).flatMap(([path, entry]) => resolve(map, known, '', path, entry, place)),
    ...Object.entries(map.lists).flatMap(([axis, columns]) =>
      Object.entries(columns).flatMap(([name, entry]) =>
        resolve(map, known, axis, `${axis}.${name}`, entry, place),
      ),
    ),
  ]
  const derived = planDerived(map, sources, place, derive)
  const shapes = group([
    ...sources.map(({ path, axis, type, unit }) => ({ path, axis, type, unit })),
    ...derived,
  ])
  const metadata = new Map([...schema.metadata, ['schema_map', map.name]])
  const target = arrowSchema(
    shapes.map(({ shape }) => shape),
    metadata,
  )
  const reads = [...new Set(sources.map(({ found }) => schema.fields[found.column].name))]
  const indexOf = new Map(schema.fields.map((field, i) => [i, field.name]))
  const apply = (batch: RecordBatch): RecordBatch => {
    const columns = columnsOf(batch)
    const at = new Map(batch.schema.fields.map((field, i) => [field.name, columns[i]]))
    const built = new Map<string, Built>()
    for (const source of sources)
      built.set(source.path, build(source, at.get(indexOf.get(source.found.column) ?? '')))
    for (const { path, axis, expression } of derived) {
      built.set(path, evaluate(derive as Derive, expression, axis, built, batch.numRows))
    }
    const data = shapes.map(({ members, shape }) => assemble(shape, members, built, place))
    if (map.select === undefined) return recordBatch(target, data, batch.numRows)
    const kept = selected(
      evaluate(derive as Derive, map.select, '', built, batch.numRows).data.values as Float32Array,
    )
    return recordBatch(
      target,
      data.map((column) => pick(column, kept)),
      kept.length,
    )
  }
  return {
    reads,
    schema: target,
    events: eventSchema(
      shapes.map(({ shape }) => shape),
      metadata,
    ),
    apply,
  }
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
