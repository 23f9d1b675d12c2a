import { SpillwayError } from '../../errors.js'
import { ArrowFile } from '../../ingest/arrow/index.js'
import type { EventSchema } from '../../ingest/columns.js'
import { eventFormats } from '../../ingest/event-file.js'
import { formatOf } from '../../ingest/format-of.js'
import type { Unread } from '../../ingest/message.js'
import { type FileView, openReader, type Reader } from '../../ingest/reader/thread.js'

/** How the files of a source are looked at. */
export interface InputView extends Omit<FileView, 'path'> {
  /** Most events read at once, for files that have no record batches of their own. */
  readonly rows: number
}

/** What a pipeline says of its files. */
export function viewOf(
  {
    map,
    columns,
    rows,
  }: { readonly map?: string; readonly columns?: readonly string[]; readonly rows: number },
  folder: string,
): InputView {
  return { map: map ?? null, columns: columns ?? null, rows, folder }
}

export const PLAIN_VIEW: InputView = { map: null, folder: '', columns: null, rows: 1024 }

/** What is delivered of a file: positions `at` up to `next`, counted from its beginning. */
export interface Piece {
  readonly at: number
  readonly next: number
  /** Events in it. */
  readonly rows: number
  readonly value: Uint8Array | null
  readonly unread?: Unread
}

/** One input file as a run of positions. */
export interface FileInput {
  readonly path: string
  readonly schema: EventSchema
  /** Its events; `null` where counting would mean reading the whole file. */
  readonly rows: number | null
  /** Positions that it takes: more than it has where they cannot be counted beforehand. */
  readonly span: number
  /** Messages left from a position on; `null` when unknown. */
  left(at: number): number | null
  /**
   * Its events from a position on, as self-contained messages. A damaged file ends with a piece that says so.
   * @throws SpillwayError SOURCE_UNAVAILABLE
   */
  read(at: number, reader: Reader): AsyncGenerator<Piece>
}

/** Positions of a file whose events cannot be counted beforehand. */
const MANY = 2 ** 32
/** A message of more bytes is cut: a worker takes 8 MB at once. */
const MESSAGE_BYTES = 4 << 20

/**
 * Looks at a file's schema. Arrow files are cut into the record batches that they have, by their bytes alone; files of
 * other formats, and all that are seen through a map, are decoded to Arrow in a thread of their own.
 * @throws SpillwayError SOURCE_UNAVAILABLE, FILE_UNREADABLE, FILE_LIMIT; COLUMN_MISSING, COLUMN_TYPE, COLUMN_UNIT,
 * EXPRESSION_INVALID with the line of a map that does not fit
 */
export async function openInput(path: string, view: InputView, reader: Reader): Promise<FileInput> {
  const plain = view.map === null && view.columns === null
  if (plain && formatOf(path, eventFormats).name === 'arrow') return arrowInput(path)
  const { map, folder, columns, rows } = view
  const about: FileView = { path, map, folder, columns }
  const described = await reader.describe(about)
  const span = described.rows ?? MANY
  return {
    path,
    schema: described.schema,
    rows: described.rows,
    span,
    left: (at) => (described.rows === null ? null : Math.ceil((described.rows - at) / rows)),
    read: (at, using) => decoded(using, about, at, span, rows),
  }
}

/** The schema of a file as a source sees it. @throws SpillwayError as `openInput` */
export async function schemaOfInput(path: string, view: InputView = PLAIN_VIEW): Promise<EventSchema> {
  const reader = openReader()
  try {
    return (await openInput(path, view, reader)).schema
  } finally {
    await reader.close()
  }
}

/** The first events of the first file that has any; `null` where none has. @throws SpillwayError as `openInput` */
export async function firstPiece(
  paths: readonly string[],
  view: InputView,
): Promise<(Piece & { readonly path: string }) | null> {
  const reader = openReader()
  try {
    for (const path of paths) {
      const input = await openInput(path, view, reader)
      for await (const piece of input.read(0, reader)) return { path, ...piece }
    }
    return null
  } finally {
    await reader.close()
  }
}

async function arrowInput(path: string): Promise<FileInput> {
  await using file = await ArrowFile.open(path)
  const { batchCount, rows, schema } = file
  return {
    path,
    schema,
    rows,
    span: batchCount,
    left: (at) => batchCount - at,
    async *read(at) {
      await using open = await ArrowFile.open(path)
      for (let index = at; index < batchCount; index++) {
        const batch = await open.batch(index)
        yield { at: index, next: index + 1, rows: batch.rows, value: batch.bytes }
      }
    },
  }
}

async function* decoded(
  reader: Reader,
  view: FileView,
  from: number,
  span: number,
  rows: number,
): AsyncGenerator<Piece> {
  let at = from
  try {
    for await (const { first, next, rows: count, bytes } of reader.messages(view, {
      first: from,
      rows,
      bytes: MESSAGE_BYTES,
    })) {
      at = next
      if (bytes !== null) yield { at: first, next, rows: count, value: bytes }
    }
  } catch (error) {
    if (!(error instanceof SpillwayError) || !DAMAGE.includes(error.code)) throw error
    const place =
      error.place === undefined || error.place === view.path ? `${view.path}, event ${at}` : error.place
    const message = `the events from number ${at} on cannot be read: ${error.message}`
    yield { at, next: span, rows: 0, value: null, unread: { message, place } }
  }
}

const DAMAGE: readonly string[] = ['FILE_UNREADABLE', 'FILE_LIMIT', 'SCHEMA_MISMATCH']
