import { mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { asSpillwayError, SpillwayError } from '../../errors.js'
import type { RowWriter } from '../../ingest/writer/thread.js'
import { addCutFlows, type CutFlowCounts } from '../cutflow/counts.js'
import type { Done, LaneId, LaneMark, LaneSink, LaneStart } from '../sink.js'
import { NO_MARK } from '../sink.js'
import { CommitLog } from './commit-log.js'
import { DeadLetterFolder } from './dead-letter-folder.js'
import { deadLetters } from './records.js'
import { type RowFolder, writeRows } from './row-files.js'

export interface FileSinkOptions {
  readonly pipeline: string
  readonly scores: RowFolder
  readonly accepted: RowFolder | null
  readonly deadLetters: string
  /** Identifies the input; resuming with another input is refused. */
  readonly inputDigest: string
}

/** A file of rows that belongs to a commit, with the name that it was written under. */
interface Move {
  readonly of: 'scores' | 'accepted'
  readonly from: string
  readonly to: string
}

/** What a lane has done so far. */
export interface Progress {
  readonly input: string
  /** `null` before the first commit. */
  readonly next: string | null
  readonly mark: LaneMark
  readonly parts: number
  /** Of all events in the parts. */
  readonly cutFlows?: CutFlowCounts
  /** Files of the newest part. They get their names after the commit, by its owner or, if that one has ended, the next. */
  readonly moves: readonly Move[]
  /** The input came to its end: the next run starts anew. */
  readonly complete: boolean
}

const EMPTY: Omit<Progress, 'input'> = { next: null, mark: NO_MARK, parts: 0, moves: [], complete: false }

/** Where the commits of the lanes of a folder of scores are. */
export const progressFolders = (scores: string): string[] =>
  readdirSync(scores)
    .filter((name) => name.startsWith('.progress-'))
    .sort()
    .map((name) => join(scores, name))

/**
 * One lane into files, exactly once, whoever else believes to own it. An owner begins with a commit of its own, so that
 * what its predecessor has under way cannot be committed any more; until then its files have hidden names with its
 * number in them, and the next owner removes them.
 */
export class FileLane implements LaneSink {
  readonly #options: FileSinkOptions
  readonly #name: string
  readonly #log: CommitLog<Progress>
  readonly #letters: DeadLetterFolder
  readonly #writer: RowWriter
  #progress: Progress
  /** Number of the newest commit that we know. */
  #number = -1
  /** Number of the commit that made us the owner. */
  #owner = -1

  constructor(options: FileSinkOptions, { topic, partition }: LaneId, writer: RowWriter) {
    this.#options = options
    this.#writer = writer
    this.#name = topic === '' ? 'part' : `${topic}-${partition}`
    this.#log = new CommitLog(join(options.scores.folder, `.progress-${this.#name}`))
    this.#letters = new DeadLetterFolder(options.deadLetters)
    this.#progress = { input: options.inputDigest, ...EMPTY }
  }

  async open(): Promise<LaneStart> {
    return this.#guard(() => {
      for (const { folder } of this.#folders()) mkdirSync(folder, { recursive: true })
      for (;;) {
        const found = this.#log.newest()
        const fresh = found === null || found.state.complete
        if (!fresh && found.state.input !== this.#options.inputDigest) throw this.#otherInput()
        const progress = fresh ? { input: this.#options.inputDigest, ...EMPTY } : found.state
        this.#number = found?.number ?? -1
        if (!this.#append(progress)) continue
        this.#owner = this.#number
        if (fresh) this.#removeParts()
        this.#move()
        this.#removeHidden()
        return { next: progress.next === null ? null : BigInt(progress.next), mark: progress.mark }
      }
    })
  }

  async commit(done: readonly Done[], next: bigint): Promise<void> {
    const moves = [
      ...(await this.#write(
        'scores',
        done.map(({ outcome }) => outcome.scores),
      )),
      ...(await this.#write(
        'accepted',
        done.map(({ outcome }) => outcome.accepted),
      )),
    ]
    this.#guard(() => {
      this.#letters.write(done.flatMap((one) => deadLetters(one, this.#options.pipeline)))
      const { parts, cutFlows = {} } = this.#progress
      const counted = done.reduce((sum, { outcome }) => addCutFlows(sum, outcome.cutFlows ?? {}), cutFlows)
      this.#commit({
        ...this.#progress,
        next: String(next),
        mark: NO_MARK,
        parts: parts + 1,
        cutFlows: counted,
        moves,
      })
      this.#move()
    })
  }

  async mark(next: bigint, mark: LaneMark): Promise<void> {
    this.#guard(() => this.#commit({ ...this.#progress, next: String(next), mark }))
  }

  complete(): void {
    this.#guard(() => this.#commit({ ...this.#progress, complete: true }))
  }

  async close(): Promise<void> {}

  #folder(of: Move['of']): RowFolder | null {
    return this.#options[of]
  }

  #folders(): RowFolder[] {
    return [this.#options.scores, this.#options.accepted].filter((folder) => folder !== null)
  }

  /** Writes the next part under hidden names. */
  async #write(of: Move['of'], streams: readonly (Uint8Array | null)[]): Promise<Move[]> {
    const to = this.#folder(of)
    if (to === null) return []
    const { folder, format } = to
    const hidden = (file: number): string => `.${this.#name}-${this.#owner}-${this.#part(file)}.${format}.tmp`
    const files = await writeRows(format, this.#writer, (file) => join(folder, hidden(file)), streams)
    return Array.from({ length: files }, (_, file) => ({
      of,
      from: hidden(file),
      to: `${this.#name}-${this.#part(file)}.${format}`,
    }))
  }

  /** Further files of a part sort behind its first. */
  #part(file: number): string {
    const more = file === 0 ? '' : `_${String(file).padStart(3, '0')}`
    return `${String(this.#progress.parts).padStart(6, '0')}${more}`
  }

  #append(progress: Progress): boolean {
    if (!this.#log.append(this.#number + 1, progress)) return false
    this.#number++
    this.#progress = progress
    return true
  }

  #commit(progress: Progress): void {
    if (this.#append(progress)) return
    throw new SpillwayError('LANE_FENCED', `another process has taken over ${this.#name}`, {
      place: this.#log.folder,
    })
  }

  /** Gives the files of the newest part their names; those that have them already stay. */
  #move(): void {
    for (const { of, from, to } of this.#progress.moves) {
      const folder = this.#folder(of)?.folder ?? this.#options.scores.folder
      try {
        renameSync(join(folder, from), join(folder, to))
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
      }
    }
  }

  /** Removes what earlier owners wrote and did not commit. */
  #removeHidden(): void {
    const hidden = new RegExp(`^\\.${escaped(this.#name)}-(\\d+)-\\d{6}(_\\d+)?\\.`)
    for (const { folder } of this.#folders()) {
      for (const file of readdirSync(folder)) {
        const owner = hidden.exec(file)?.[1]
        if (owner !== undefined && Number(owner) < this.#owner) rmSync(join(folder, file), { force: true })
      }
    }
  }

  /** Removes the parts of a run that has ended, but none of another owner who has begun meanwhile. */
  #removeParts(): void {
    const parts = new RegExp(`^${escaped(this.#name)}-\\d{6}(_\\d+)?\\.(?:arrow|parquet|root)$`)
    for (const { folder } of this.#folders()) {
      for (const file of readdirSync(folder)) {
        if (parts.test(file) && this.#log.isNewest(this.#number)) rmSync(join(folder, file), { force: true })
      }
    }
  }

  #otherInput(): SpillwayError {
    return new SpillwayError('OUTPUT_EXISTS', 'the output was begun from other input files', {
      place: this.#log.folder,
      remedy: `Choose another folder, or remove ${this.#options.scores.folder} to begin anew.`,
    })
  }

  #guard<T>(work: () => T): T {
    try {
      return work()
    } catch (cause) {
      throw asSpillwayError(cause, 'SINK_UNAVAILABLE', { place: this.#options.scores.folder })
    }
  }
}

const escaped = (name: string): string => name.replaceAll('.', '\\.')
