import { type FileHandle, open, rename, unlink } from 'node:fs/promises'
import { Builder } from 'flatbuffers'
import { SpillwayError } from '../../errors.js'
import { decodeMessage } from './decode.js'
import { encodeSubset } from './encode-subset.js'
import type { Block } from './footer.js'
import { type Frame, Header, readFrames } from './frames.js'
import { defaultLimits, undecodable } from './limits.js'
import { SchemaMemory } from './schema-memory.js'
import { type ArrowSchema, readSchema } from './schema-message.js'
import { endOfStream } from './write-batch.js'
import { schemaTable, writeSchema } from './write-schema.js'

const magic = Buffer.from('ARROW1')

/**
 * Writes one Arrow IPC file out of many messages: their record batches one after another. The file is written under a
 * temporary name beside `path` and appears there whole, by `finish`; `abort` leaves nothing.
 *
 * All messages need the same fields; the first one's schema metadata become the file's. Dictionaries are written as
 * plain strings, because a file can hold one dictionary a field and messages may each bring their own.
 */
export class ArrowFileWriter {
  readonly path: string
  readonly #temporary: string
  readonly #handle: FileHandle
  readonly #schemas = new SchemaMemory(2)
  readonly #blocks: Block[] = []
  #schema: ArrowSchema | null = null
  #fields: Uint8Array | null = null
  #position = 0
  #rows = 0

  private constructor(path: string, temporary: string, handle: FileHandle) {
    this.path = path
    this.#temporary = temporary
    this.#handle = handle
  }

  /** @throws SpillwayError SINK_UNAVAILABLE. */
  static async open(path: string): Promise<ArrowFileWriter> {
    const temporary = `${path}.${process.pid}-${process.hrtime.bigint().toString(36)}.partial`
    try {
      return new ArrowFileWriter(path, temporary, await open(temporary, 'wx'))
    } catch (cause) {
      throw new SpillwayError('SINK_UNAVAILABLE', `${temporary} cannot be created`, { place: path, cause })
    }
  }

  /** Rows appended so far. */
  get rows(): number {
    return this.#rows
  }

  /** Bytes written so far. */
  get bytes(): number {
    return this.#position
  }

  /** Appends the record batches of a message. @throws SpillwayError SCHEMA_MISMATCH, MESSAGE_UNDECODABLE, SINK_UNAVAILABLE. */
  async append(message: Uint8Array): Promise<void> {
    const { bytes, frames } = this.#withoutDictionaries(message)
    const pieces = this.#begin(bytes, frames[0])
    let at = this.#position + pieces.reduce((sum, piece) => sum + piece.length, 0)
    const blocks: Block[] = []
    let rows = 0
    for (const frame of frames.slice(1)) {
      const rowsAt = frame.flat.field(frame.table, 0)
      rows += rowsAt === 0 ? 0 : frame.flat.i64(rowsAt)
      blocks.push({ offset: at, metadataBytes: frame.bodyStart - frame.start, bodyBytes: frame.bodyLength })
      pieces.push(bytes.subarray(frame.start, frame.end))
      at += frame.end - frame.start
    }
    await this.#write(pieces)
    this.#blocks.push(...blocks)
    this.#rows += rows
  }

  /** Writes the footer, makes the bytes durable and the file appear. A file without messages has no schema and is refused. */
  async finish(): Promise<void> {
    if (this.#schema === null) {
      await this.abort()
      throw new SpillwayError('INTERNAL', `nothing was written to ${this.path}`, { place: this.path })
    }
    const footer = footerOf(this.#schema, this.#blocks)
    const length = Buffer.alloc(4)
    length.writeInt32LE(footer.length)
    await this.#write([endOfStream, footer, length, magic])
    try {
      await this.#handle.sync()
      await this.#handle.close()
      await rename(this.#temporary, this.path)
    } catch (cause) {
      throw new SpillwayError('SINK_UNAVAILABLE', `${this.path} cannot be finished`, {
        place: this.path,
        cause,
      })
    }
  }

  /** Gives the file up and removes what was written. */
  async abort(): Promise<void> {
    await this.#handle.close()
    await unlink(this.#temporary)
  }

  #withoutDictionaries(message: Uint8Array): { bytes: Uint8Array; frames: readonly Frame[] } {
    const frames = readFrames(new DataView(message.buffer, message.byteOffset, message.byteLength))
    if (frames.every((frame) => frame.header !== Header.dictionary)) return { bytes: message, frames }
    const limits = { ...defaultLimits, maxBytes: Number.MAX_SAFE_INTEGER, maxRows: Number.MAX_SAFE_INTEGER }
    const options = { limits, schemas: this.#schemas }
    const events = decodeMessage(message, limits, this.#schemas)
    const text = events.schema.columns.filter((column) => column.type === 'utf8')
    const bytes = encodeSubset(
      message,
      null,
      new Map(text.map(({ path }) => [path, events.column(path)])),
      options,
    )
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    return { bytes, frames: readFrames(view).filter((frame) => frame.header !== Header.dictionary) }
  }

  /** The file's first bytes at the first message; afterwards only a check that the fields are the same. */
  #begin(bytes: Uint8Array, frame: Frame): Uint8Array[] {
    if (frame.header !== Header.schema)
      throw undecodable('the stream does not begin with a schema', `byte ${frame.start}`)
    if ((frame.end - frame.start) % 8 !== 0)
      throw undecodable('messages of a file have to be multiples of 8 bytes', `byte ${frame.start}`)
    const schema = readSchema(frame.flat, frame.table)
    const fields = writeSchema({ fields: schema.fields, metadata: new Map() })
    if (this.#fields !== null) {
      if (Buffer.compare(fields, this.#fields) === 0) return []
      throw new SpillwayError('SCHEMA_MISMATCH', `a message's fields differ from those of ${this.path}`, {
        place: this.path,
        remedy: 'Begin another file for the other schema.',
      })
    }
    this.#schema = schema
    this.#fields = fields
    return [magic, new Uint8Array(2), bytes.subarray(frame.start, frame.end)]
  }

  async #write(pieces: readonly Uint8Array[]): Promise<void> {
    try {
      for (const piece of pieces) {
        for (let done = 0; done < piece.length; )
          done += (await this.#handle.write(piece, done, piece.length - done, this.#position + done))
            .bytesWritten
        this.#position += piece.length
      }
    } catch (cause) {
      throw new SpillwayError('SINK_UNAVAILABLE', `${this.#temporary} cannot be written`, {
        place: this.path,
        cause,
      })
    }
  }
}

/** The Footer table (File.fbs): schema and where each batch lies. */
function footerOf(schema: ArrowSchema, blocks: readonly Block[]): Uint8Array {
  const builder = new Builder(1024)
  const root = schemaTable(builder, schema)
  builder.startVector(24, blocks.length, 8)
  for (const block of [...blocks].reverse()) {
    builder.prep(8, 24)
    builder.writeInt64(BigInt(block.bodyBytes))
    builder.pad(4)
    builder.writeInt32(block.metadataBytes)
    builder.writeInt64(BigInt(block.offset))
  }
  const batches = builder.endVector()
  builder.startVector(24, 0, 8)
  const dictionaries = builder.endVector()
  builder.startObject(5)
  builder.addFieldInt16(0, 4, 0)
  builder.addFieldOffset(1, root, 0)
  builder.addFieldOffset(2, dictionaries, 0)
  builder.addFieldOffset(3, batches, 0)
  builder.finish(builder.endObject())
  return builder.asUint8Array()
}
