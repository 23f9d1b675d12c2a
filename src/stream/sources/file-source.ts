import { createHash } from 'node:crypto'
import { statSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { SpillwayError } from '../../errors.js'
import { ArrowFile } from '../../ingest/arrow/index.js'
import type { EventSchema } from '../../ingest/columns.js'
import type { LaneId } from '../sink.js'
import type { Lag, Lanes, Source } from '../source.js'

/** The one lane of file input. An offset is a record batch, counted over all files in order, and over repeats. */
export const FILE_LANE: LaneId = { topic: '', partition: 0 }

interface InputFile {
  readonly path: string
  readonly batches: number
  readonly rows: number
  /** Batches of the files before this one. */
  readonly first: number
}

export interface Pace {
  /** Events per second at most; `null`: as fast as they are taken. */
  readonly rate: number | null
  /** How often the files are read; 0 for ever. */
  readonly repeat: number
}

const ONCE: Pace = { rate: null, repeat: 1 }
/** A source that was held up for longer does not make up for it. */
const CATCH_UP_MS = 500

/** Arrow files as one lane, in the order given; every record batch is a message. */
export class FileSource implements Source {
  /** `null` when the files are read for ever. */
  readonly totalRows: number | null
  readonly schema: EventSchema
  /** Identifies the input: names and sizes. */
  readonly digest: string
  readonly #files: readonly InputFile[]
  readonly #pace: Pace
  /** Record batches of the files, read once. */
  readonly #batches: number
  #at = 0
  #rewinds = 0
  readonly #stopped = new AbortController()
  /** When the next batch may go, on the clock of `performance.now`. */
  #due = 0
  #lanes: Lanes | null = null
  #closed: Promise<void> | null = null

  private constructor(files: readonly InputFile[], schema: EventSchema, digest: string, pace: Pace) {
    this.#files = files
    this.#pace = pace
    this.schema = schema
    this.digest = digest
    this.#batches = files.reduce((sum, { batches }) => sum + batches, 0)
    const rows = files.reduce((sum, file) => sum + file.rows, 0)
    this.totalRows = pace.repeat === 0 ? null : rows * pace.repeat
  }

  /** Reads the footers. @throws SpillwayError SOURCE_UNAVAILABLE, FILE_UNREADABLE, FILE_LIMIT */
  static async open(paths: readonly string[], pace: Pace = ONCE): Promise<FileSource> {
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
    return new FileSource(files, schema, createHash('sha256').update(names).digest('hex'), pace)
  }

  async run(lanes: Lanes): Promise<boolean> {
    this.#lanes = lanes
    const start = await lanes.open(FILE_LANE)
    this.#at = Number(start ?? 0n)
    const total = this.#total
    this.#due = performance.now()
    while (!this.#stopped.signal.aborted && this.#at < total) {
      await this.#deliver(lanes)
      // The last commit may fail as any other and send us back: the end is where nothing is left to commit.
      if (this.#at === total) await lanes.drain(FILE_LANE)
    }
    const ended = !this.#stopped.signal.aborted
    await this.#close(lanes, Number.POSITIVE_INFINITY)
    return ended
  }

  rewind(_id: LaneId, next: bigint | null): void {
    this.#at = Number(next ?? 0n)
    this.#rewinds++
  }

  async stop(drainMs: number): Promise<void> {
    this.#stopped.abort()
    if (this.#lanes !== null) await this.#close(this.#lanes, drainMs)
  }

  lag(): Lag[] {
    // A source that sets the pace is never behind.
    const known = this.#pace.repeat > 0 && this.#pace.rate === null
    return [{ id: FILE_LANE, messages: known ? this.#total - this.#at : null }]
  }

  /** Record batches of all repeats. */
  get #total(): number {
    const { repeat } = this.#pace
    return repeat === 0 && this.#batches > 0 ? Number.POSITIVE_INFINITY : this.#batches * repeat
  }

  #close(lanes: Lanes, drainMs: number): Promise<void> {
    this.#closed ??= lanes.close(FILE_LANE, drainMs)
    return this.#closed
  }

  /** Batches of the file that is at, from the current offset on; returns early after a rewind. */
  async #deliver(lanes: Lanes): Promise<void> {
    const round = this.#at - (this.#at % this.#batches)
    const at = this.#at - round
    const { path, first, batches } = this.#files.find((file) => at < file.first + file.batches)!
    await using file = await ArrowFile.open(path)
    const end = round + first + batches
    while (!this.#stopped.signal.aborted && this.#at >= round + first && this.#at < end) {
      const rewinds = this.#rewinds
      const offset = this.#at++
      const { bytes, rows } = await file.batch(offset - round - first)
      await this.#wait(rows)
      if (rewinds !== this.#rewinds || this.#stopped.signal.aborted) continue
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

  /** Until a batch of so many rows is due. */
  async #wait(rows: number): Promise<void> {
    const { rate } = this.#pace
    if (rate === null) return
    const { signal } = this.#stopped
    const now = performance.now()
    this.#due = Math.max(this.#due, now - CATCH_UP_MS) + (rows / rate) * 1e3
    if (this.#due > now) await sleep(this.#due - now, undefined, { signal }).catch(() => {})
  }
}
