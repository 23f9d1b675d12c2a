import type { RecordBatch, Schema } from 'apache-arrow'
import { SpillwayError } from '../../errors.js'
import type { ColumnType, EventSchema } from '../columns.js'
import { arrowSchema, recordBatch } from '../formats/shared/batch.js'
import { columnsOf, shapeOfField } from '../formats/shared/from-arrow.js'
import { nearestNames } from '../formats/shared/nearest.js'
import type { Data, LeafData, Shape } from '../formats/shared/node.js'
import { eventSchema } from '../formats/shared/schema.js'
import { convertLeaf } from './convert.js'
import { pick } from './pick.js'
import type { SchemaMap, SourceEntry } from './schema-map.js'
import { unitFactor } from './units.js'

/** Evaluates expressions of derived columns and selections; the expression language lives elsewhere. */
export interface Derive {
  /** Paths of the columns that an expression reads. @throws SpillwayError EXPRESSION_INVALID. */
  reads(expression: string): readonly string[]
  /** One number a value of the columns read, which all have `length` values. */
  evaluate(
    expression: string,
    columns: ReadonlyMap<string, ArrayLike<number>>,
    length: number,
  ): ArrayLike<number>
}

/** A map made ready for files of one schema. */
export interface MapPlan {
  /** Top-level columns of the file that must be read. */
  readonly reads: readonly string[]
  readonly schema: Schema
  readonly events: EventSchema
  /** @throws SpillwayError SCHEMA_MISMATCH where branches of one list differ in length. */
  apply(batch: RecordBatch): RecordBatch
}

interface Found {
  readonly column: number
  /** Child indices below the top-level column; lists on the way are entered. */
  readonly steps: readonly number[]
  readonly leaf: Extract<Shape, { kind: 'leaf' }>
  readonly list: boolean
}

interface Source {
  readonly path: string
  readonly axis: string
  readonly found: Found
  readonly type: ColumnType
  readonly factor: number
  readonly unit: string | undefined
}

interface Built {
  readonly data: LeafData
  readonly offsets: Int32Array | null
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

type Around = Omit<Found, 'leaf'>

function collect(shape: Shape, path: string, around: Around, out: Map<string, Found>): void {
  if (shape.kind === 'leaf') out.set(path, { ...around, leaf: shape })
  else if (shape.kind === 'list') {
    if (!around.list) collect(shape.item, path, { ...around, list: true }, out)
  } else {
    shape.children.forEach((child, i) => {
      collect(child, `${path}.${child.name}`, { ...around, steps: [...around.steps, i] }, out)
    })
  }
}

function resolve(
  map: SchemaMap,
  known: ReadonlyMap<string, Found>,
  axis: string,
  path: string,
  entry: SourceEntry,
  place: string,
): Source[] {
  const found = known.get(entry.branch)
  const where = `${place}, map ${map.name}, column ${path}`
  if (found === undefined) {
    if (entry.optional) return []
    const near = nearestNames(entry.branch, known.keys()).join(', ')
    const expected = axis === '' ? 'one value an event' : 'a list'
    throw new SpillwayError(
      'COLUMN_MISSING',
      `no branch ${entry.branch} (${expected}); the nearest are ${near}`,
      {
        place: where,
      },
    )
  }
  if (found.list !== (axis !== '')) {
    const [expected, is] = found.list ? ['one value an event', 'a list'] : ['a list', 'one value an event']
    throw new SpillwayError(
      'COLUMN_TYPE',
      `branch ${entry.branch} is ${is} of ${found.leaf.type}, expected ${expected}`,
      {
        place: where,
      },
    )
  }
  const type = entry.type ?? found.leaf.type
  const unit = entry.unit ?? entry.from ?? found.leaf.unit
  const from = entry.from ?? found.leaf.unit ?? unit
  if (found.leaf.type === 'utf8' && (entry.type !== undefined || entry.unit !== undefined)) {
    throw new SpillwayError(
      'COLUMN_TYPE',
      `branch ${entry.branch} holds utf8, expected ${entry.type ?? 'a number'}`,
      {
        place: where,
      },
    )
  }
  const factor = unit === undefined || from === undefined ? 1 : unitFactor(from, unit, where)
  return [{ path, axis, found, type, factor, unit }]
}

interface Derived {
  readonly path: string
  readonly axis: string
  readonly type: ColumnType
  readonly unit: undefined
  readonly expression: string
}

function planDerived(
  map: SchemaMap,
  sources: readonly Source[],
  place: string,
  derive?: Derive,
): readonly Derived[] {
  const axes = new Map(sources.map(({ path, axis }) => [path, axis]))
  const axisOf = (expression: string, name: string): string => {
    if (derive === undefined)
      throw new SpillwayError(
        'EXPRESSION_INVALID',
        `map ${map.name} computes ${name}, but nothing here can`,
        { place },
      )
    const seen = new Set<string>()
    for (const path of derive.reads(expression)) {
      const axis = axes.get(path)
      if (axis === undefined) {
        const near = nearestNames(path, axes.keys()).join(', ')
        throw new SpillwayError('COLUMN_MISSING', `${name} reads ${path}; the nearest are ${near}`, { place })
      }
      if (axis !== '') seen.add(axis)
    }
    if (seen.size > 1)
      throw new SpillwayError('COLUMN_TYPE', `${name} mixes the lists ${[...seen].join(' and ')}`, { place })
    return [...seen][0] ?? ''
  }
  const derived = Object.entries(map.derived).map(([path, expression]): Derived => {
    const axis = axisOf(expression, path)
    const own = axis === '' ? '' : `${axis}.`
    if (!path.startsWith(own) || (axis === '' && path.split('.')[0] in map.lists))
      throw new SpillwayError('COLUMN_TYPE', `${path} runs along ${axis || 'events'} by its expression`, {
        place,
      })
    axes.set(path, axis)
    return { path, axis, type: 'float32', unit: undefined, expression }
  })
  if (map.select !== undefined && axisOf(map.select, 'select') !== '')
    throw new SpillwayError('COLUMN_TYPE', 'the selection gives one value a list item, not one an event', {
      place,
    })
  return derived
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

function evaluate(
  derive: Derive,
  expression: string,
  axis: string,
  built: ReadonlyMap<string, Built>,
  rows: number,
): Built {
  const reads = derive.reads(expression).map((path) => [path, built.get(path) as Built] as const)
  const offsets = axis === '' ? null : (reads.find(([, one]) => one.offsets !== null)?.[1].offsets ?? null)
  const length = offsets === null ? rows : offsets[rows]
  const columns = new Map(reads.map(([path, one]) => [path, spread(one, offsets)]))
  const values = Float32Array.from(derive.evaluate(expression, columns, length))
  return { data: { kind: 'leaf', values, valid: null }, offsets }
}

/** Numbers of a column; an event's value stands at each item of its list. */
function spread({ data, offsets }: Built, along: Int32Array | null): ArrayLike<number> {
  const { values } = data
  const numbers: ArrayLike<number> =
    values instanceof BigInt64Array || values instanceof BigUint64Array
      ? Float64Array.from(values, Number)
      : values
  if (along === null || offsets !== null) return numbers
  const out = new Float64Array(along[along.length - 1])
  for (let i = 0; i + 1 < along.length; i++) out.fill(numbers[i], along[i], along[i + 1])
  return out
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

function selected(passes: Float32Array): Int32Array {
  const out = new Int32Array(passes.length)
  let count = 0
  for (let i = 0; i < passes.length; i++) if (passes[i] !== 0 && !Number.isNaN(passes[i])) out[count++] = i
  return out.subarray(0, count)
}
