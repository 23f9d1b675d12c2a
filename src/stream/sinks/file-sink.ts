import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { asSpillwayError, SpillwayError } from '../../errors.js'
import { ArrowFileWriter } from '../../ingest/arrow/write-file.js'
import { openRowWriter, type RowWriter, type WrittenFormat } from '../../ingest/writer/thread.js'
import { addCutFlows, type CutFlowCounts } from '../cutflow/counts.js'
import { writeCutFlows } from '../cutflow/file.js'
import type { Done, LaneId, LaneMark, LaneSink, LaneStart, Sink } from '../sink.js'
import { NO_MARK } from '../sink.js'
import { DeadLetterFolder } from './dead-letter-folder.js'
import { deadLetters } from './records.js'

/** A folder of files of rows. */
export interface RowFolder {
  readonly folder: string
  readonly format: 'arrow' | WrittenFormat
}

export interface FileSinkOptions {
  readonly pipeline: string
  readonly scores: RowFolder
  readonly accepted: RowFolder | null
  readonly deadLetters: string
  /** Identifies the input; resuming with another input is refused. */
  readonly inputDigest: string
}

/** What a lane has made visible so far: `.progress-<lane>.json`, replaced atomically with every commit. */
interface Progress {
  readonly input: string
  /** `null` before the first commit. */
  readonly next: string | null
  readonly mark: LaneMark
  readonly parts: number
  /** Of all events in the parts. */
  readonly cutFlows?: CutFlowCounts
  /** The input came to its end: the next run starts anew. */
  readonly complete: boolean
}

const EMPTY: Omit<Progress, 'input'> = { next: null, mark: NO_MARK, parts: 0, complete: false }

/**
 * Results to Arrow, Parquet or ROOT files, `<lane>-<part>.arrow`, one part a commit. A part counts once the progress file names it; what
 * a killed run left beyond that is removed when the lane is opened again, so every event is in exactly one part.
 */
export function fileSink(options: FileSinkOptions): Sink & { complete(): void } {
  const lanes: FileLane[] = []
  const writer = openRowWriter()
  return {
    describe() {},
    lane(id) {
      const lane = new FileLane(options, id, writer)
      lanes.push(lane)
      return lane
    },
    complete: () => {
      for (const lane of lanes) lane.complete()
      writeCutFlows(options.scores.folder, options.pipeline)
    },
    close: () => writer.close(),
  }
}

/**
 * Files out of the streams that are there: one, or several where the fields change on the way, as columns that a
 * producer adds or widens do. `nameOf` names them in order.
 */
async function writePart(
  format: RowFolder['format'],
  writer: RowWriter,
  nameOf: (file: number) => string,
  streams: readonly (Uint8Array | null)[],
): Promise<void> {
  const there = streams.filter((bytes) => bytes !== null)
  for (let from = 0, file = 0; from < there.length; file++) {
    const path = nameOf(file)
    if (format === 'arrow') from = await writeRun(path, there, from)
    else from += await writer.write({ path, format, streams: there.slice(from) })
  }
}

/** Writes streams of the same fields from `from` on to one file. @returns the first that does not fit into it */
async function writeRun(path: string, streams: readonly Uint8Array[], from: number): Promise<number> {
  const writer = await ArrowFileWriter.open(path)
  let at = from
  try {
    for (; at < streams.length; at++) {
      try {
        await writer.append(streams[at])
      } catch (error) {
        const other = error instanceof SpillwayError && error.code === 'SCHEMA_MISMATCH' && at > from
        if (!other) throw error
        break
      }
    }
    await writer.finish()
  } catch (error) {
    await writer.abort().catch(() => {})
    throw error
  }
  return at
}

class FileLane implements LaneSink {
  readonly #options: FileSinkOptions
  readonly #name: string
  readonly #progressFile: string
  readonly #letters: DeadLetterFolder
  readonly #writer: RowWriter
  #progress: Progress

  constructor(options: FileSinkOptions, { topic, partition }: LaneId, writer: RowWriter) {
    this.#options = options
    this.#writer = writer
    this.#name = topic === '' ? 'part' : `${topic}-${partition}`
    this.#progressFile = join(options.scores.folder, `.progress-${this.#name}.json`)
    this.#letters = new DeadLetterFolder(options.deadLetters)
    this.#progress = { input: options.inputDigest, ...EMPTY }
  }

  async open(): Promise<LaneStart> {
    return this.#guard(() => {
      for (const { folder } of this.#folders()) mkdirSync(folder, { recursive: true })
      const found = this.#read()
      const fresh = found === null || found.complete
      if (!fresh && found.input !== this.#options.inputDigest) {
        throw new SpillwayError('OUTPUT_EXISTS', 'the output was begun from other input files', {
          place: this.#progressFile,
          remedy: `Choose another folder, or remove ${this.#options.scores.folder} to begin anew.`,
        })
      }
      this.#progress = fresh ? { input: this.#options.inputDigest, ...EMPTY } : found
      this.#removeUncommitted()
      const { next, mark } = this.#progress
      return { next: next === null ? null : BigInt(next), mark }
    })
  }

  async commit(done: readonly Done[], next: bigint): Promise<void> {
    const write = ({ folder, format }: RowFolder, streams: readonly (Uint8Array | null)[]) =>
      writePart(
        format,
        this.#writer,
        (file) => join(folder, this.#fileName(this.#progress.parts, file, format)),
        streams,
      )
    const { scores, accepted } = this.#options
    await write(
      scores,
      done.map(({ outcome }) => outcome.scores),
    )
    if (accepted !== null) {
      await write(
        accepted,
        done.map(({ outcome }) => outcome.accepted),
      )
    }
    this.#guard(() => {
      this.#letters.write(done.flatMap((one) => deadLetters(one, this.#options.pipeline)))
      const { parts, cutFlows = {} } = this.#progress
      const counted = done.reduce((sum, { outcome }) => addCutFlows(sum, outcome.cutFlows ?? {}), cutFlows)
      this.#write({
        ...this.#progress,
        next: String(next),
        mark: NO_MARK,
        parts: parts + 1,
        cutFlows: counted,
      })
    })
  }

  async mark(next: bigint, mark: LaneMark): Promise<void> {
    this.#guard(() => this.#write({ ...this.#progress, next: String(next), mark }))
  }

  complete(): void {
    this.#guard(() => this.#write({ ...this.#progress, complete: true }))
  }

  async close(): Promise<void> {}

  #folders(): RowFolder[] {
    return [this.#options.scores, this.#options.accepted].filter((folder) => folder !== null)
  }

  /** Further files of a part sort behind its first. */
  #fileName(part: number, file: number, format: RowFolder['format']): string {
    const more = file === 0 ? '' : `_${String(file).padStart(3, '0')}`
    return `${this.#name}-${String(part).padStart(6, '0')}${more}.${format}`
  }

  #read(): Progress | null {
    if (!existsSync(this.#progressFile)) return null
    return JSON.parse(readFileSync(this.#progressFile, 'utf8')) as Progress
  }

  #write(progress: Progress): void {
    const temporary = `${this.#progressFile}.tmp`
    writeFileSync(temporary, JSON.stringify(progress))
    renameSync(temporary, this.#progressFile)
    this.#progress = progress
  }

  /** Removes parts of this lane that no progress file names. */
  #removeUncommitted(): void {
    const mine = new RegExp(
      `^${this.#name.replaceAll('.', '\\.')}-(\\d{6})(_\\d+)?\\.(?:arrow|parquet|root)(\\..*partial)?$`,
    )
    for (const { folder } of this.#folders()) {
      for (const file of readdirSync(folder)) {
        const [, part, , partial] = mine.exec(file) ?? []
        if (part !== undefined && (partial !== undefined || Number(part) >= this.#progress.parts))
          rmSync(join(folder, file))
      }
    }
  }

  #guard<T>(work: () => T): T {
    try {
      return work()
    } catch (cause) {
      throw asSpillwayError(cause, 'SINK_UNAVAILABLE', { place: this.#options.scores.folder })
    }
  }
}
