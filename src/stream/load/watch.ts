import { randomUUID } from 'node:crypto'
import type { GroupConsumer, KafkaClient } from '../kafka/port.js'

/** What was seen of a time span. */
export interface Seen {
  /** Seconds from the timestamp of each message sent in it to the moment its scores were read. */
  readonly latencies: readonly number[]
  /** Score messages that came in it, whenever they were sent. */
  readonly arrived: number
}

interface Arrival {
  /** Both in milliseconds since 1970. */
  readonly sent: number
  readonly at: number
}

/**
 * A committed reader of a topic of scores, from its end on, in a group of its own that commits nothing. Score messages
 * carry the timestamp of the message that they are of.
 */
export class ScoreWatch {
  readonly #consumer: GroupConsumer
  #arrivals: Arrival[] = []
  #count = 0

  private constructor(client: KafkaClient, topic: string, ends: ReadonlyMap<number, bigint>) {
    this.#consumer = client.consumer({
      group: `spillway-load-${randomUUID()}`,
      topics: [topic],
      handler: {
        assigned: async (partitions) => {
          for (const { partition } of partitions)
            this.#consumer.seek(topic, partition, ends.get(partition) ?? 0n)
        },
        revoked: async () => {},
        messages: async (_topic, _partition, messages) => {
          const at = Date.now()
          this.#count += messages.length
          for (const { timestamp } of messages) this.#arrivals.push({ sent: timestamp, at })
        },
      },
    })
  }

  static async open(client: KafkaClient, topic: string): Promise<ScoreWatch> {
    const ends = new Map((await client.admin().offsets(topic)).map(({ partition, end }) => [partition, end]))
    const watch = new ScoreWatch(client, topic, ends)
    await watch.#consumer.start()
    return watch
  }

  /** Rejects when the topic cannot be read any more. */
  get failed(): Promise<void> {
    return this.#consumer.done
  }

  /** Score messages so far. */
  get count(): number {
    return this.#count
  }

  /** What was seen of messages sent, and of scores come, between two times (milliseconds since 1970). */
  between(from: number, to: number): Seen {
    const within = (time: number): boolean => time >= from && time < to
    return {
      latencies: this.#arrivals
        .filter(({ sent }) => within(sent))
        .map(({ sent, at }) => Math.max(0, at - sent) / 1e3),
      arrived: this.#arrivals.filter(({ at }) => within(at)).length,
    }
  }

  /** Forgets what came so far: a step begins. */
  forget(): void {
    this.#arrivals = []
  }

  close(): Promise<void> {
    return this.#consumer.stop()
  }
}
