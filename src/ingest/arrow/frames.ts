import { Flat } from './flat.js'
import { undecodable } from './limits.js'

/** Message header types (Message.fbs). */
export const Header = { schema: 1, dictionary: 2, recordBatch: 3 } as const

/** One encapsulated message of a stream; positions are bytes from the beginning. */
export interface Frame {
  /** Where its continuation marker is. */
  readonly start: number
  /** Where the next message begins. */
  readonly end: number
  readonly header: number
  /** Position of the header's table. */
  readonly table: number
  readonly flat: Flat
  readonly bodyStart: number
  readonly bodyLength: number
  /** Metadata version as on the wire: 3 is V4, 4 is V5. */
  readonly version: number
}

const fileMagic = 0x4f525241 // "ARRO", little-endian

/** Whether the bytes begin as an Arrow IPC file does: "ARROW1". */
export function isFile(view: DataView): boolean {
  return view.byteLength >= 6 && view.getUint32(0, true) === fileMagic && view.getUint16(4, true) === 0x3157
}

/**
 * The messages of an Arrow IPC stream, or of the stream inside an Arrow IPC file, checked to lie one after another
 * within the bytes. A stream may lack its end marker, but not its record batches: what ends after the schema without a
 * marker was cut. Nothing may follow the marker, else events would be lost silently.
 *
 * @throws SpillwayError MESSAGE_UNDECODABLE with the byte.
 */
export function readFrames(view: DataView): readonly Frame[] {
  const [start, end] = isFile(view) ? [8, footerStart(view)] : [0, view.byteLength]
  const frames: Frame[] = []
  let at = start
  for (;;) {
    if (at === end) {
      if (frames.at(-1)?.header === Header.recordBatch) return frames
      throw undecodable('the stream ends without record batch and end marker', `byte ${at}`)
    }
    const length = metadataLength(view, at, end)
    if (length === 0) break
    const frame = readFrame(view, at, length, end)
    frames.push(frame)
    at = frame.end
  }
  if (frames.length === 0) throw undecodable('the stream has no schema', `byte ${start}`)
  for (let rest = at + 8; rest < end; rest++)
    if (view.getUint8(rest) !== 0)
      throw undecodable(`${end - rest} bytes follow the end of the stream`, `byte ${rest}`)
  return frames
}

/** Reads the 8 bytes before a message's metadata: 0 is the end marker. */
export function metadataLength(view: DataView, at: number, end: number): number {
  if (at + 8 > end) throw undecodable(`${end - at} bytes are too few for a message`, `byte ${at}`)
  if (view.getUint32(at, true) !== 0xffffffff)
    throw undecodable(
      'no continuation marker (0xFFFFFFFF): not Arrow IPC, or written before Arrow 0.15',
      `byte ${at}`,
    )
  const length = view.getInt32(at + 4, true)
  if (length < 0 || at + 8 + length > end)
    throw undecodable(`a message of ${length} bytes of metadata, ${end - at - 8} are left`, `byte ${at + 4}`)
  return length
}

/** Reads the Message table of `length` bytes of metadata after the marker at `at`; its body has to end by `end`. */
export function readFrame(view: DataView, at: number, length: number, end: number): Frame {
  const bodyStart = at + 8 + length
  const flat = new Flat(view, at + 8, bodyStart)
  const message = flat.root()
  const version = flat.field(message, 0)
  const type = flat.field(message, 1)
  const header = flat.field(message, 2)
  const body = flat.field(message, 3)
  const bodyLength = body === 0 ? 0 : flat.i64(body)
  if (bodyLength < 0 || bodyStart + bodyLength > end)
    throw undecodable(`a body of ${bodyLength} bytes, ${end - bodyStart} are left`, `byte ${body}`)
  const wire = version === 0 ? 0 : flat.i16(version)
  if (wire !== 3 && wire !== 4)
    throw undecodable(`metadata version ${wire + 1}, not 4 or 5`, `byte ${message}`)
  if (type === 0 || header === 0) throw undecodable('a message without header', `byte ${message}`)
  return {
    start: at,
    end: bodyStart + bodyLength,
    header: flat.u8(type),
    table: flat.table(header),
    flat,
    bodyStart,
    bodyLength,
    version: wire,
  }
}

/** Where the footer of a file in memory begins. */
export function footerStart(view: DataView): number {
  const length = view.byteLength
  const atEnd = length - 6
  if (length < 18 || view.getUint32(atEnd, true) !== fileMagic || view.getUint16(atEnd + 4, true) !== 0x3157)
    throw undecodable(
      'an Arrow file without the closing "ARROW1": cut, or never finished',
      `byte ${Math.max(0, atEnd)}`,
    )
  const footer = view.getInt32(length - 10, true)
  if (footer <= 0 || footer > length - 18)
    throw undecodable(`a footer of ${footer} bytes in a file of ${length}`, `byte ${length - 10}`)
  return length - 10 - footer
}
