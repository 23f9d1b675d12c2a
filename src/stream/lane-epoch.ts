import type { Message } from '../ingest/message.js'
import { type Gatherer, rejectedMessage } from './gatherer.js'
import { Signal } from './signal.js'
import type { Done, LaneMark, LaneStart } from './sink.js'
import type { Outcome } from './work.js'

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
  outcome: Outcome | undefined
}

/** What can be committed: the run of finished messages at the head. */
export interface Ready {
  readonly done: readonly Done[]
  readonly next: bigint
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
  #finished = 0
  #bytes = 0
  #rows = 0
  #next: bigint | null
  #mark: LaneMark
  /** Messages still to be taken that must run alone, and those taken that have not yet run. */
  #suspects: number
  #alone = 0
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

  /** The next commit should not wait: nothing was committed yet, or a suspect waits for its turn. */
  get urgent(): boolean {
    return this.#fresh || this.#alone > 0
  }

  get full(): boolean {
    if (this.#bytes >= this.#options.inFlightBytes) return true
    return this.#fresh && this.#entries.length >= SLOW_START
  }

  get ended(): boolean {
    return this.#ended
  }

  /** Takes one message; one before the lane's offset was done by an earlier owner and is skipped. */
  take(message: Message, next: bigint): void {
    if (this.#ended || (this.#next !== null && message.offset < this.#next)) return
    const entry: Entry = { message, next, outcome: undefined }
    this.#entries.push(entry)
    this.#bytes += sizeOf(message)
    this.#next = next
    if (this.#options.oversize.has(message.offset)) {
      this.#finish(
        entry,
        rejectedMessage(message, 'MESSAGE_TOO_LARGE', 'its results are too large for the sink'),
      )
    } else if (this.#suspects > 0) {
      this.#suspects--
      this.#alone++
      this.#inOrder(async () => {
        await this.#runAlone(entry)
        this.#alone--
      })
    } else if (this.#fresh) {
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
    this.#entries.splice(0, done.length)
    this.#finished -= done.length
    for (const { message, outcome } of done) {
      this.#bytes -= sizeOf(message)
      this.#rows -= outcome.rows
    }
    this.#fresh = false
    this.#marked = false
    this.#mark = { opens: 0, tries: 0 }
    this.changed.fire()
  }

  /** Ends the epoch: outcomes that still come are ignored. @returns the mark to take back after a clean end. */
  end(): { readonly next: bigint; readonly mark: LaneMark } | null {
    this.#ended = true
    this.changed.fire()
    const first = this.#entries[0]?.message.offset ?? this.#next
    if (!this.#marked || first === null) return null
    return {
      next: first,
      mark: { opens: Math.max(0, this.#mark.opens - 1), tries: Math.max(0, this.#mark.tries - 1) },
    }
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
    while (this.#finished < this.#entries.length && this.#entries[this.#finished].outcome !== undefined) {
      this.#rows += this.#entries[this.#finished].outcome!.rows
      this.#finished++
    }
    this.changed.fire()
  }
}

const sizeOf = (message: Message): number => message.value?.length ?? 0
