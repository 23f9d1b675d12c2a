import type { RecordBatch } from 'apache-arrow'
import type { ColumnChunk, FileMetaData } from 'hyparquet'
import type { EventFormat, FileInfo, ReadOptions } from '../format.js'
import { Scratch } from './kernel/scratch.js'
import { assemble } from './parquet/assemble.js'
import { type ColumnReader, type ColumnReading, deepReader } from './parquet/column.js'
import { readFooter } from './parquet/footer.js'
import { type FieldPlan, type LeafPlan, planSchema, type SchemaPlan } from './parquet/schema.js'
import { assembleShallow, shallowReader } from './parquet/shallow.js'
import { arrowSchema, recordBatch } from './shared/batch.js'
import { type ByteSource, openBytes } from './shared/bytes.js'
import { unreadable } from './shared/damage.js'
import type { Data, Shape } from './shared/node.js'
import { fileInfo } from './shared/schema.js'
import { selectColumns } from './shared/select.js'

/** Parquet: flat columns, structs, lists and lists of structs of numbers, booleans and strings. */
export const parquet: EventFormat = {
  name: 'parquet',
  extensions: ['.parquet', '.pq'],
  async info(path) {
    const source = await openBytes(path)
    try {
      return await parquetInfo(source)
    } finally {
      await source.close()
    }
  },
  async *read(path, options) {
    const source = await openBytes(path)
    try {
      yield* readParquet(source, options)
    } finally {
      await source.close()
    }
  },
}

export async function parquetInfo(source: ByteSource): Promise<FileInfo> {
  const footer = await readFooter(source)
  const { fields, skipped } = planSchema(footer.schema, source.name)
  const shapes = fields.map(({ shape }) => withUnits(shape, unitsOf(footer)))
  return fileInfo(shapes, fileMetadata(footer, skipped), Number(footer.num_rows))
}

/** Bytes of the file held for each column: 64 MB in all, at least 64 KB each. */
const windowOf = (columns: number): number =>
  Math.min(4 * 1024 * 1024, Math.max(65_536, Math.floor((64 * 1024 * 1024) / Math.max(1, columns))))

export async function* readParquet(source: ByteSource, options: ReadOptions): AsyncGenerator<RecordBatch> {
  const footer = await readFooter(source)
  const plan = planSchema(footer.schema, source.name)
  const fields = selectColumns(plan.fields, (field) => field.shape.name, options.columns, source.name)
  const schema = arrowSchema(
    fields.map(({ shape }) => withUnits(shape, unitsOf(footer))),
    fileMetadata(footer, plan.skipped),
  )
  const columns = openColumns(source, footer, fields)
  for (let done = 0, total = Number(footer.num_rows); done < total; ) {
    options.signal?.throwIfAborted()
    const rows = Math.min(options.batchRows, total - done)
    const data = []
    for (const take of columns) data.push(await take(rows, `${source.name}, row ${done}`))
    yield recordBatch(schema, data, rows)
    done += rows
  }
}

/** The next rows of a top-level column. */
type TakeRows = (rows: number, place: string) => Promise<Data>

function openColumns(
  source: ByteSource,
  footer: FileMetaData,
  fields: readonly FieldPlan[],
): readonly TakeRows[] {
  const size = windowOf(fields.reduce((sum, field) => sum + field.leaves.length, 0))
  const scratch = new Scratch()
  const chunksOf = (leaf: LeafPlan): ColumnChunk[] =>
    footer.row_groups.map(({ columns }) => {
      const chunk = columns[leaf.chunk]
      if (chunk === undefined) throw unreadable(`a row group lacks column ${leaf.path}`, source.name)
      return chunk
    })
  const reading = (leaf: LeafPlan): ColumnReading => ({
    source,
    leaf,
    scratch,
    window: { size, memory: new Uint8Array(0) },
  })
  return fields.map(({ shape, leaves }): TakeRows => {
    if (leaves.every(({ itemDef }) => itemDef.length <= 1)) {
      const readers = leaves.map((leaf) => shallowReader(reading(leaf), chunksOf(leaf)))
      return async (rows, place) => assembleShallow(shape, leaves, await takeAll(readers, rows), place)
    }
    const readers = leaves.map((leaf) => deepReader(reading(leaf), chunksOf(leaf)))
    return async (rows, place) => assemble(shape, leaves, await takeAll(readers, rows), rows, place)
  })
}

/** One after the other: they share the scratch memory. */
async function takeAll<Part>(readers: readonly ColumnReader<Part>[], rows: number): Promise<Part[]> {
  const parts: Part[] = []
  for (const reader of readers) parts.push(await reader.take(rows))
  return parts
}

/** Parquet has no place for units at a column: files written here have them in their metadata, as `unit.<path>`. */
const UNIT = 'unit.'

const unitsOf = (footer: FileMetaData): ReadonlyMap<string, string> =>
  new Map(
    (footer.key_value_metadata ?? []).flatMap(({ key, value }) =>
      key.startsWith(UNIT) && value ? [[key.slice(UNIT.length), value] as const] : [],
    ),
  )

function withUnits(shape: Shape, units: ReadonlyMap<string, string>, path = shape.name): Shape {
  if (units.size === 0) return shape
  if (shape.kind === 'list') return { ...shape, item: withUnits(shape.item, units, path) }
  if (shape.kind === 'struct') {
    const children = shape.children.map((child) => withUnits(child, units, `${path}.${child.name}`))
    return { ...shape, children }
  }
  const unit = units.get(path)
  return unit === undefined ? shape : { ...shape, unit }
}

function fileMetadata(footer: FileMetaData, skipped: SchemaPlan['skipped']): ReadonlyMap<string, string> {
  const metadata = new Map<string, string>()
  for (const { key, value } of footer.key_value_metadata ?? []) {
    if (key !== 'ARROW:schema' && key !== 'pandas' && !key.startsWith(UNIT)) metadata.set(key, value ?? '')
  }
  for (const [name, why] of skipped) metadata.set(`skipped.${name}`, why)
  return metadata
}
