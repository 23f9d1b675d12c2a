import type { RecordBatch } from 'apache-arrow'
import { arrowSchema, recordBatch } from './batch.js'
import { cut } from './cut.js'
import { columnsOf, shapeOfField } from './from-arrow.js'

/** Rows `from` to `to` of a record batch; values are shared. Dictionaries of strings become strings. */
export function rowsOf(batch: RecordBatch, from: number, to: number): RecordBatch {
  if (from === 0 && to === batch.numRows) return batch
  const schema = arrowSchema(batch.schema.fields.map(shapeOfField), batch.schema.metadata)
  const columns = columnsOf(batch).map((column) => cut(column, from, to))
  return recordBatch(schema, columns, to - from)
}
