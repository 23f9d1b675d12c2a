import type { Message } from '../ingest/message.js'
import type { Gatherer } from './gatherer.js'
import { InFlightSizes } from './in-flight.js'
import { Signal } from './signal.js'
import { type Done, type LaneMark, type LaneStart, NO_MARK } from './sink.js'
import type { Outcome } from './work.js'
import { rejectedMessage } from './work-item.js'

export interface EpochOptions {
  readonly gatherer: Gatherer
  /** Keeps a mark at an offset; rejects when the sink must be opened anew. */
  readonly remember: (next: bigint, mark: LaneMark) => Promise<void>
  readonly inFlightBytes: number
  readonly attempts: number
  /** Offsets of messages whose results the sink refused for their size: rejected without being worked on. */
  readonly oversize: ReadonlySet<bigint>
}

interface Entry {
  readonly message: Message
  readonly next: bigint
  /** Memory that it and its results take, or will take, bytes. */
  size: number
  /** Runs alone in the process. */
  readonly suspect: boolean
  outcome: Outcome | undefined
}

/** What can be committed: the run of finished messages at the head. */
export interface Ready {
  readonly done: readonly Done[]
  readonly next: bigint
}

/** How to take back a mark that no death of the process earned. */
export interface Undo {
  /** The offset that the mark was kept at. */
  readonly next: bigint
  readonly written: LaneMark
  /** What stood there before. */
  readonly found: LaneMark
}

/** Until the first commit after opening so few messages are given out: suspects are few if the process dies. */
const SLOW_START = 4

/**
 * What a lane does between two openings of its sink: messages in order, their outcomes in any order, and the care that
 * a message deserves which may have ended the process before.
 *
 * Before the first message is given to a worker, the offset is marked "opened". When an epoch finds such a mark, its
 * first messages run one at a time, alone in the process, each marked "tried" before it starts; a message that was
 * tried `attempts` times is rejected instead. A commit clears the mark.
 */
export class LaneEpoch {
  readonly changed = new Signal()
  readonly #options: EpochOptions
  readonly #entries: Entry[] = []
  readonly #sizes = new InFlightSizes()
  #finished = 0
  #bytes = 0
  /** Of `#bytes`, those of finished messages at the head. */
  #finishedBytes = 0
  #rows = 0
  #next: bigint | null
  #mark: LaneMark
  /** The mark that was there before this epoch kept one. */
  #found: LaneMark
  /** Messages still to be taken that must run alone. */
  #suspects: number
  /** Nothing was committed yet. */
  #fresh = true
  /** Steps that come one after another: keeping marks, and running suspects. */
  #order: Promise<void> = Promise.resolve()
  #marked = false
  #ended = false

  constructor(start: LaneStart, options: EpochOptions) {
    this.#options = options
    this.#next = start.next
    this.#mark = start.mark
    this.#found = start.mark
    this.#suspects = start.mark.opens > 0 || start.mark.tries > 0 ? SLOW_START : 0
  }

  /** Messages taken and not committed. */
  get pending(): number {
    return this.#entries.length
  }

  /** Finished rows at the head. */
  get rows(): number {
    return this.#rows
  }

  /** Finished messages at the head. */
  get finished(): number {
    return this.#finished
  }

  /** The next commit should not wait: nothing was committed yet, or a suspect waits for it. */
  get urgent(): boolean {
    return this.#fresh || this.#suspected
  }

  get full(): boolean {
    if (this.#bytes >= this.#options.inFlightBytes) return true
    return this.#fresh && this.#entries.length >= SLOW_START
  }

  /** Full, and more of what is done waits for a commit than is still to do. */
  get clogged(): boolean {
    return this.full && this.#finishedBytes * 2 >= this.#bytes
  }

  get ended(): boolean {
    return this.#ended
  }

  /** Takes one message; one before the lane's offset was done by an earlier owner and is skipped. */
  take(message: Message, next: bigint): void {
    if (this.#ended || (this.#next !== null && message.offset < this.#next)) return
    const suspect = this.#suspects > 0
    const entry: Entry = { message, next, size: this.#sizes.expected(message), suspect, outcome: undefined }
    this.#entries.push(entry)
    this.#bytes += entry.size
    this.#next = next
    if (this.#options.oversize.has(message.offset)) {
      this.#finish(
        entry,
        rejectedMessage(message, 'MESSAGE_TOO_LARGE', 'its results are too large for the sink'),
      )
    } else if (suspect) {
      this.#suspects--
      this.#inOrder(() => this.#runAlone(entry))
    } else if (this.#fresh || this.#suspected) {
      this.#inOrder(() => this.#runFirst(entry))
    } else this.#run(entry)
  }

  /** The finished run at the head, at most so many messages of it; stays until `committed`. */
  ready(most: number): Ready | null {
    if (this.#finished === 0) return null
    const head = this.#entries.slice(0, Math.min(most, this.#finished))
    return {
      done: head.map(({ message, outcome }) => ({ message, outcome: outcome! })),
      next: head[head.length - 1].next,
    }
  }

  committed({ done }: Ready): void {
    for (const { size, outcome } of this.#entries.splice(0, done.length)) {
      this.#bytes -= size
      this.#finishedBytes -= size
      this.#rows -= outcome!.rows
    }
    this.#finished -= done.length
    this.#fresh = false
    this.#marked = false
    this.#mark = NO_MARK
    this.#found = NO_MARK
    this.changed.fire()
  }

  /**
   * Ends the epoch: outcomes that still come are ignored. @returns what to take back at a clean end; `null` also where
   * the epoch had ended before, for then the sink must be opened before anything else.
   */
  end(): Undo | null {
    if (this.#ended) return null
    this.#ended = true
    this.changed.fire()
    return this.undo
  }

  /** The mark that this epoch has kept and no commit has cleared. */
  get undo(): Undo | null {
    const next = this.#entries[0]?.message.offset ?? this.#next
    return this.#marked && next !== null ? { next, written: this.#mark, found: this.#found } : null
  }

  /** A suspect is not committed yet: suspects are an epoch's first messages, so one is at the head as long as any is. */
  get #suspected(): boolean {
    return this.#entries[0]?.suspect === true
  }

  /** A rejected mark ends the epoch: the lane opens its sink anew. */
  #inOrder(step: () => Promise<void>): void {
    this.#order = this.#order
      .then(() => (this.#ended ? undefined : step()))
      .catch(() => {
        this.#ended = true
        this.changed.fire()
      })
  }

  #run(entry: Entry): void {
    void this.#options.gatherer.submit(entry.message).then((outcome) => this.#finish(entry, outcome))
  }

  async #runFirst(entry: Entry): Promise<void> {
    // Until a suspect is committed its mark stands: nobody else may end the process meanwhile and be counted as it.
    while (this.#suspected && !this.#ended) await this.changed.wait()
    if (this.#ended) return
    if (this.#fresh && !this.#marked) await this.#remember(entry, { opens: this.#mark.opens + 1, tries: 0 })
    this.#run(entry)
  }

  async #runAlone(entry: Entry): Promise<void> {
    // The mark belongs to the first message after the committed offset: wait until this one is it.
    while (entry !== this.#entries[0] && !this.#ended) await this.changed.wait()
    if (this.#ended) return
    const { message } = entry
    const { attempts, gatherer } = this.#options
    if (this.#mark.tries >= attempts) {
      const text = `the process ended ${attempts} times while it worked on this message alone`
      this.#finish(entry, rejectedMessage(message, 'MESSAGE_CRASHES', text))
      return
    }
    const outcome = await gatherer.submitExclusive(message, () =>
      this.#remember(entry, { ...this.#mark, tries: this.#mark.tries + 1 }),
    )
    this.#finish(entry, outcome)
  }

  async #remember({ message }: Entry, mark: LaneMark): Promise<void> {
    this.#mark = mark
    this.#marked = true
    await this.#options.remember(message.offset, mark)
  }

  #finish(entry: Entry, outcome: Outcome): void {
    if (this.#ended) return
    entry.outcome = outcome
    this.#bytes -= entry.size
    entry.size = this.#sizes.actual(entry.message, outcome)
    this.#bytes += entry.size
    while (this.#finished < this.#entries.length && this.#entries[this.#finished].outcome !== undefined) {
      this.#rows += this.#entries[this.#finished].outcome!.rows
      this.#finishedBytes += this.#entries[this.#finished].size
      this.#finished++
    }
    this.changed.fire()
  }
}
