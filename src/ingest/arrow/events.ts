import { SpillwayError } from '../../errors.js'
import type { Column, ColumnSpec, EventSchema, Events } from '../columns.js'
import { hint } from '../nearest.js'
import { allocate } from '../typed-arrays.js'
import { joinColumns, joinOffsets } from './join.js'
import { readColumn } from './read-column.js'
import { axisOf } from './selection.js'
import type { ArrowStream } from './stream.js'

/** Columns of a checked Arrow stream, read when first asked for and kept. */
class StreamColumns {
  readonly #stream: ArrowStream
  readonly #columns = new Map<string, Column>()
  readonly #offsets = new Map<string, Int32Array>()

  constructor(stream: ArrowStream) {
    this.#stream = stream
  }

  column(path: string): Column {
    let column = this.#columns.get(path)
    if (column === undefined) {
      column = this.#read(path)
      this.#columns.set(path, column)
    }
    return column
  }

  offsets(axis: string): Int32Array {
    let offsets = this.#offsets.get(axis)
    if (offsets === undefined) {
      const { plan, parts } = this.#stream
      const list = plan.lists.get(axis)
      if (list === undefined) throw missing('list', axis, plan.lists.keys(), plan.unreadable.get(axis))
      offsets =
        parts.length === 0
          ? new Int32Array(1)
          : joinOffsets(parts.map(({ raw }) => axisOf(raw, plan, list).offsets))
      this.#offsets.set(axis, offsets)
    }
    return offsets
  }

  #read(path: string): Column {
    const { plan, parts } = this.#stream
    const leaf = plan.leaves.get(path)
    if (leaf === undefined) throw missing('column', path, plan.leaves.keys(), plan.unreadable.get(path))
    if (parts.length > 0) return joinColumns(parts.map((part) => readColumn(part, plan, leaf)))
    return emptyColumn({ path, axis: leaf.axis, type: leaf.columnType! })
  }
}

/** Events over a checked Arrow stream, with columns that steps added. */
export class ArrowEvents implements Events {
  readonly rows: number
  readonly schema: EventSchema
  readonly #source: StreamColumns
  readonly #added: ReadonlyMap<string, Column>

  private constructor(
    rows: number,
    schema: EventSchema,
    source: StreamColumns,
    added: ReadonlyMap<string, Column>,
  ) {
    this.rows = rows
    this.schema = schema
    this.#source = source
    this.#added = added
  }

  static of(stream: ArrowStream): ArrowEvents {
    return new ArrowEvents(stream.rows, stream.plan.events, new StreamColumns(stream), new Map())
  }

  column(path: string): Column {
    return this.#added.get(path) ?? this.#source.column(path)
  }

  has(path: string): boolean {
    return this.schema.columns.some((column) => column.path === path)
  }

  offsets(axis: string): Int32Array {
    return this.#source.offsets(axis)
  }

  with(path: string, column: Column): Events {
    const expected = column.axis === '' ? this.rows : this.offsets(column.axis).at(-1)
    if (column.values.length !== expected)
      throw new SpillwayError(
        'INTERNAL',
        `column ${path} has ${column.values.length} values, its axis '${column.axis}' has ${expected}`,
        { place: path },
      )
    const { columns } = this.schema
    const old = columns.find((spec) => spec.path === path)
    const spec: ColumnSpec = { ...old, path, axis: column.axis, type: column.type }
    const specs =
      old === undefined ? [...columns, spec] : columns.map((other) => (other === old ? spec : other))
    const added = new Map(this.#added).set(path, column)
    return new ArrowEvents(this.rows, { ...this.schema, columns: specs }, this.#source, added)
  }
}

function emptyColumn(spec: ColumnSpec): Column {
  const { axis, type } = spec
  if (type === 'utf8') return { axis, type, values: new Int32Array(0), valid: null, dictionary: [] }
  return { axis, type, values: allocate(type, 0), valid: null }
}

function missing(
  kind: string,
  name: string,
  names: Iterable<string>,
  why: string | undefined,
): SpillwayError {
  if (why !== undefined)
    return new SpillwayError('SCHEMA_MISMATCH', `${kind} ${name} cannot be read: ${why}`, {
      place: `field ${name}`,
    })
  return new SpillwayError('SCHEMA_MISMATCH', `there is no ${kind} ${name}${hint(name, names)}`, {
    place: `field ${name}`,
  })
}
