import type { RecordBatch } from 'apache-arrow'
import type { EventFormat, FileInfo, ReadOptions } from '../../format.js'
import { arrowSchema, recordBatch } from '../shared/batch.js'
import type { Data, Shape } from '../shared/node.js'
import { fileInfo } from '../shared/schema.js'
import { selectColumns } from '../shared/select.js'
import { eachLine, type TakeLine, textChunks } from './lines.js'

/** Events collected from a listing line by line, to be taken out as columns. */
export interface Listing {
  /** Events that are complete. */
  readonly rows: number
  /** Its columns; they are final once one event is complete. */
  readonly shapes: readonly Shape[]
  /** @throws SpillwayError FILE_UNREADABLE, FILE_LIMIT naming the line. */
  readonly line: TakeLine
  /** There are no more lines. @throws SpillwayError FILE_UNREADABLE where the listing is cut. */
  finish(): void
  /** Takes the first `rows` events out, all columns in the order of `shapes`. */
  take(rows: number): readonly Data[]
}

export interface TextFormat {
  readonly name: string
  readonly extensions: readonly string[]
  /** An empty listing; `place` is the file's path, for messages. */
  readonly listing: (place: string) => Listing
}

/** A format whose files are text, one event after another, packed with gzip or not. */
export const textFormat = (format: TextFormat): EventFormat => ({
  name: format.name,
  extensions: format.extensions,
  info: (path) => listingInfo(format, textChunks(path), path),
  read: (path, options) => readListing(format, textChunks(path, options.signal), path, options),
})

/** Reads up to the first event: how many there are is known only at the end. */
async function listingInfo(
  format: TextFormat,
  chunks: AsyncIterable<Uint8Array>,
  path: string,
): Promise<FileInfo> {
  const listing = format.listing(path)
  const some = (): FileInfo => fileInfo(listing.shapes, metadataOf(format), null)
  try {
    for await (const _ of eachLine(chunks, listing.line, path)) if (listing.rows > 0) return some()
    listing.finish()
  } catch (error) {
    // One event is enough to know the columns: what is wrong after it is told where it is read.
    if (listing.rows > 0) return some()
    throw error
  }
  return fileInfo(listing.shapes, metadataOf(format), listing.rows)
}

/**
 * The events of a listing in batches. What is complete before the place where a listing is damaged is given first.
 * @throws SpillwayError FILE_UNREADABLE, FILE_LIMIT, COLUMN_MISSING
 */
export async function* readListing(
  format: TextFormat,
  chunks: AsyncIterable<Uint8Array>,
  path: string,
  options: ReadOptions,
): AsyncGenerator<RecordBatch> {
  const listing = format.listing(path)
  let damage: unknown
  try {
    for await (const _ of eachLine(chunks, listing.line, path)) {
      options.signal?.throwIfAborted()
      while (listing.rows >= options.batchRows)
        yield batchOf(format, listing, options.batchRows, options, path)
    }
    listing.finish()
  } catch (error) {
    if (options.signal?.aborted) throw error
    damage = error
  }
  while (listing.rows > 0)
    yield batchOf(format, listing, Math.min(options.batchRows, listing.rows), options, path)
  if (damage !== undefined) throw damage
}

function batchOf(
  format: TextFormat,
  listing: Listing,
  rows: number,
  { columns }: ReadOptions,
  path: string,
): RecordBatch {
  const data = listing.take(rows)
  const all = listing.shapes.map((shape, i) => ({ shape, data: data[i] }))
  const chosen = selectColumns(all, ({ shape }) => shape.name, columns, path)
  const schema = arrowSchema(
    chosen.map(({ shape }) => shape),
    metadataOf(format),
  )
  return recordBatch(
    schema,
    chosen.map((one) => one.data),
    rows,
  )
}

const metadataOf = ({ name }: TextFormat): ReadonlyMap<string, string> => new Map([['format', name]])
