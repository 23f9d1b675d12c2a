/** Formats that files of rows are written in besides Arrow. */
export type WrittenFormat = 'parquet' | 'root'

/** A file to write: Arrow IPC streams, of which those that have the fields of the first go into it. */
export interface WriterQuestion {
  readonly path: string
  readonly format: WrittenFormat
  readonly streams: readonly Uint8Array[]
}

/** How many streams are in the file; it is whole and durable. */
export type WriterAnswer = number
