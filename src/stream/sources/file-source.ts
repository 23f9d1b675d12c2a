import { createHash } from 'node:crypto'
import { statSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { SpillwayError } from '../../errors.js'
import type { EventSchema } from '../../ingest/columns.js'
import { fileOf } from '../../ingest/glob.js'
import { loadSchemaMap } from '../../ingest/mapping/load.js'
import type { Message } from '../../ingest/message.js'
import { openReader, type Reader } from '../../ingest/reader/thread.js'
import type { LaneId } from '../sink.js'
import type { Lag, Lanes, Source } from '../source.js'
import { type FileInput, type InputView, openInput, type Piece, PLAIN_VIEW } from './file-input.js'

/** The one lane of file input. */
export const FILE_LANE: LaneId = { topic: '', partition: 0 }

/** An input file with the position of its first one among those of all files. */
interface Placed {
  readonly input: FileInput
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

/**
 * Files as one lane, in the order given. Offsets go through all files, and on over repeats: a file begins where the span
 * of the one before it ends, so that an offset says which file to open and how much of it is done.
 */
export class FileSource implements Source {
  /** `null` where a file's events cannot be counted beforehand, or the files are read for ever. */
  readonly totalRows: number | null
  readonly schema: EventSchema
  /** Identifies the input: names and sizes, and the map that it is seen through. */
  readonly digest: string
  readonly #files: readonly Placed[]
  readonly #pace: Pace
  /** Positions of the files, read once. */
  readonly #span: number
  #at = 0
  #rewinds = 0
  readonly #stopped = new AbortController()
  /** When the next events may go, on the clock of `performance.now`. */
  #due = 0
  #lanes: Lanes | null = null
  #closed: Promise<void> | null = null

  private constructor(inputs: readonly FileInput[], digest: string, pace: Pace) {
    const [{ schema }] = inputs
    let first = 0
    this.#files = inputs.map((input) => {
      const placed = { input, first }
      first += input.span
      return placed
    })
    this.#span = first
    this.#pace = pace
    this.schema = schema
    this.digest = digest
    const known = pace.repeat > 0 && inputs.every(({ rows }) => rows !== null)
    this.totalRows = known ? pace.repeat * inputs.reduce((sum, { rows }) => sum + (rows ?? 0), 0) : null
  }

  /**
   * Looks at the schema of every file.
   * @throws SpillwayError SOURCE_UNAVAILABLE, FILE_UNREADABLE, FILE_LIMIT; what does not fit of a map, with its line
   */
  static async open(
    paths: readonly string[],
    pace: Pace = ONCE,
    view: InputView = PLAIN_VIEW,
  ): Promise<FileSource> {
    if (paths.length === 0) throw new SpillwayError('SOURCE_UNAVAILABLE', 'there are no input files')
    const reader = openReader()
    try {
      const inputs: FileInput[] = []
      for (const path of paths) inputs.push(await openInput(path, view, reader))
      return new FileSource(inputs, await digestOf(paths, view), pace)
    } finally {
      await reader.close()
    }
  }

  async run(lanes: Lanes): Promise<boolean> {
    this.#lanes = lanes
    const reader = openReader()
    try {
      const start = await lanes.open(FILE_LANE)
      this.#at = Number(start ?? 0n)
      const total = this.#total
      this.#due = performance.now()
      while (!this.#stopped.signal.aborted && this.#at < total) {
        await this.#deliver(lanes, reader)
        // The last commit may fail as any other and send us back: the end is where nothing is left to commit.
        if (this.#at === total) await lanes.drain(FILE_LANE)
      }
    } finally {
      await reader.close()
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
    const { rate, repeat } = this.#pace
    // A source that sets the pace is never behind.
    const known = repeat > 0 && rate === null
    return [{ id: FILE_LANE, messages: known ? this.#left(repeat) : null }]
  }

  /** Messages not yet delivered; `null` when unknown. */
  #left(repeat: number): number | null {
    if (this.#at >= this.#total) return 0
    const at = this.#at % this.#span
    const later = repeat - 1 - Math.floor(this.#at / this.#span)
    let messages: number | null = 0
    for (const { first, input } of this.#files) {
      const now = at >= first + input.span ? 0 : input.left(Math.max(0, at - first))
      const whole = later === 0 ? 0 : input.left(0)
      messages = messages === null || now === null || whole === null ? null : messages + now + later * whole
    }
    return messages
  }

  /** Positions of all repeats. */
  get #total(): number {
    const { repeat } = this.#pace
    return repeat === 0 && this.#span > 0 ? Number.POSITIVE_INFINITY : this.#span * repeat
  }

  #close(lanes: Lanes, drainMs: number): Promise<void> {
    this.#closed ??= lanes.close(FILE_LANE, drainMs)
    return this.#closed
  }

  /** The file that is at, from the current offset on; returns early after a rewind. */
  async #deliver(lanes: Lanes, reader: Reader): Promise<void> {
    const rewinds = this.#rewinds
    const gone = (): boolean => this.#stopped.signal.aborted || rewinds !== this.#rewinds
    const at = this.#at % this.#span
    const { input, first } = this.#files.find((file) => at < file.first + file.input.span)!
    const begin = this.#at - at + first
    for await (const piece of input.read(at - first, reader)) {
      await this.#wait(piece.rows)
      if (gone()) return
      this.#at = begin + piece.next
      await lanes.push(FILE_LANE, [messageOf(piece, input.path, begin)], BigInt(this.#at))
      if (gone()) return
    }
    if (!gone()) this.#at = begin + input.span
  }

  /** Until so many events are due. */
  async #wait(rows: number): Promise<void> {
    const { rate } = this.#pace
    if (rate === null) return
    const { signal } = this.#stopped
    const now = performance.now()
    this.#due = Math.max(this.#due, now - CATCH_UP_MS) + (rows / rate) * 1e3
    if (this.#due > now) await sleep(this.#due - now, undefined, { signal }).catch(() => {})
  }
}

function messageOf({ at, value, unread }: Piece, path: string, begin: number): Message {
  const message = {
    topic: path,
    partition: 0,
    offset: BigInt(begin + at),
    key: null,
    value,
    headers: new Map(),
    timestamp: Date.now(),
  }
  return unread === undefined ? message : { ...message, unread }
}

async function digestOf(paths: readonly string[], { map, folder, columns }: InputView): Promise<string> {
  const files = paths.map((path) => `${path}\0${statSync(fileOf(path)).size}`)
  const seen = [
    ...(map === null ? [] : [(await loadSchemaMap(map, folder)).text]),
    ...(columns === null ? [] : [columns.join()]),
  ]
  return createHash('sha256')
    .update([...files, ...seen].join('\0'))
    .digest('hex')
}
