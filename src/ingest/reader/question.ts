import type { EventSchema } from '../columns.js'
import type { FileMessage, MessageOptions } from './messages.js'

/** A file and how it is looked at. */
export interface FileView {
  readonly path: string
  /** Name or path of a schema map. */
  readonly map: string | null
  /** Folder that a relative path of a map starts from. */
  readonly folder: string
  /** Top-level columns to read; all when `null`. */
  readonly columns: readonly string[] | null
}

/** What a reader's thread is asked: about a file, to begin with its events, for the next of them. */
export type ReaderQuestion =
  | { readonly ask: 'describe'; readonly view: FileView }
  | { readonly ask: 'begin'; readonly view: FileView; readonly options: MessageOptions }
  | { readonly ask: 'next' }

/** What is known of a file before its events are read. */
export interface Described {
  readonly format: string
  readonly schema: EventSchema
  /** `null` where counting would mean reading the whole file. */
  readonly rows: number | null
}

/** `null` to `begin`, and to `next` at the end of the file. */
export type ReaderAnswer = Described | readonly FileMessage[] | null
