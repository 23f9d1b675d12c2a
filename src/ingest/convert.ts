import { RecordBatch, type Schema } from 'apache-arrow'
import { SpillwayError } from '../errors.js'
import { encodeBatch } from './arrow/encode-batch.js'
import { ArrowFileWriter } from './arrow/index.js'
import { type EventFile, openEvents, type View } from './event-file.js'
import { arrowSchema, recordBatch } from './formats/shared/batch.js'
import { columnsOf } from './formats/shared/from-arrow.js'
import { decoderThreads } from './formats/shared/threads.js'
import type { BatchWriter } from './formats/write/file.js'
import { writeParquet } from './formats/write-parquet.js'
import { writeRoot } from './formats/write-root.js'

export interface ConvertOptions extends View {
  readonly batchRows?: number
  readonly signal?: AbortSignal
  /** Called with the number of events read so far. */
  readonly progress?: (events: number) => void
}

export interface Converted {
  readonly read: number
  readonly written: number
}

/** The endings of files that are written. */
export const writtenEndings: readonly string[] = ['.arrow', '.parquet', '.root']

/**
 * Streams events from files of any format to one `.arrow`, `.parquet` or `.root`, through a schema map if one is given.
 * The output appears whole at the end, or not at all.
 *
 * @throws SpillwayError of the inputs' formats and of the map; SCHEMA_MISMATCH where the files differ in their columns;
 * SINK_UNAVAILABLE
 */
export async function convertFiles(
  from: readonly string[],
  to: string,
  options: ConvertOptions = {},
): Promise<Converted> {
  const threads = decoderThreads()
  try {
    return await convertAll(from, to, { threads, ...options })
  } finally {
    await threads.close()
  }
}

async function convertAll(from: readonly string[], to: string, options: ConvertOptions): Promise<Converted> {
  const openWriter = writerFor(to)
  const files: EventFile[] = []
  for (const path of from) files.push(await openEvents(path, options))
  sameColumns(files)
  const schema = arrowSchema(files[0].shapes, files[0].schema.metadata)
  const writer = await openWriter(to, schema)
  try {
    const counts = await copy(files, schema, writer, options)
    await writer.close()
    return counts
  } catch (error) {
    await writer.abort().catch(() => {})
    throw error
  }
}

async function copy(
  files: readonly EventFile[],
  schema: Schema,
  writer: BatchWriter,
  { batchRows = 16_384, signal, progress }: ConvertOptions,
): Promise<Converted> {
  let [read, written] = [0, 0]
  for (const file of files) {
    for await (const { raw } of file.read({ batchRows, ...(signal && { signal }) })) {
      const batch = file.view(raw)
      // One schema for all: files may differ in their metadata, and Arrow files in how they keep strings.
      await writer.write(recordBatch(schema, columnsOf(batch), batch.numRows))
      read += raw.numRows
      written += batch.numRows
      progress?.(read)
    }
  }
  return { read, written }
}

/** @throws SpillwayError SCHEMA_MISMATCH naming the first column in which two files differ. */
function sameColumns([first, ...others]: readonly EventFile[]): void {
  const wanted = columnTexts(first)
  for (const file of others) {
    const found = columnTexts(file)
    const at = wanted.findIndex((text, i) => text !== found[i])
    if (at < 0 && found.length === wanted.length) continue
    const [is, was] = [found[at < 0 ? wanted.length : at] ?? 'nothing', wanted[at] ?? 'nothing']
    throw new SpillwayError('SCHEMA_MISMATCH', `has ${is} where ${first.path} has ${was}`, {
      place: file.path,
      remedy: 'Convert the files one by one, or choose their common columns with --columns or a schema map.',
    })
  }
}

const columnTexts = ({ schema }: EventFile): readonly string[] =>
  schema.columns.map(
    ({ path, axis, type }) => `column ${path} (${type}${axis === '' ? '' : ` along ${axis}`})`,
  )

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
async function writeArrow(path: string, schema: Schema): Promise<BatchWriter> {
  const writer = await ArrowFileWriter.open(path)
  const append = (batch: RecordBatch): Promise<void> => writer.append(encodeBatch(batch))
  return {
    write: append,
    async close() {
      if (writer.bytes === 0) await append(new RecordBatch(schema))
      await writer.finish()
    },
    abort: () => writer.abort(),
  }
}
