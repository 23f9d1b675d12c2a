import type { RecordBatch } from 'apache-arrow'
import type { EventSchema } from './columns.js'
import type { Shape } from './formats/shared/node.js'
import type { DecoderThreads } from './formats/shared/threads.js'
export interface OpenOptions {
  /** Threads of third-party decoders to be used again, for who opens many files; see `decoderThreads`. */
  readonly threads?: DecoderThreads
}

export interface ReadOptions extends OpenOptions {
  /** Rows of each record batch given (the last may be shorter). */
  readonly batchRows: number
  /** Read only these top-level columns; all when absent. */
  readonly columns?: readonly string[]
  /** Stop reading when aborted. */
  readonly signal?: AbortSignal
}

/** What `spillway inspect` shows and what a pipeline is checked against. */
export interface FileInfo {
  readonly schema: EventSchema
  /** Its top-level columns, with lists and structs as the file has them: what a schema map is held against. */
  readonly shapes: readonly Shape[]
  /** `null` where counting would mean reading the whole file. */
  readonly rows: number | null
  /** Tree, dataset or group inside the file that was chosen. */
  readonly inside?: string
}

/**
 * A file format as a source of events. Implementations stream: memory stays bounded by `batchRows`, whatever the
 * file's size, and hostile files give FILE_UNREADABLE or FILE_LIMIT with the place, never a hang or a crash.
 */
export interface EventFormat {
  /** `arrow`, `parquet`, `root`, `hdf5`, `hepmc3`, `lhe`. */
  readonly name: string
  /** File name endings this format answers to, with the dot, longest first: `.hepmc3.gz`, `.hepmc3`. */
  readonly extensions: readonly string[]
  info(path: string, options?: OpenOptions): Promise<FileInfo>
  read(path: string, options: ReadOptions): AsyncIterable<RecordBatch>
}
