import type { Message } from '../../ingest/message.js'
import { inParts } from './parts.js'
import type { GroupHandler, PartitionProgress, TopicPartition } from './port.js'

/** What the client library does for one assignment. Fetching is stopped and started per partition. */
export interface Fetching {
  pause(partition: TopicPartition): void
  resume(partition: TopicPartition): void
  seek(partition: TopicPartition, offset: bigint): void
  /** Called once, when the handler is ready and before the first `resume`. */
  ready?(): Promise<void>
}

export interface DeliveryOptions {
  readonly handler: GroupHandler
  readonly prefetchBytes: number
  /** What is handed over at once, or one message. */
  readonly maxBytesPerPartition: number
  readonly drainMs: number
  /** Called once with what the handler threw. */
  readonly fail: (error: unknown) => void
}

interface Parcel {
  readonly messages: readonly Message[]
  readonly next: bigint
  readonly bytes: number
}

interface Lane extends TopicPartition {
  parcels: readonly Parcel[]
  bytes: number
  position: bigint | null
  high: bigint | null
  /** Closed until `assigned` has resolved. */
  open: boolean
  /** Paused by the owner. */
  held: boolean
  busy: boolean
  fetching: boolean
}

const keyOf = (topic: string, partition: number) => `${topic}/${partition}`
const bytesOf = (messages: readonly Message[]) => {
  let bytes = 0
  for (const message of messages) bytes += (message.value?.length ?? 0) + (message.key?.length ?? 0) + 64
  return bytes
}

/**
 * Hands one assignment's messages to the handler: each partition in its own order and at its own pace, with
 * a bounded number of bytes waiting. The fetch loop of the client never waits for the handler, so heartbeats
 * and the other partitions go on. One object for each assignment; a revoked one ignores everything.
 */
export class Deliveries {
  readonly partitions: readonly TopicPartition[]
  readonly #lanes: ReadonlyMap<string, Lane>
  readonly #fetching: Fetching
  readonly #options: DeliveryOptions
  #live = true
  #revoked: Promise<void> | undefined

  /** Stops the fetching of all partitions at once; `open()` starts it. */
  constructor(partitions: readonly TopicPartition[], fetching: Fetching, options: DeliveryOptions) {
    this.partitions = partitions
    this.#fetching = fetching
    this.#options = options
    const start = { parcels: [], bytes: 0, position: null, high: null }
    const lane = ({ topic, partition }: TopicPartition): [string, Lane] => [
      keyOf(topic, partition),
      { topic, partition, ...start, open: false, held: false, busy: false, fetching: false },
    ]
    this.#lanes = new Map(partitions.map(lane))
    for (const partition of partitions) fetching.pause(partition)
  }

  /** Tells the handler of the assignment and starts delivering when it is ready. */
  async open(): Promise<void> {
    try {
      await this.#options.handler.assigned(this.partitions)
      if (this.#live) await this.#fetching.ready?.()
    } catch (error) {
      if (this.#live) this.#options.fail(error)
      return
    }
    if (!this.#live) return
    for (const lane of this.#lanes.values()) {
      lane.open = true
      this.#advance(lane)
    }
  }

  /**
   * Takes what was fetched: `messages` may be empty when only control records or aborted messages came.
   * Messages from before a `seek` are to be left out by the caller.
   */
  push(topic: string, partition: number, messages: readonly Message[], next: bigint, high: bigint): void {
    const lane = this.#lane(topic, partition)
    if (lane === undefined) return
    lane.high = high
    if (messages.length > 0) {
      const parcels = this.#parcels(messages, next)
      lane.position ??= messages[0].offset
      lane.parcels = [...lane.parcels, ...parcels]
      for (const { bytes } of parcels) lane.bytes += bytes
    } else if (lane.parcels.length === 0) lane.position = next
    else lane.parcels = lane.parcels.with(-1, { ...lane.parcels[lane.parcels.length - 1], next })
    this.#advance(lane)
  }

  seek(topic: string, partition: number, offset: bigint): void {
    const lane = this.#lane(topic, partition)
    if (lane === undefined) return
    lane.parcels = []
    lane.bytes = 0
    lane.position = offset
    this.#fetching.seek(lane, offset)
    this.#advance(lane)
  }

  hold(partitions: readonly TopicPartition[], held: boolean): void {
    for (const { topic, partition } of partitions) {
      const lane = this.#lane(topic, partition)
      if (lane === undefined) continue
      lane.held = held
      this.#advance(lane)
    }
  }

  progress(): readonly PartitionProgress[] {
    const of = ({ topic, partition, position, high, held }: Lane) => ({
      topic,
      partition,
      position,
      high,
      paused: held,
    })
    return this.#live ? [...this.#lanes.values()].map(of) : []
  }

  /** Ends the assignment: nothing is delivered any more, and the handler has `drainMs` to settle. */
  revoke(): Promise<void> {
    this.#revoked ??= this.#revoke()
    return this.#revoked
  }

  async #revoke(): Promise<void> {
    this.#live = false
    let timer: NodeJS.Timeout | undefined
    const limit = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, this.#options.drainMs)
    })
    const settled = this.#options.handler.revoked(this.partitions).catch(this.#options.fail)
    await Promise.race([settled, limit])
    clearTimeout(timer)
  }

  /** One client fetches so many bytes, another polls so many messages: the handler sees no difference. */
  #parcels(messages: readonly Message[], next: bigint): Parcel[] {
    const parts = inParts(messages, this.#options.maxBytesPerPartition)
    return parts.map((part, k) => ({
      messages: part,
      next: k + 1 < parts.length ? parts[k + 1][0].offset : next,
      bytes: bytesOf(part),
    }))
  }

  #lane(topic: string, partition: number): Lane | undefined {
    return this.#live ? this.#lanes.get(keyOf(topic, partition)) : undefined
  }

  /** Starts what may start: the next delivery, and fetching when there is room. */
  #advance(lane: Lane): void {
    const fetch = lane.open && !lane.held && lane.bytes < this.#options.prefetchBytes
    if (fetch !== lane.fetching) {
      lane.fetching = fetch
      if (fetch) this.#fetching.resume(lane)
      else this.#fetching.pause(lane)
    }
    if (lane.open && !lane.held && !lane.busy && lane.parcels.length > 0) void this.#deliver(lane)
  }

  async #deliver(lane: Lane): Promise<void> {
    const [parcel, ...rest] = lane.parcels
    lane.parcels = rest
    lane.bytes -= parcel.bytes
    lane.position = parcel.next
    lane.busy = true
    this.#advance(lane)
    try {
      await this.#options.handler.messages(lane.topic, lane.partition, parcel.messages, parcel.next)
    } catch (error) {
      if (this.#live) this.#options.fail(error)
      return
    }
    lane.busy = false
    if (this.#live) this.#advance(lane)
  }
}
