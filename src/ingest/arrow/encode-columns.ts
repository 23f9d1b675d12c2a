import { SpillwayError } from '../../errors.js'
import type { Column, ColumnType } from '../columns.js'
import { type ArrayList, addColumn, addList } from './column-arrays.js'
import type { Field } from './schema-message.js'
import { arrowTypeOf, Type } from './types.js'
import { writeStream } from './write-batch.js'
import { writeSchema } from './write-schema.js'

/** Remembers the last schema message written: the outputs of a step repeat one schema. */
export class EncoderMemory {
  #key = ''
  #metadata: ReadonlyMap<string, string> | null = null
  #message = new Uint8Array(0)

  /** The schema message of these columns with this metadata, which must not change between calls. */
  schema(
    columns: ReadonlyMap<string, Column>,
    metadata: ReadonlyMap<string, string>,
    axes: AxisTree,
  ): Uint8Array {
    let key = ''
    for (const [path, { axis, type }] of columns) key += `${path}\n${axis}\n${axes.depth(axis)}\n${type}\n`
    if (key === this.#key && metadata === this.#metadata) return this.#message
    const fields = Array.from(columns, ([path, column]) =>
      columnField(path, column.type, axes.depth(column.axis)),
    )
    this.#message = Uint8Array.from(writeSchema({ fields, metadata }))
    this.#key = key
    this.#metadata = metadata
    return this.#message
  }
}

/**
 * List axes by name, and which lies in which: `jets.constituents` in `jets` where both have offsets and the counts fit.
 * The name alone does not tell: `jets.score` read back from an output is a list of events of its own.
 */
export class AxisTree {
  readonly #offsets: ReadonlyMap<string, Int32Array>

  constructor(offsets: ReadonlyMap<string, Int32Array>) {
    this.#offsets = offsets
  }

  /** The axis's own offsets after those of the axes around it, outermost first; none for ''. */
  chain(axis: string): readonly Int32Array[] {
    if (axis === '') return []
    const own = this.#offsets.get(axis)
    if (own === undefined)
      throw new SpillwayError('INTERNAL', `no offsets for the axis ${axis}`, { place: `axis ${axis}` })
    return [...this.chain(this.#around(axis)), own]
  }

  depth(axis: string): number {
    return this.chain(axis).length
  }

  #around(axis: string): string {
    const lists = this.#offsets.get(axis)!.length - 1
    for (let dot = axis.lastIndexOf('.'); dot > 0; dot = axis.lastIndexOf('.', dot - 1))
      if (this.#offsets.get(axis.slice(0, dot))?.at(-1) === lists) return axis.slice(0, dot)
    return ''
  }
}

/**
 * Columns as one self-contained Arrow IPC stream of one record batch: a column of events is a field, a column along a
 * list a field List<T> (List<List<T>> along a nested list), each named by its path, null where `valid` is 0.
 * `metadata` becomes the schema's. Give one `memory` to all calls of a step: its schema is then written once.
 *
 * @throws SpillwayError INTERNAL where lengths do not fit `rows` and `offsets`: the caller's mistake, not the data's.
 */
export function encodeColumns(
  rows: number,
  columns: ReadonlyMap<string, Column>,
  offsets: ReadonlyMap<string, Int32Array>,
  metadata: ReadonlyMap<string, string>,
  memory: EncoderMemory = new EncoderMemory(),
): Uint8Array {
  const axes = new AxisTree(offsets)
  const out: ArrayList = { nodes: [], buffers: [] }
  for (const [path, column] of columns) addField(out, path, column, rows, axes)
  return writeStream([memory.schema(columns, metadata, axes), { rows, ...out }])
}

/** Adds the lists around a column, then its values. */
function addField(out: ArrayList, path: string, column: Column, rows: number, axes: AxisTree): void {
  let length = rows
  for (const offsets of axes.chain(column.axis)) {
    if (offsets.length !== length + 1)
      throw unfit(path, `an axis of ${offsets.length - 1} lists, not ${length}`)
    addList(out, offsets)
    length = offsets[length]
  }
  if (column.values.length !== length) throw unfit(path, `${column.values.length} values, not ${length}`)
  addColumn(out, column)
}

/** The field that a column is written as, inside `depth` lists. */
export function columnField(name: string, type: ColumnType, depth: number): Field {
  const plain = { nullable: true, dictionary: null, metadata: new Map<string, string>() }
  if (depth === 0) return { ...plain, name, type: arrowTypeOf(type), children: [] }
  const children = [columnField('item', type, depth - 1)]
  return { ...plain, name, type: { id: Type.list, parameters: [] }, children }
}

function unfit(path: string, what: string): SpillwayError {
  return new SpillwayError('INTERNAL', `column ${path} has ${what}`, { place: path })
}
