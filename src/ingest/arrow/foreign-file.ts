import { Flat } from './flat.js'
import { footerStart, Header, isFile, metadataLength, readFrame } from './frames.js'
import { undecodable } from './limits.js'
import { type ArrowSchema, readSchema } from './schema-message.js'
import { writeSchema } from './write-schema.js'

/**
 * apache-arrow for JavaScript writes the schema of a file into its footer alone. Such a file in memory comes back as
 * the stream it should hold; any other bytes come back as they are.
 *
 * @throws SpillwayError MESSAGE_UNDECODABLE.
 */
export function withSchema(bytes: Uint8Array): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (!isFile(view)) return bytes
  const end = footerStart(view)
  const length = metadataLength(view, 8, end)
  if (length > 0 && readFrame(view, 8, length, end).header === Header.schema) return bytes
  const schema = writeSchema(footerSchema(new Flat(view, end, bytes.length - 10)))
  const out = new Uint8Array(schema.length + end - 8)
  out.set(schema)
  out.set(bytes.subarray(8, end), schema.length)
  return out
}

/** The schema in the Footer table (File.fbs). */
export function footerSchema(flat: Flat): ArrowSchema {
  const at = flat.field(flat.root(), 1)
  if (at === 0) throw undecodable('a footer without schema', `byte ${flat.start}`)
  return readSchema(flat, flat.table(at))
}
