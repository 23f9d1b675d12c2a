import type { RecordBatch } from 'apache-arrow'
import type { SpillwayError } from '../errors.js'
import { arrowFormat } from './arrow/index.js'
import type { EventSchema } from './columns.js'
import type { EventFormat } from './format.js'
import { formatOf } from './format-of.js'
import { formats as otherFormats } from './formats/index.js'
import type { Shape } from './formats/shared/node.js'
import { eventSchema } from './formats/shared/schema.js'
import { selectColumns } from './formats/shared/select.js'
import type { DecoderThreads } from './formats/shared/threads.js'
import { mapProblems, planMap } from './mapping/apply.js'
import type { SchemaMap } from './mapping/schema-map.js'

/** The plain list of formats that are read. */
export const eventFormats: readonly EventFormat[] = [arrowFormat, ...otherFormats]

/** How a file is looked at. */
export interface View {
  readonly map?: SchemaMap
  /** Top-level columns of the file to read; all when absent. A map reads those that it names. */
  readonly columns?: readonly string[]
  readonly formats?: readonly EventFormat[]
  /** Threads of third-party decoders to be used again, for who opens many files. */
  readonly threads?: DecoderThreads
}

/** A file of any format, seen through a schema map where there is one. */
export interface EventFile {
  readonly path: string
  readonly format: string
  /** Tree, dataset or group inside the file that was chosen. */
  readonly inside: string | undefined
  /** Columns of its events: those of the map, or of the file. */
  readonly schema: EventSchema
  readonly shapes: readonly Shape[]
  /** Events in the file; `null` where counting would mean reading the whole file. */
  readonly rows: number | null
  /** Its events as the file has them, at most `batchRows` at a time. @throws SpillwayError FILE_UNREADABLE, FILE_LIMIT */
  read(options: { readonly batchRows: number; readonly signal?: AbortSignal }): AsyncGenerator<FilePart>
  /**
   * Events as the map makes them, without those that it does not select; the same ones where there is no map.
   * @throws SpillwayError SCHEMA_MISMATCH where branches of one list differ in length
   */
  view(raw: RecordBatch): RecordBatch
}

/** Events `first` up to `next` of a file. */
export interface FilePart {
  readonly first: number
  readonly next: number
  readonly raw: RecordBatch
}

/**
 * Looks at a file's schema; nothing else is read.
 * @throws SpillwayError SOURCE_UNAVAILABLE, FILE_UNREADABLE, FILE_LIMIT; COLUMN_MISSING, COLUMN_TYPE, COLUMN_UNIT,
 * EXPRESSION_INVALID with the line of a map that does not fit.
 */
export async function openEvents(path: string, view: View = {}): Promise<EventFile> {
  const { map, columns, formats = eventFormats, threads } = view
  const format = formatOf(path, formats)
  const info = await format.info(path, { threads })
  const chosen = selectColumns(info.shapes, ({ name }) => name, columns, path)
  const { metadata } = info.schema
  const plan = map === undefined ? null : planMap(map, { shapes: chosen, metadata }, path)
  const reads = plan?.reads ?? columns
  const own = columns === undefined ? info.schema : eventSchema(chosen, metadata)
  return {
    path,
    format: format.name,
    inside: info.inside,
    schema: plan?.events ?? own,
    shapes: plan?.shapes ?? chosen,
    rows: info.rows,
    async *read({ batchRows, signal }) {
      const options = { batchRows, threads, ...(reads && { columns: reads }), ...(signal && { signal }) }
      let first = 0
      for await (const raw of format.read(path, options)) {
        const next = first + raw.numRows
        yield { first, next, raw }
        first = next
      }
    },
    view: (raw) => plan?.apply(raw) ?? raw,
  }
}

/** Everything that keeps a map from fitting a file. @throws SpillwayError as `openEvents` where the file is at fault */
export async function misfits(
  path: string,
  { map, columns, formats, threads }: View,
): Promise<readonly SpillwayError[]> {
  if (map === undefined) return []
  const info = await formatOf(path, formats ?? eventFormats).info(path, { threads })
  const shapes = selectColumns(info.shapes, ({ name }) => name, columns, path)
  return mapProblems(map, { shapes, metadata: info.schema.metadata }, path)
}
