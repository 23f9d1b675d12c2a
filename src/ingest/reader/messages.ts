import type { RecordBatch } from 'apache-arrow'
import { encodeBatch } from '../arrow/encode-batch.js'
import type { EventFile, FilePart } from '../event-file.js'
import { rowsOf } from '../formats/shared/rows.js'

export interface MessageOptions {
  /** Event of the file to begin with. */
  readonly first: number
  /** Most events of one message. */
  readonly rows: number
  /** Bytes that a message should not exceed; one of a single event may. */
  readonly bytes: number
}

/** Events `first` up to `next` of a file as a self-contained Arrow IPC stream; `null` where none is selected. */
export interface FileMessage {
  readonly first: number
  readonly next: number
  /** Events in it. */
  readonly rows: number
  readonly bytes: Uint8Array | null
}

/**
 * The events of a file as messages, in order, those of one part read together. Of a part that lies before `first` there
 * are none: whoever waits for an answer gets one while the beginning of a large file is passed over.
 * @throws SpillwayError as `EventFile.read` and `EventFile.view`
 */
export async function* fileMessages(
  file: EventFile,
  { first, rows, bytes }: MessageOptions,
): AsyncGenerator<readonly FileMessage[]> {
  for await (const { raw, ...part } of file.read({ batchRows: rows })) {
    const skip = Math.max(0, first - part.first)
    if (skip >= raw.numRows) yield []
    else {
      const rest = { first: part.first + skip, next: part.next, raw: rowsOf(raw, skip, raw.numRows) }
      yield encodePart(file, rest, bytes)
    }
  }
}

/** A part as one message, or as several where one would be too large. */
function encodePart(file: EventFile, part: FilePart, most: number): readonly FileMessage[] {
  const { first, next, raw } = part
  const batch: RecordBatch = file.view(raw)
  if (batch.numRows === 0) return [{ first, next, rows: 0, bytes: null }]
  const bytes = encodeBatch(batch)
  if (bytes.length <= most || next - first === 1) return [{ first, next, rows: batch.numRows, bytes }]
  const pieces = Math.min(next - first, Math.ceil(bytes.length / most) + 1)
  return Array.from({ length: pieces }, (_, i) => {
    const [from, to] = [i, i + 1].map((k) => Math.floor(((next - first) * k) / pieces))
    return { first: first + from, next: first + to, raw: rowsOf(raw, from, to) }
  }).flatMap((piece) => encodePart(file, piece, most))
}
