import { SpillwayError } from '../errors.js'
import type { Column, ColumnSpec, EventSchema, Events } from './columns.js'
import { nearest } from './nearest.js'

export interface ColumnEventsParts {
  readonly rows: number
  readonly columns: ReadonlyMap<string, Column>
  /** Offsets of every list axis, `rows + 1` each, from 0 on. */
  readonly offsets?: ReadonlyMap<string, Int32Array>
  readonly units?: ReadonlyMap<string, string>
  readonly metadata?: ReadonlyMap<string, string>
}

/** Events held as a map of flat columns. What it is given must not be changed afterwards. */
export class ColumnEvents implements Events {
  readonly rows: number
  readonly #parts: ColumnEventsParts
  #schema: EventSchema | undefined

  /** @throws SpillwayError SCHEMA_MISMATCH for a column or offsets of the wrong length, or an unknown axis. */
  constructor(parts: ColumnEventsParts) {
    this.rows = parts.rows
    this.#parts = parts
    for (const [axis, offsets] of parts.offsets ?? []) {
      if (offsets.length !== parts.rows + 1)
        throw mismatch(axis, `list ${axis} has ${offsets.length} offsets for ${parts.rows} rows`)
    }
    for (const [path, column] of parts.columns) this.#verify(path, column)
  }

  get schema(): EventSchema {
    this.#schema ??= {
      columns: Array.from(this.#parts.columns, ([path, column]) => this.#spec(path, column)),
      axes: [...(this.#parts.offsets?.keys() ?? [])],
      metadata: this.#parts.metadata ?? new Map(),
    }
    return this.#schema
  }

  column(path: string): Column {
    const column = this.#parts.columns.get(path)
    if (column === undefined) throw missing('column', path, this.#parts.columns.keys())
    return column
  }

  has(path: string): boolean {
    return this.#parts.columns.has(path)
  }

  offsets(axis: string): Int32Array {
    const offsets = this.#parts.offsets?.get(axis)
    if (offsets === undefined) throw missing('list', axis, this.#parts.offsets?.keys() ?? [])
    return offsets
  }

  with(path: string, column: Column): ColumnEvents {
    return new ColumnEvents({ ...this.#parts, columns: new Map(this.#parts.columns).set(path, column) })
  }

  #spec(path: string, column: Column): ColumnSpec {
    const unit = this.#parts.units?.get(path)
    const spec = { path, axis: column.axis, type: column.type }
    return unit === undefined ? spec : { ...spec, unit }
  }

  #verify(path: string, column: Column): void {
    const length = column.axis === '' ? this.rows : this.offsets(column.axis)[this.rows]
    if (column.values.length !== length || (column.valid !== null && column.valid.length !== length))
      throw mismatch(path, `column ${path} has ${column.values.length} values, ${length} are needed`)
  }
}

function missing(what: string, name: string, names: Iterable<string>): SpillwayError {
  const near = nearest(name, names)
  const hint = near.length > 0 ? `; near: ${near.join(', ')}` : ''
  return mismatch(name, `no ${what} ${name}${hint}`)
}

function mismatch(place: string, message: string): SpillwayError {
  return new SpillwayError('SCHEMA_MISMATCH', message, { place })
}
