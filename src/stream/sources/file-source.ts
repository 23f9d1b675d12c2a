import { createHash } from 'node:crypto'
import { statSync } from 'node:fs'
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

/** An input file with the offset of its first position. */
interface Placed {
  readonly input: FileInput
  readonly first: number
}

/**
 * Files as one lane, in the order given. Offsets go through all files: a file begins where the span of the one before
 * it ends, so that an offset says which file to open and how much of it is done.
 */
export class FileSource implements Source {
  /** `null` where a file's events cannot be counted beforehand. */
  readonly totalRows: number | null
  readonly schema: EventSchema
  /** Identifies the input: names and sizes, and the map that it is seen through. */
  readonly digest: string
  readonly #files: readonly Placed[]
  readonly #end: number
  #at = 0
  #rewinds = 0
  #stopped = false
  #lanes: Lanes | null = null
  #closed: Promise<void> | null = null

  private constructor(inputs: readonly FileInput[], digest: string) {
    const [{ schema }] = inputs
    let first = 0
    this.#files = inputs.map((input) => {
      const placed = { input, first }
      first += input.span
      return placed
    })
    this.#end = first
    this.schema = schema
    this.digest = digest
    this.totalRows = inputs.some(({ rows }) => rows === null)
      ? null
      : inputs.reduce((sum, { rows }) => sum + (rows ?? 0), 0)
  }

  /**
   * Looks at the schema of every file.
   * @throws SpillwayError SOURCE_UNAVAILABLE, FILE_UNREADABLE, FILE_LIMIT; what does not fit of a map, with its line
   */
  static async open(paths: readonly string[], view: InputView = PLAIN_VIEW): Promise<FileSource> {
    if (paths.length === 0) throw new SpillwayError('SOURCE_UNAVAILABLE', 'there are no input files')
    const reader = openReader()
    try {
      const inputs: FileInput[] = []
      for (const path of paths) inputs.push(await openInput(path, view, reader))
      return new FileSource(inputs, await digestOf(paths, view))
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
      while (!this.#stopped && this.#at < this.#end) {
        const file = this.#files.find(({ first, input }) => this.#at < first + input.span)!
        await this.#deliver(file, lanes, reader)
        // The last commit may fail as any other and send us back: the end is where nothing is left to commit.
        if (this.#at === this.#end) await lanes.drain(FILE_LANE)
      }
    } finally {
      await reader.close()
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
    let messages: number | null = 0
    for (const { first, input } of this.#files) {
      const left = this.#at >= first + input.span ? 0 : input.left(Math.max(0, this.#at - first))
      messages = messages === null || left === null ? null : messages + left
    }
    return [{ id: FILE_LANE, messages }]
  }

  #close(lanes: Lanes, drainMs: number): Promise<void> {
    this.#closed ??= lanes.close(FILE_LANE, drainMs)
    return this.#closed
  }

  /** One file from the current offset on; returns early after a rewind. */
  async #deliver({ input, first }: Placed, lanes: Lanes, reader: Reader): Promise<void> {
    const rewinds = this.#rewinds
    for await (const piece of input.read(this.#at - first, reader)) {
      if (this.#stopped || rewinds !== this.#rewinds) return
      this.#at = first + piece.next
      await lanes.push(FILE_LANE, [messageOf(piece, input.path, first)], BigInt(this.#at))
      if (this.#stopped || rewinds !== this.#rewinds) return
    }
    if (!this.#stopped && rewinds === this.#rewinds) this.#at = first + input.span
  }
}

function messageOf({ at, value, unread }: Piece, path: string, first: number): Message {
  const message = {
    topic: path,
    partition: 0,
    offset: BigInt(first + at),
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
