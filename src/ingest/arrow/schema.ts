import { SpillwayError } from '../../errors.js'
import type { EventSchema } from '../columns.js'
import { ArrowFile } from './file.js'
import { withSchema } from './foreign-file.js'
import { Header, isFile, metadataLength, readFrame } from './frames.js'
import { undecodable } from './limits.js'
import { planOf } from './plan.js'
import { readSchema } from './schema-message.js'

/** Columns and axes of an Arrow IPC stream or file in memory; only its schema is looked at. @throws SpillwayError MESSAGE_EMPTY, MESSAGE_UNDECODABLE, MESSAGE_TOO_LARGE. */
export function schemaOf(bytes: Uint8Array): EventSchema {
  if (bytes.length === 0)
    throw new SpillwayError('MESSAGE_EMPTY', 'the message has no bytes', { place: 'byte 0' })
  const whole = withSchema(bytes)
  const view = new DataView(whole.buffer, whole.byteOffset, whole.byteLength)
  const start = isFile(view) ? 8 : 0
  const length = metadataLength(view, start, whole.length)
  if (length === 0) throw undecodable('the stream has no schema', `byte ${start}`)
  const frame = readFrame(view, start, length, whole.length)
  if (frame.header !== Header.schema)
    throw undecodable('the stream does not begin with a schema', `byte ${start}`)
  return planOf(readSchema(frame.flat, frame.table), frame.version === 3).events
}

/** Columns and axes of an Arrow IPC file or stream file. @throws SpillwayError SOURCE_UNAVAILABLE, FILE_UNREADABLE, FILE_LIMIT. */
export async function schemaOfFile(path: string): Promise<EventSchema> {
  const file = await ArrowFile.open(path)
  await file.close()
  return file.schema
}
