import { type FileHandle, open } from 'node:fs/promises'
import { asSpillwayError, SpillwayError } from '../../errors.js'
import type { EventSchema } from '../columns.js'
import { Flat } from './flat.js'
import { type Block, readFooter } from './footer.js'
import { footerSchema } from './foreign-file.js'
import { type Frame, Header, isFile, metadataLength, readFrame } from './frames.js'
import { planOf } from './plan.js'
import { readSchema } from './schema-message.js'
import { endOfStream } from './write-batch.js'
import { writeSchema } from './write-schema.js'

/** One record batch of a file as a self-contained Arrow IPC stream. */
export interface FileBatch {
  readonly index: number
  readonly rows: number
  readonly bytes: Uint8Array
}

export interface FileLimits {
  /** Bytes of one batch with schema and dictionaries, and of any metadata. */
  readonly maxBytes: number
}

interface Entry {
  readonly block: Block
  readonly rows: number
  /** Dictionary messages that it needs, in order. */
  readonly dictionaries: readonly Block[]
}

const defaultFileLimits: FileLimits = { maxBytes: 512 << 20 }

/**
 * An Arrow IPC file, or a file that holds an Arrow IPC stream, opened for random access to its record batches. Batches
 * are cut out by their bytes alone; decoding, and the checks that go with it, are `decodeMessage`'s.
 *
 * Opening reads schema, footer and the metadata of each batch; memory stays bounded by one batch. Sizes that a hostile
 * file claims are checked against the file and `limits` first: FILE_UNREADABLE or FILE_LIMIT with path and byte.
 */
export class ArrowFile implements AsyncDisposable {
  readonly path: string
  readonly schema: EventSchema
  /** All rows of the file. */
  readonly rows: number
  readonly #bytes: FileBytes
  readonly #schemaMessage: Uint8Array
  readonly #entries: readonly Entry[]

  private constructor(bytes: FileBytes, schema: EventSchema, message: Uint8Array, entries: readonly Entry[]) {
    this.path = bytes.path
    this.schema = schema
    this.rows = entries.reduce((sum, entry) => sum + entry.rows, 0)
    this.#bytes = bytes
    this.#schemaMessage = message
    this.#entries = entries
  }

  /** @throws SpillwayError SOURCE_UNAVAILABLE, FILE_UNREADABLE, FILE_LIMIT. */
  static async open(path: string, limits: FileLimits = defaultFileLimits): Promise<ArrowFile> {
    const bytes = await FileBytes.open(path, limits)
    try {
      const magic = await bytes.read(0, Math.min(8, bytes.size))
      const inFile = isFile(viewOf(magic))
      const first = await bytes.message(inFile ? 8 : 0)
      if (inFile && first?.frame.header !== Header.schema) return await ArrowFile.#foreign(bytes)
      if (first === null || first.frame.header !== Header.schema)
        throw new SpillwayError('FILE_UNREADABLE', `${path} does not begin with an Arrow schema`, {
          place: path,
        })
      const { frame } = first
      const plan = planOf(readSchema(frame.flat, frame.table), frame.version === 3)
      const entries = inFile ? await entriesOfFile(bytes) : await entriesOfStream(bytes, first.block)
      return new ArrowFile(bytes, plan.events, first.metadata, entries)
    } catch (error) {
      await bytes.close()
      throw unreadable(error, path)
    }
  }

  /** A file whose schema is in its footer alone, as apache-arrow for JavaScript writes it. */
  static async #foreign(bytes: FileBytes): Promise<ArrowFile> {
    const { flat } = await readTail(bytes)
    const schema = footerSchema(flat)
    return new ArrowFile(bytes, planOf(schema, false).events, writeSchema(schema), await entriesOfFile(bytes))
  }

  /** A stream with the file's schema and no events. */
  get empty(): Uint8Array {
    return Buffer.concat([this.#schemaMessage, endOfStream])
  }

  get batchCount(): number {
    return this.#entries.length
  }

  /** Batch `index` of `batchCount`. @throws SpillwayError FILE_UNREADABLE, FILE_LIMIT. */
  async batch(index: number): Promise<FileBatch> {
    const { block, rows, dictionaries } = this.#entries[index]
    const blocks = [...dictionaries, block]
    const total = blocks.reduce(
      (sum, one) => sum + sizeOf(one),
      this.#schemaMessage.length + endOfStream.length,
    )
    this.#bytes.limit(total, block.offset)
    const bytes = new Uint8Array(total)
    bytes.set(this.#schemaMessage)
    let at = this.#schemaMessage.length
    for (const one of blocks) {
      await this.#bytes.readInto(bytes.subarray(at, at + sizeOf(one)), one.offset)
      at += sizeOf(one)
    }
    bytes.set(endOfStream, at)
    return { index, rows, bytes }
  }

  /** All batches in order. */
  async *batches(): AsyncGenerator<FileBatch> {
    for (let index = 0; index < this.batchCount; index++) yield await this.batch(index)
  }

  close(): Promise<void> {
    return this.#bytes.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}

/** The record batches of an Arrow IPC file or stream file, each as a self-contained stream. */
export async function* batches(
  path: string,
  limits: FileLimits = defaultFileLimits,
): AsyncGenerator<FileBatch> {
  const file = await ArrowFile.open(path, limits)
  try {
    yield* file.batches()
  } finally {
    await file.close()
  }
}

async function readTail(bytes: FileBytes): Promise<{ flat: Flat; start: number }> {
  const tail = viewOf(await bytes.read(bytes.size - 10, 10))
  const length = tail.getInt32(0, true)
  const start = bytes.size - 10 - length
  if (!isFile(new DataView(tail.buffer, tail.byteOffset + 4, 6)) || length <= 0 || start < 8)
    throw new SpillwayError(
      'FILE_UNREADABLE',
      `${bytes.path} was cut or never finished: no footer at its end`,
      {
        place: `${bytes.path}, byte ${bytes.size - 10}`,
      },
    )
  return { flat: new Flat(viewOf(await bytes.read(start, length)), 0, length), start }
}

async function entriesOfFile(bytes: FileBytes): Promise<readonly Entry[]> {
  const { flat, start } = await readTail(bytes)
  const footer = readFooter(flat, bytes.path, start)
  const entries: Entry[] = []
  for (const block of footer.batches) {
    const { frame, metadata } = await bytes.metadataOf(block, start)
    if (frame.header !== Header.recordBatch || frame.bodyLength !== block.bodyBytes)
      throw new SpillwayError('FILE_UNREADABLE', `the footer of ${bytes.path} does not fit its batches`, {
        place: `${bytes.path}, byte ${block.offset}`,
      })
    entries.push({
      block: { ...block, metadataBytes: metadata.length },
      rows: rowsOf(frame),
      dictionaries: footer.dictionaries,
    })
  }
  return entries
}

async function entriesOfStream(bytes: FileBytes, schema: Block): Promise<readonly Entry[]> {
  const entries: Entry[] = []
  const dictionaries = new Map<bigint, readonly Block[]>()
  for (let at = schema.offset + sizeOf(schema); at < bytes.size; ) {
    const message = await bytes.message(at)
    if (message === null) break
    const { block, frame } = message
    if (frame.header === Header.dictionary) {
      const { flat, table } = frame
      const id = flat.field(table, 0) === 0 ? 0n : flat.bigint(flat.field(table, 0))
      const delta = flat.field(table, 2) !== 0 && flat.u8(flat.field(table, 2)) !== 0
      dictionaries.set(id, delta ? [...(dictionaries.get(id) ?? []), block] : [block])
    } else if (frame.header === Header.recordBatch)
      entries.push({ block, rows: rowsOf(frame), dictionaries: [...dictionaries.values()].flat() })
    else
      throw new SpillwayError('FILE_UNREADABLE', `a message of kind ${frame.header}`, {
        place: `${bytes.path}, byte ${at}`,
      })
    at += sizeOf(block)
  }
  return entries
}

function rowsOf(frame: Frame): number {
  const at = frame.flat.field(frame.table, 0)
  return at === 0 ? 0 : Math.max(0, frame.flat.i64(at))
}

function sizeOf(block: Block): number {
  return block.metadataBytes + block.bodyBytes
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

function unreadable(error: unknown, path: string): SpillwayError {
  if (!(error instanceof SpillwayError)) return asSpillwayError(error, 'FILE_UNREADABLE', { place: path })
  if (error.code === 'MESSAGE_UNDECODABLE')
    return new SpillwayError('FILE_UNREADABLE', `${path}: ${error.message}`, {
      place: `${path}, ${error.place}`,
    })
  if (error.code === 'MESSAGE_TOO_LARGE')
    return new SpillwayError('FILE_LIMIT', `${path}: ${error.message}`, { place: `${path}, ${error.place}` })
  return error
}

/** Bounded reads from an open file. */
class FileBytes {
  private constructor(
    readonly path: string,
    readonly size: number,
    readonly limits: FileLimits,
    readonly handle: FileHandle,
  ) {}

  static async open(path: string, limits: FileLimits): Promise<FileBytes> {
    try {
      const handle = await open(path, 'r')
      return new FileBytes(path, (await handle.stat()).size, limits, handle)
    } catch (cause) {
      throw new SpillwayError('SOURCE_UNAVAILABLE', `${path} cannot be opened`, { place: path, cause })
    }
  }

  close(): Promise<void> {
    return this.handle.close()
  }

  limit(bytes: number, at: number): void {
    if (bytes > this.limits.maxBytes)
      throw new SpillwayError('FILE_LIMIT', `${bytes} bytes at once, the limit is ${this.limits.maxBytes}`, {
        place: `${this.path}, byte ${at}`,
      })
  }

  async read(at: number, length: number): Promise<Uint8Array> {
    this.limit(length, at)
    const bytes = new Uint8Array(length)
    await this.readInto(bytes, at)
    return bytes
  }

  async readInto(target: Uint8Array, at: number): Promise<void> {
    let done = 0
    while (at >= 0 && done < target.length) {
      const { bytesRead } = await this.handle.read(target, done, target.length - done, at + done)
      if (bytesRead === 0) break
      done += bytesRead
    }
    if (done < target.length)
      throw new SpillwayError('FILE_UNREADABLE', `${this.path} ends too early`, {
        place: `${this.path}, byte ${at + done}`,
      })
  }

  /** The message at `at` without its body; `null` at the end marker. */
  async message(at: number): Promise<{ block: Block; frame: Frame; metadata: Uint8Array } | null> {
    const length = metadataLength(viewOf(await this.read(at, 8)), 0, Number.POSITIVE_INFINITY)
    if (length === 0) return null
    const metadata = await this.read(at, 8 + length)
    const frame = readFrame(viewOf(metadata), 0, length, this.size - at)
    return { block: { offset: at, metadataBytes: 8 + length, bodyBytes: frame.bodyLength }, frame, metadata }
  }

  async metadataOf(block: Block, end: number): Promise<{ frame: Frame; metadata: Uint8Array }> {
    const message = await this.message(block.offset)
    if (message === null || block.offset + sizeOf(message.block) > end)
      throw new SpillwayError('FILE_UNREADABLE', `${this.path} has no batch where its footer says`, {
        place: `${this.path}, byte ${block.offset}`,
      })
    return message
  }
}
