import { SpillwayError } from '#spillway/errors.js'
import type { Message } from '#spillway/ingest/message.js'
import type { Done, LaneId, LaneMark, LaneSink, LaneStart, Sink } from '#spillway/stream/sink.js'
import { NO_MARK } from '#spillway/stream/sink.js'
import type { Lag, Lanes, Source } from '#spillway/stream/source.js'

/** What one call to a sink does: `lost` and `done` are ambiguous ends, before and after it took effect. */
export type Fault = 'ok' | 'lost' | 'done' | 'fenced' | 'down'

/** What readers see of a lane, and what is kept with its offset. */
export class MemoryLane {
  readonly visible: Done[] = []
  next: bigint | null = null
  mark: LaneMark = NO_MARK
  readonly calls: string[] = []
  /** Messages of each commit that took effect. */
  readonly commits: number[] = []

  get offsets(): number[] {
    return this.visible.map(({ message }) => Number(message.offset))
  }
}

const errors = {
  lost: () => new SpillwayError('LANE_AMBIGUOUS', 'the answer was lost'),
  done: () => new SpillwayError('LANE_AMBIGUOUS', 'the answer was lost'),
  fenced: () => new SpillwayError('LANE_FENCED', 'another owner'),
  down: () => new SpillwayError('SINK_UNAVAILABLE', 'nobody answers'),
}

/**
 * The sink of one lane with faults as values: the n-th call takes the n-th fault, later ones are fine. Fails the test
 * (by `broken`) where the lane breaks the contract: overlapping calls, or any but `open` after a rejection.
 */
export class ScriptedLaneSink implements LaneSink {
  readonly lane: MemoryLane
  readonly broken: string[] = []
  readonly #faults: Fault[]
  readonly #pause: () => Promise<void>
  readonly #refuses: (done: Done) => boolean
  #busy = false
  #spent = true

  /** @param refuses Whether a message's results are too large. */
  constructor(
    lane: MemoryLane,
    faults: readonly Fault[] = [],
    pause: () => Promise<void> = async () => {},
    refuses: (done: Done) => boolean = () => false,
  ) {
    this.#refuses = refuses
    this.lane = lane
    this.#faults = [...faults]
    this.#pause = pause
  }

  async open(): Promise<LaneStart> {
    this.#spent = false
    await this.#call('open', () => {})
    return { next: this.lane.next, mark: this.lane.mark }
  }

  async commit(done: readonly Done[], next: bigint): Promise<void> {
    if (done.some(this.#refuses)) {
      this.#spent = true
      throw new SpillwayError('MESSAGE_TOO_LARGE', 'the broker refuses a record')
    }
    return this.#call(`commit ${next}`, () => {
      this.lane.visible.push(...done)
      this.lane.commits.push(done.length)
      this.lane.next = next
      this.lane.mark = NO_MARK
    })
  }

  mark(next: bigint, mark: LaneMark): Promise<void> {
    return this.#call(`mark ${next} ${mark.opens}/${mark.tries}`, () => {
      this.lane.next = next
      this.lane.mark = mark
    })
  }

  async close(): Promise<void> {
    this.lane.calls.push('close')
  }

  async #call(what: string, effect: () => void): Promise<void> {
    if (this.#busy) this.broken.push(`${what} overlaps`)
    if (this.#spent) this.broken.push(`${what} before open`)
    this.lane.calls.push(what)
    this.#busy = true
    await this.#pause()
    this.#busy = false
    const fault = this.#faults.shift() ?? 'ok'
    if (fault === 'ok' || fault === 'done') effect()
    if (fault === 'ok') return
    this.#spent = true
    throw errors[fault]()
  }
}

/** A sink that keeps every lane's results in memory, across openings. */
export class MemorySink implements Sink {
  readonly lanes = new Map<string, MemoryLane>()
  readonly #make: (lane: MemoryLane) => LaneSink

  constructor(make: (lane: MemoryLane) => LaneSink = (lane) => new ScriptedLaneSink(lane)) {
    this.#make = make
  }

  lane({ topic, partition }: LaneId): LaneSink {
    return this.#make(this.of(topic, partition))
  }

  of(topic = 'events', partition = 0): MemoryLane {
    const key = `${topic}/${partition}`
    const lane = this.lanes.get(key) ?? new MemoryLane()
    this.lanes.set(key, lane)
    return lane
  }

  describe(): void {}

  async close(): Promise<void> {}
}

/** Messages in memory as lanes, delivered in pieces of a few; ends when all are committed. */
export class MemorySource implements Source {
  readonly totalRows = null
  readonly #lanes: readonly (readonly Message[])[]
  readonly #piece: number
  readonly #at = new Map<number, number>()
  #stopped = false

  /** One array of messages per partition of topic `events`, offsets rising. */
  constructor(lanes: readonly (readonly Message[])[], piece = 3) {
    this.#lanes = lanes
    this.#piece = piece
  }

  async run(lanes: Lanes): Promise<boolean> {
    await Promise.all(this.#lanes.map((_messages, partition) => this.#deliver(partition, lanes)))
    return !this.#stopped
  }

  rewind({ partition }: LaneId, next: bigint | null): void {
    const index = this.#lanes[partition].findIndex(({ offset }) => offset >= (next ?? 0n))
    this.#at.set(partition, index < 0 ? this.#lanes[partition].length : index)
  }

  async stop(): Promise<void> {
    this.#stopped = true
  }

  lag(): Lag[] {
    return this.#lanes.map((messages, partition) => ({
      id: { topic: 'events', partition },
      messages: messages.length - (this.#at.get(partition) ?? 0),
    }))
  }

  async #deliver(partition: number, lanes: Lanes): Promise<void> {
    const id = { topic: 'events', partition }
    const messages = this.#lanes[partition]
    this.rewind(id, await lanes.open(id))
    while (!this.#stopped && this.#at.get(partition)! < messages.length) {
      const from = this.#at.get(partition)!
      const piece = messages.slice(from, from + this.#piece)
      this.#at.set(partition, from + piece.length)
      await lanes.push(id, piece, messages[from + piece.length]?.offset ?? piece.at(-1)!.offset + 1n)
      if (this.#at.get(partition) === messages.length) await lanes.drain(id)
    }
    await lanes.close(id, 10_000)
  }
}
