import { tableFromIPC } from 'apache-arrow'
import { arrowSchema, recordBatch } from '../formats/shared/batch.js'
import { columnsOf, shapeOfField } from '../formats/shared/from-arrow.js'
import { serve } from '../formats/shared/serve.js'
import { writeParquet } from '../formats/write-parquet.js'
import { writeRoot } from '../formats/write-root.js'
import type { WriterAnswer, WriterQuestion } from './question.js'

/** Entry of a thread that encodes files, so that the main thread only moves bytes. */
serve<WriterQuestion, WriterAnswer>(async ({ path, format, streams }) => {
  const first = tableFromIPC(streams[0]).schema
  const shapes = first.fields.map(shapeOfField)
  const schema = arrowSchema(shapes, first.metadata)
  const writer = await (format === 'parquet' ? writeParquet : writeRoot)(path, schema)
  let written = 0
  try {
    for (; written < streams.length; written++) {
      const table = tableFromIPC(streams[written])
      if (JSON.stringify(table.schema.fields.map(shapeOfField)) !== JSON.stringify(shapes)) break
      for (const batch of table.batches)
        await writer.write(recordBatch(schema, columnsOf(batch), batch.numRows))
    }
    await writer.close()
  } catch (error) {
    await writer.abort().catch(() => {})
    throw error
  }
  return { value: written }
})
