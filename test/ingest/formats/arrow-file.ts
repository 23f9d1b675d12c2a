import { writeFileSync } from 'node:fs'
import { type RecordBatch, Table, tableToIPC } from 'apache-arrow'

/** Gathers record batches and writes them as one Arrow file; gives the number of rows of each batch. */
export async function toArrowFile(batches: AsyncIterable<RecordBatch>, path: string): Promise<number[]> {
  const all: RecordBatch[] = []
  for await (const batch of batches) all.push(batch)
  writeFileSync(path, tableToIPC(new Table(all), 'file'))
  return all.map((batch) => batch.numRows)
}
