import { type FileHandle, open, rename, unlink } from 'node:fs/promises'
import { SpillwayError } from '../../errors.js'
import { decodeMessage } from './decode.js'
import { encodeSubset } from './encode-subset.js'
import { type Block, writeFooter } from './footer.js'
import { type Frame, Header, readFrames } from './frames.js'
import { undecodable } from './limits.js'
import type { Plan } from './plan.js'
import { SchemaMemory } from './schema-memory.js'
import { readPlan } from './stream.js'
import { endOfStream } from './write-batch.js'
import { writeSchema } from './write-schema.js'

const magic = Buffer.from('ARROW1')

/** Schema of the file, and its fields as bytes to compare others with. */
interface Beginning {
  readonly plan: Plan
  readonly fields: Uint8Array
}

/**
 * Writes one Arrow IPC file out of many messages: their record batches one after another. The file is written under a
 * temporary name beside `path` and appears there whole, by `finish`; `abort` leaves nothing.
 *
 * All messages need the same fields; the first one's schema metadata become the file's. Dictionaries of strings are
 * written as plain strings, because a file can hold one dictionary a field and messages may each bring their own; other
 * dictionaries have to be the same in all messages.
 */
export class ArrowFileWriter {
  readonly path: string
  readonly #temporary: string
  readonly #handle: FileHandle
  readonly #schemas = new SchemaMemory(2)
  readonly #blocks: { readonly header: number; readonly block: Block }[] = []
  #begin: Beginning | null = null
  #dictionaries: ReadonlyMap<bigint, Uint8Array> = new Map()
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

  /**
   * Appends the record batches of a message. After SINK_UNAVAILABLE only `abort` is left; the other errors leave the
   * file as it was.
   *
   * @throws SpillwayError SCHEMA_MISMATCH, MESSAGE_UNDECODABLE, SINK_UNAVAILABLE.
   */
  async append(message: Uint8Array): Promise<void> {
    const { bytes, frames, plan } = this.#flat(message)
    const state = this.#begun(bytes, frames[0], plan)
    const pieces = [...state.pieces]
    const blocks: { readonly header: number; readonly block: Block }[] = []
    const dictionaries = new Map(this.#dictionaries)
    const needed = dictionaryIds(plan)
    let at = this.#position + pieces.reduce((sum, piece) => sum + piece.length, 0)
    let rows = 0
    for (const frame of frames.slice(1)) {
      const piece = bytes.subarray(frame.start, frame.end)
      if (piece.length % 8 !== 0) throw unaligned(frame)
      if (frame.header === Header.dictionary && !this.#isNew(frame, piece, needed, dictionaries)) continue
      rows += frame.header === Header.recordBatch ? rowsOf(frame) : 0
      const block = { offset: at, metadataBytes: frame.bodyStart - frame.start, bodyBytes: frame.bodyLength }
      blocks.push({ header: frame.header, block })
      pieces.push(piece)
      at += piece.length
    }
    await this.#write(pieces)
    this.#begin = state.begin
    this.#dictionaries = dictionaries
    this.#blocks.push(...blocks)
    this.#rows += rows
  }

  /** Writes the footer, makes the bytes durable and the file appear. A file without messages has no schema and is refused. */
  async finish(): Promise<void> {
    if (this.#begin === null) {
      await this.abort()
      throw new SpillwayError('INTERNAL', `nothing was written to ${this.path}`, { place: this.path })
    }
    const of = (kind: number) =>
      this.#blocks.filter(({ header }) => header === kind).map(({ block }) => block)
    const footer = writeFooter(this.#begin.plan.schema, {
      dictionaries: of(Header.dictionary),
      batches: of(Header.recordBatch),
    })
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

  /** The message with strings in place of dictionaries of strings. */
  #flat(message: Uint8Array): { bytes: Uint8Array; frames: readonly Frame[]; plan: Plan } {
    const opened = this.#open(message)
    const { plan } = opened
    if (plan.dictionaries.size === 0) return opened
    const limits = { maxBytes: Number.MAX_SAFE_INTEGER, maxRows: Number.MAX_SAFE_INTEGER, maxRatio: 1 << 20 }
    const events = decodeMessage(message, limits, this.#schemas)
    const coded = plan.text.filter((leaf) => leaf.field.dictionary !== null)
    const text = new Map(coded.map(({ path }) => [path, events.column(path)]))
    return this.#open(encodeSubset(message, null, text, { limits, schemas: this.#schemas }))
  }

  #open(bytes: Uint8Array): { bytes: Uint8Array; frames: readonly Frame[]; plan: Plan } {
    const frames = readFrames(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength))
    return { bytes, frames, plan: readPlan(bytes, frames[0], this.#schemas) }
  }

  /** What begins the file; for the first message also the bytes, for later ones a check that the fields are the same. */
  #begun(bytes: Uint8Array, frame: Frame, plan: Plan): { begin: Beginning; pieces: readonly Uint8Array[] } {
    if (this.#begin?.plan === plan) return { begin: this.#begin, pieces: [] }
    if ((frame.end - frame.start) % 8 !== 0) throw unaligned(frame)
    const fields = writeSchema({ fields: plan.schema.fields, metadata: new Map() })
    if (this.#begin === null) {
      const schema = bytes.subarray(frame.start, frame.end)
      return { begin: { plan, fields }, pieces: [magic, new Uint8Array(2), schema] }
    }
    if (Buffer.compare(fields, this.#begin.fields) === 0) return { begin: this.#begin, pieces: [] }
    throw this.#other("a message's fields differ")
  }

  /** Whether a dictionary that is still needed has to be written; a file holds but one a field. */
  #isNew(
    frame: Frame,
    piece: Uint8Array,
    needed: ReadonlySet<bigint>,
    written: Map<bigint, Uint8Array>,
  ): boolean {
    const at = frame.flat.field(frame.table, 0)
    const id = at === 0 ? 0n : frame.flat.bigint(at)
    if (!needed.has(id)) return false
    const earlier = written.get(id)
    if (earlier === undefined) {
      written.set(id, Uint8Array.from(piece))
      return true
    }
    if (Buffer.compare(earlier, piece) === 0) return false
    throw this.#other(`dictionary ${id} of a message differs`)
  }

  #other(what: string): SpillwayError {
    return new SpillwayError('SCHEMA_MISMATCH', `${what} from what ${this.path} has`, {
      place: this.path,
      remedy: 'Begin another file.',
    })
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

function dictionaryIds(plan: Plan): ReadonlySet<bigint> {
  return new Set(plan.nodes.flatMap(({ field }) => (field.dictionary === null ? [] : [field.dictionary.id])))
}

function rowsOf(frame: Frame): number {
  const at = frame.flat.field(frame.table, 0)
  return at === 0 ? 0 : frame.flat.i64(at)
}

function unaligned(frame: Frame): SpillwayError {
  return undecodable('messages of a file have to be multiples of 8 bytes', `byte ${frame.start}`)
}
