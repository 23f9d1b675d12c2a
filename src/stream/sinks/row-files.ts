import { SpillwayError } from '../../errors.js'
import { ArrowFileWriter } from '../../ingest/arrow/write-file.js'
import type { RowWriter, WrittenFormat } from '../../ingest/writer/thread.js'

/** A folder of files of rows. */
export interface RowFolder {
  readonly folder: string
  readonly format: 'arrow' | WrittenFormat
}

/**
 * Files out of the streams that are there: one, or several where the fields change on the way, as columns that a
 * producer adds or widens do. `nameOf` names them in order. @returns the names that were written
 */
export async function writeRows(
  format: RowFolder['format'],
  writer: RowWriter,
  pathOf: (file: number) => string,
  streams: readonly (Uint8Array | null)[],
): Promise<number> {
  const there = streams.filter((bytes) => bytes !== null)
  let files = 0
  for (let from = 0; from < there.length; files++) {
    const path = pathOf(files)
    if (format === 'arrow') from = await writeRun(path, there, from)
    else from += await writer.write({ path, format, streams: there.slice(from) })
  }
  return files
}

/** Writes streams of the same fields from `from` on to one file. @returns the first that does not fit into it */
async function writeRun(path: string, streams: readonly Uint8Array[], from: number): Promise<number> {
  const writer = await ArrowFileWriter.open(path)
  let at = from
  try {
    for (; at < streams.length; at++) {
      try {
        await writer.append(streams[at])
      } catch (error) {
        const other = error instanceof SpillwayError && error.code === 'SCHEMA_MISMATCH' && at > from
        if (!other) throw error
        break
      }
    }
    await writer.finish()
  } catch (error) {
    await writer.abort().catch(() => {})
    throw error
  }
  return at
}
