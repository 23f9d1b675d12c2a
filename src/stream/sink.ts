import type { Message } from '../ingest/message.js'
import type { LiveModel, Outcome } from './work.js'

export interface LaneId {
  readonly topic: string
  readonly partition: number
}

/** A message with what became of it, ready to be committed. */
export interface Done {
  readonly message: Message
  readonly outcome: Outcome
}

/**
 * What a lane remembers across the end of its process, kept with its offset. An `opens` above 0 means that the lane was
 * opened and given work that often without committing anything: the process may have died of that work.
 */
export interface LaneMark {
  readonly opens: number
  /** Times the process ended while the first message after the offset was alone in it. */
  readonly tries: number
}

export const NO_MARK: LaneMark = { opens: 0, tries: 0 }

export interface LaneStart {
  /** First message that is not yet done; `null` for the beginning. */
  readonly next: bigint | null
  readonly mark: LaneMark
}

/**
 * Where one lane's results go. Rows, dead letters and the offset become visible together or not at all (exactly once),
 * or the offset follows the rows (at least once).
 *
 * The lane calls `open` first and again after any rejection of `commit` or `mark`; calls never overlap.
 */
export interface LaneSink {
  /** Takes the lane over from an older owner, then reads where to go on. */
  open(): Promise<LaneStart>
  /** Publishes what was done up to `next`, in order. `done` may be empty: only the offset moves. */
  commit(done: readonly Done[], next: bigint): Promise<void>
  /** Remembers `mark` at offset `next` without publishing anything. */
  mark(next: bigint, mark: LaneMark): Promise<void>
  /**
   * Where lanes share what a commit costs: `join` is called when one of them commits. A lane that calls `commit` in the
   * same turn has its own for little more.
   */
  onCompany?(join: () => void): void
  close(): Promise<void>
}

/** Makes the sinks of a pipeline's lanes. */
export interface Sink {
  lane(id: LaneId): LaneSink
  /** What the workers loaded: goes into the metadata of the output. */
  describe(models: readonly LiveModel[]): void
  close(): Promise<void>
}
