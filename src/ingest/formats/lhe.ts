import type { RecordBatch } from 'apache-arrow'
import type { EventFormat, FileInfo, ReadOptions } from '../format.js'
import { lheShapes, takeBatch } from './lhe/batch.js'
import { LheEvents } from './lhe/events.js'
import { eventSchema } from './shared/schema.js'
import { selectColumns } from './shared/select.js'
import { eachLine, textChunks } from './text/lines.js'

/** Les Houches event files, packed or not, with their weights by id. */
export const lhe: EventFormat = {
  name: 'lhe',
  extensions: ['.lhe.gz', '.lhe'],
  async info(path) {
    return lheInfo(textChunks(path), path)
  },
  read: (path, options) => readLhe(textChunks(path, options.signal), path, options),
}

/** Reads up to the first event: how many there are is known only at the end. */
export async function lheInfo(chunks: AsyncIterable<Uint8Array>, path: string): Promise<FileInfo> {
  const events = new LheEvents(path)
  let whole = true
  for await (const _ of eachLine(
    chunks,
    (bytes, from, to, line) => events.line(bytes, from, to, line),
    path,
  )) {
    if (events.rows > 0) {
      whole = false
      break
    }
  }
  if (whole) events.finish()
  const schema = eventSchema(lheShapes(events.weightIds ?? []), new Map([['format', 'lhe']]))
  return { schema, rows: whole ? events.rows : null }
}

export async function* readLhe(
  chunks: AsyncIterable<Uint8Array>,
  path: string,
  options: ReadOptions,
): AsyncGenerator<RecordBatch> {
  const events = new LheEvents(path)
  const columns = options.columns === undefined ? null : new Set(options.columns)
  let checked = false
  const take = (rows: number): RecordBatch => {
    if (!checked)
      selectColumns(lheShapes(events.weightIds ?? []), (shape) => shape.name, options.columns, path)
    checked = true
    return takeBatch(events, rows, columns)
  }
  for await (const _ of eachLine(
    chunks,
    (bytes, from, to, line) => events.line(bytes, from, to, line),
    path,
  )) {
    options.signal?.throwIfAborted()
    while (events.rows >= options.batchRows) yield take(options.batchRows)
  }
  events.finish()
  for (; events.rows > 0; ) yield take(Math.min(options.batchRows, events.rows))
}
