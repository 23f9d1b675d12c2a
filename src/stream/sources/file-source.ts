import { createHash } from 'node:crypto'
import { statSync } from 'node:fs'
import { SpillwayError } from '../../errors.js'
import { ArrowFile } from '../../ingest/arrow/index.js'
import type { EventSchema } from '../../ingest/columns.js'
import type { LaneId } from '../sink.js'
import type { Lag, Lanes, Source } from '../source.js'

/** The one lane of file input. An offset is a record batch, counted over all files in order. */
export const FILE_LANE: LaneId = { topic: '', partition: 0 }

interface InputFile {
  readonly path: string
  readonly batches: number
  readonly rows: number
  /** Batches of the files before this one. */
  readonly first: number
}

/** Arrow files as one lane, in the order given; every record batch is a message. */
export class FileSource implements Source {
  readonly totalRows: number
  readonly schema: EventSchema
  /** Identifies the input: names and sizes. */
  readonly digest: string
  readonly #files: readonly InputFile[]
  #at = 0
  #rewinds = 0
  #stopped = false
  #lanes: Lanes | null = null
  #closed: Promise<void> | null = null

  private constructor(files: readonly InputFile[], schema: EventSchema, digest: string) {
    this.#files = files
    this.schema = schema
    this.digest = digest
    this.totalRows = files.reduce((sum, { rows }) => sum + rows, 0)
  }

  /** Reads the footers. @throws SpillwayError SOURCE_UNAVAILABLE, FILE_UNREADABLE, FILE_LIMIT */
  static async open(paths: readonly string[]): Promise<FileSource> {
    const files: InputFile[] = []
    let schema: EventSchema | undefined
    let first = 0
    for (const path of paths) {
      await using file = await ArrowFile.open(path)
      files.push({ path, batches: file.batchCount, rows: file.rows, first })
      first += file.batchCount
      schema ??= file.schema
    }
    if (schema === undefined) throw new SpillwayError('SOURCE_UNAVAILABLE', 'there are no input files')
    const names = paths.map((path) => `${path}\0${statSync(path).size}`).join('\0')
    return new FileSource(files, schema, createHash('sha256').update(names).digest('hex'))
  }

  async run(lanes: Lanes): Promise<boolean> {
    this.#lanes = lanes
    const start = await lanes.open(FILE_LANE)
    this.#at = Number(start ?? 0n)
    const total = this.#files.reduce((sum, { batches }) => sum + batches, 0)
    while (!this.#stopped && this.#at < total) {
      const file = this.#files.find(({ first, batches }) => this.#at < first + batches)!
      await this.#deliver(file, lanes)
      // The last commit may fail as any other and send us back: the end is where nothing is left to commit.
      if (this.#at === total) await lanes.drain(FILE_LANE)
    }
    const ended = !this.#stopped
    await this.#close(lanes, Number.POSITIVE_INFINITY)
    return ended
  }

  rewind(_id: LaneId, next: bigint | null): void {
    this.#at = Number(next ?? 0n)
    this.#rewinds++
  }

  async stop(drainMs: number): Promise<void> {
    this.#stopped = true
    if (this.#lanes !== null) await this.#close(this.#lanes, drainMs)
  }

  lag(): Lag[] {
    const total = this.#files.reduce((sum, { batches }) => sum + batches, 0)
    return [{ id: FILE_LANE, messages: total - this.#at }]
  }

  #close(lanes: Lanes, drainMs: number): Promise<void> {
    this.#closed ??= lanes.close(FILE_LANE, drainMs)
    return this.#closed
  }

  /** Batches of one file from the current offset on; returns early after a rewind. */
  async #deliver({ path, first, batches }: InputFile, lanes: Lanes): Promise<void> {
    await using file = await ArrowFile.open(path)
    while (!this.#stopped && this.#at >= first && this.#at < first + batches) {
      const rewinds = this.#rewinds
      const offset = this.#at++
      const { bytes } = await file.batch(offset - first)
      if (rewinds !== this.#rewinds) continue
      const message = {
        topic: path,
        partition: 0,
        offset: BigInt(offset),
        key: null,
        value: bytes,
        headers: new Map(),
        timestamp: Date.now(),
      }
      await lanes.push(FILE_LANE, [message], BigInt(offset + 1))
    }
  }
}
