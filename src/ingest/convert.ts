import { open } from 'node:fs/promises'
import { type RecordBatch, RecordBatchFileWriter, type Schema } from 'apache-arrow'
import { SpillwayError } from '../errors.js'
import type { EventFormat } from './format.js'
import { formatOf } from './format-of.js'
import { type BatchWriter, writeParquet } from './formats/write-parquet.js'
import { writeRoot } from './formats/write-root.js'
import { type MapPlan, planMap } from './mapping/apply.js'
import type { Derive } from './mapping/derived.js'
import { loadSchemaMap } from './mapping/load.js'

export interface ConvertOptions {
  readonly batchRows?: number
  /** Columns of the input to read; all when absent. */
  readonly columns?: readonly string[]
  /** Name or path of a schema map to apply. */
  readonly map?: string
  /** Evaluates the map's derived columns and selection. */
  readonly derive?: Derive
  readonly formats?: readonly EventFormat[]
  readonly signal?: AbortSignal
  /** Called with the number of events read so far. */
  readonly progress?: (events: number) => void
}

export interface Converted {
  readonly read: number
  readonly written: number
}

/**
 * Streams events from a file of any format to `.arrow`, `.parquet` or `.root`, through a schema map if one is named.
 *
 * @throws SpillwayError of the input's format, of the map, or SINK_UNAVAILABLE.
 */
export async function convertFile(
  from: string,
  to: string,
  options: ConvertOptions = {},
): Promise<Converted> {
  const format = formatOf(from, options.formats)
  const openWriter = writerFor(to)
  const map = options.map === undefined ? undefined : await loadSchemaMap(options.map)
  let [plan, writer, read, written]: [MapPlan | null, BatchWriter | null, number, number] = [null, null, 0, 0]
  const source = format.read(from, {
    batchRows: options.batchRows ?? 16_384,
    ...(options.columns === undefined ? {} : { columns: options.columns }),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  })
  for await (const batch of source) {
    if (map !== undefined) plan ??= planMap(map, batch.schema, from, options.derive)
    const out = plan === null ? batch : plan.apply(batch)
    writer ??= await openWriter(to, out.schema)
    await writer.write(out)
    read += batch.numRows
    written += out.numRows
    options.progress?.(read)
  }
  if (writer === null) throw new SpillwayError('FILE_UNREADABLE', 'holds no events', { place: from })
  await writer.close()
  return { read, written }
}

type OpenWriter = (path: string, schema: Schema) => Promise<BatchWriter>

function writerFor(path: string): OpenWriter {
  if (path.endsWith('.parquet')) return writeParquet
  if (path.endsWith('.root')) return writeRoot
  if (path.endsWith('.arrow')) return writeArrow
  throw new SpillwayError('SINK_UNAVAILABLE', `cannot write ${path}: choose .arrow, .parquet or .root`, {
    place: path,
  })
}

/** An Arrow IPC file, batch by batch. */
export async function writeArrow(path: string): Promise<BatchWriter> {
  const file = await open(path, 'w').catch((cause: unknown) => {
    throw new SpillwayError('SINK_UNAVAILABLE', `cannot write ${path}`, { place: path, cause })
  })
  const writer = new RecordBatchFileWriter()
  const flushed = (async () => {
    for await (const bytes of writer) await file.write(bytes)
  })()
  return {
    async write(batch: RecordBatch) {
      writer.write(batch)
    },
    async close() {
      writer.finish()
      await flushed
      await file.close()
    },
  }
}
