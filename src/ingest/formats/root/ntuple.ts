import type { RecordBatch } from 'apache-arrow'
import type { ReadOptions } from '../../format.js'
import { arrowSchema, recordBatch } from '../shared/batch.js'
import type { ByteSource } from '../shared/bytes.js'
import { overLimit } from '../shared/damage.js'
import { limits } from '../shared/limits.js'
import type { Data, Shape } from '../shared/node.js'
import { selectColumns } from '../shared/select.js'
import type { FieldInfo, NtupleInfo } from './description.js'
import { type ReadMemory, readMemory } from './memory.js'
import { columnType, elementReader, isIndex } from './pages.js'

/** The fields that have a place in events, and why the others have none. */
export function ntupleShapes(tuple: NtupleInfo): {
  readonly fields: readonly { readonly field: FieldInfo; readonly shape: Shape }[]
  readonly skipped: ReadonlyMap<string, string>
} {
  const skipped = new Map<string, string>()
  const fields = tuple.fields.flatMap((field) => {
    const shape = fieldShape(field, field.name)
    if (typeof shape !== 'string') return [{ field, shape }]
    skipped.set(field.name, shape)
    return []
  })
  return { fields, skipped }
}

const isString = ({ columns, role }: FieldInfo): boolean =>
  role === 0 && columns.length === 2 && isIndex(columns[0].type) && columnType(columns[1].type) === 'int8'

function fieldShape(field: FieldInfo, name: string): Shape | string {
  const { role, children, columns, problem, repeat, typeName } = field
  if (problem !== null) return `${typeName} ${problem}`
  if (isString(field)) return { kind: 'leaf', name, type: 'utf8' }
  if (role === 1 || repeat > 0) {
    if (children.length !== 1 || repeat > 1_000_000) return `is a ${typeName}`
    const item = fieldShape(children[0], 'item')
    return typeof item === 'string' ? item : { kind: 'list', name, item }
  }
  if (role === 2) {
    const shapes: Shape[] = []
    for (const child of children) {
      const shape = fieldShape(child, child.name)
      if (typeof shape === 'string') return shape
      shapes.push(shape)
    }
    return shapes.length === 0 ? `is an empty ${typeName}` : { kind: 'struct', name, children: shapes }
  }
  // A wrapper (enum, atomic) stands for what it wraps.
  if (columns.length === 0 && children.length === 1) return fieldShape(children[0], name)
  const type = columns.length === 1 && role === 0 ? columnType(columns[0].type) : undefined
  if (type === undefined || isIndex(columns[0].type)) return `is a ${typeName}`
  return { kind: 'leaf', name, type }
}

export async function* readNtuple(
  source: ByteSource,
  tuple: NtupleInfo,
  metadata: ReadonlyMap<string, string>,
  options: ReadOptions,
): AsyncGenerator<RecordBatch> {
  const { fields } = ntupleShapes(tuple)
  const chosen = selectColumns(fields, ({ shape }) => shape.name, options.columns, source.name)
  const schema = arrowSchema(
    chosen.map(({ shape }) => shape),
    metadata,
  )
  const memory = readMemory()
  const readers = chosen.map(({ field }) => fieldReader(source, memory, field, field.name))
  for (let done = 0; done < tuple.entries; ) {
    options.signal?.throwIfAborted()
    const rows = Math.min(options.batchRows, tuple.entries - done)
    const columns: Data[] = []
    for (const read of readers) columns.push(await read(rows))
    yield recordBatch(schema, columns, rows)
    done += rows
  }
}

type FieldReader = (count: number) => Promise<Data>

function fieldReader(source: ByteSource, memory: ReadMemory, field: FieldInfo, path: string): FieldReader {
  const { columns, children, repeat } = field
  if (isString(field)) {
    const [sizes, bytes] = columns.map((column) => elementReader(source, memory, column, path))
    return async (count) => {
      const ends = cumulate((await sizes.take(count)) as Int32Array, path)
      const values = (await bytes.take(ends[count])) as Int8Array
      return {
        kind: 'leaf',
        values: new Uint8Array(values.buffer, values.byteOffset, values.length),
        valid: null,
        ends,
      }
    }
  }
  if (repeat > 0) {
    const item = fieldReader(source, memory, children[0], `${path}.${children[0].name}`)
    return async (count) => {
      const offsets = cumulate(new Int32Array(count).fill(repeat), path)
      return { kind: 'list', offsets, item: await item(offsets[count]) }
    }
  }
  if (field.role === 1) {
    const sizes = elementReader(source, memory, columns[0], path)
    const item = fieldReader(source, memory, children[0], `${path}.${children[0].name}`)
    return async (count) => {
      const offsets = cumulate((await sizes.take(count)) as Int32Array, path)
      return { kind: 'list', offsets, item: await item(offsets[count]) }
    }
  }
  if (field.role === 2) {
    const readers = children.map((child) => fieldReader(source, memory, child, `${path}.${child.name}`))
    return async (count) => {
      const data: Data[] = []
      for (const read of readers) data.push(await read(count))
      return { kind: 'struct', children: data }
    }
  }
  if (columns.length === 0) return fieldReader(source, memory, children[0], path)
  const values = elementReader(source, memory, columns[0], path)
  return async (count) => ({ kind: 'leaf', values: await values.take(count), valid: null })
}

function cumulate(sizes: Int32Array, path: string): Int32Array {
  const offsets = new Int32Array(sizes.length + 1)
  for (let i = 0; i < sizes.length; i++) {
    offsets[i + 1] = offsets[i] + sizes[i]
    if (offsets[i + 1] > limits.batchValues) throw overLimit(`${offsets[i + 1]} items in one batch`, path)
  }
  return offsets
}
