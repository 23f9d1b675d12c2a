import type { RecordBatch } from 'apache-arrow'
import type { EventFormat, FileInfo, ReadOptions } from '../format.js'
import { hepmc3Shapes, takeBatch } from './hepmc3/batch.js'
import { HepMC3Events } from './hepmc3/events.js'
import { eventSchema } from './shared/schema.js'
import { selectColumns } from './shared/select.js'
import { eachLine, textChunks } from './text/lines.js'

/** HepMC3 ascii listings, packed or not: all particles, the final state, vertices, weights by name. */
export const hepmc3: EventFormat = {
  name: 'hepmc3',
  extensions: ['.hepmc3.gz', '.hepmc.gz', '.hepmc3', '.hepmc'],
  async info(path) {
    return hepmc3Info(textChunks(path), path)
  },
  read: (path, options) => readHepMC3(textChunks(path, options.signal), path, options),
}

/** Reads up to the first event: how many there are is known only at the end. */
export async function hepmc3Info(chunks: AsyncIterable<Uint8Array>, path: string): Promise<FileInfo> {
  const events = new HepMC3Events(path)
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
  const schema = eventSchema(hepmc3Shapes(events.names ?? []), new Map([['format', 'hepmc3']]))
  return { schema, rows: whole ? events.rows : null }
}

export async function* readHepMC3(
  chunks: AsyncIterable<Uint8Array>,
  path: string,
  options: ReadOptions,
): AsyncGenerator<RecordBatch> {
  const events = new HepMC3Events(path)
  const columns = options.columns === undefined ? null : new Set(options.columns)
  let checked = false
  const take = (rows: number): RecordBatch => {
    if (!checked)
      selectColumns(hepmc3Shapes(events.names ?? []), (shape) => shape.name, options.columns, path)
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
