import { SpillwayError } from '../../errors.js'
import { EndOffsets } from '../kafka/end-offsets.js'
import type { GroupConsumer, GroupHandler, KafkaClient, TopicPartition } from '../kafka/port.js'
import type { LaneId } from '../sink.js'
import type { Lag, Lanes, Source } from '../source.js'

export interface KafkaSourceOptions {
  readonly client: KafkaClient
  readonly topic: string
  readonly group: string
  readonly from: 'earliest' | 'latest'
  readonly sessionTimeoutMs: number
  readonly maxWaitMs: number
  readonly maxBytesPerPartition: number
}

/** How long a rebalance waits for lanes to commit what they have. */
const DRAIN_MS = 5_000

/** A Kafka topic through a consumer group: a lane for every partition that is ours. */
export class KafkaSource implements Source {
  readonly totalRows = null
  readonly #options: KafkaSourceOptions
  #consumer: GroupConsumer | null = null
  #ends: EndOffsets | null = null
  #drainMs = DRAIN_MS

  constructor(options: KafkaSourceOptions) {
    this.#options = options
  }

  async run(lanes: Lanes): Promise<boolean> {
    const { client, topic, group, from, sessionTimeoutMs, maxWaitMs, maxBytesPerPartition } = this.#options
    if ((await client.admin().partitions(topic)) === null) {
      throw new SpillwayError('SOURCE_UNAVAILABLE', `topic ${topic} does not exist`, {
        place: topic,
        remedy: 'Create the topic, or correct source.topic.',
      })
    }
    const consumer = client.consumer({
      group,
      topics: [topic],
      from,
      sessionTimeoutMs,
      drainMs: DRAIN_MS,
      maxWaitMs,
      maxBytesPerPartition,
      handler: this.#handler(lanes),
    })
    this.#consumer = consumer
    const ends = new EndOffsets(client.admin(), topic)
    this.#ends = ends
    try {
      await consumer.start()
      await consumer.done
    } finally {
      ends.close()
    }
    return false
  }

  rewind({ topic, partition }: LaneId, next: bigint | null): void {
    // Without a committed offset the group begins where the partition does.
    this.#consumer?.seek(topic, partition, next ?? 0n)
  }

  /** Commits an offset as a member of the group, for at-least-once sinks. */
  async commit({ topic, partition }: LaneId, next: bigint, metadata: string): Promise<void> {
    await this.#consumer?.commit(topic, partition, next, metadata)
  }

  async stop(drainMs: number): Promise<void> {
    this.#drainMs = drainMs
    await this.#consumer?.stop()
  }

  lag(): Lag[] {
    return (this.#consumer?.progress() ?? []).map(({ topic, partition, position, high }) => {
      const end = largest(high, this.#ends?.of(partition) ?? null)
      const known = position !== null && end !== null
      return { id: { topic, partition }, messages: known ? Math.max(0, Number(end - position)) : null }
    })
  }

  #handler(lanes: Lanes): GroupHandler {
    return {
      assigned: async (partitions) => {
        await Promise.all(partitions.map((partition) => this.#open(lanes, partition)))
      },
      revoked: async (partitions) => {
        await Promise.all(partitions.map((partition) => lanes.close(partition, this.#drainMs)))
      },
      messages: (topic, partition, messages, next) => lanes.push({ topic, partition }, messages, next),
    }
  }

  async #open(lanes: Lanes, { topic, partition }: TopicPartition): Promise<void> {
    const next = await lanes.open({ topic, partition })
    if (next !== null) this.#consumer!.seek(topic, partition, next)
  }
}

function largest(a: bigint | null, b: bigint | null): bigint | null {
  if (a === null || b === null) return a ?? b
  return a > b ? a : b
}
