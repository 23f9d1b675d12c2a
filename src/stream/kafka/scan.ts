import { randomUUID } from 'node:crypto'
import { SpillwayError } from '../../errors.js'
import type { Message } from '../../ingest/message.js'
import type { GroupConsumer, KafkaClient, PartitionOffsets } from './port.js'

export interface ScanOptions {
  /** Only so many of the newest offsets of each partition; everything when absent. */
  readonly last?: number
  /** Stop when nothing arrives for so long. Default 30 s. */
  readonly idleMs?: number
}

const POLL_MS = 20

/**
 * Reads the committed messages that a topic holds now and gives each to `visit`, in order within a partition. It reads
 * in a group of its own and commits nothing, so nobody's progress changes.
 * @throws SpillwayError SOURCE_UNAVAILABLE when the topic is not there or nothing arrives any more.
 */
export async function scanTopic(
  client: KafkaClient,
  topic: string,
  visit: (message: Message) => void,
  { last, idleMs = 30_000 }: ScanOptions = {},
): Promise<void> {
  const admin = client.admin()
  if ((await admin.partitions(topic)) === null) {
    throw new SpillwayError('SOURCE_UNAVAILABLE', `topic ${topic} does not exist`, { place: topic })
  }
  const ranges = new Map<number, PartitionOffsets>()
  for (const range of await admin.offsets(topic)) {
    if (range.end > range.begin) ranges.set(range.partition, range)
  }
  if (ranges.size === 0) return
  let heard = Date.now()
  const consumer = client.consumer({
    group: `spillway-scan-${randomUUID()}`,
    topics: [topic],
    handler: {
      async assigned() {
        for (const { partition, begin, end } of ranges.values()) {
          const from = last === undefined ? begin : end - BigInt(last)
          consumer.seek(topic, partition, from > begin ? from : begin)
        }
      },
      async revoked() {},
      async messages(_topic, partition, messages) {
        heard = Date.now()
        const end = ranges.get(partition)?.end ?? 0n
        for (const message of messages) if (message.offset < end) visit(message)
      },
    },
  })
  try {
    await consumer.start()
    await Promise.race([consumer.done, atEnd(consumer, ranges, topic, () => Date.now() - heard > idleMs)])
  } finally {
    await consumer.stop()
  }
}

/** Resolves when every partition was delivered to its end. Transaction markers move the position without a message. */
async function atEnd(
  consumer: GroupConsumer,
  ranges: ReadonlyMap<number, PartitionOffsets>,
  topic: string,
  idle: () => boolean,
): Promise<void> {
  for (;;) {
    const at = new Map(consumer.progress().map(({ partition, position }) => [partition, position]))
    if ([...ranges.values()].every(({ partition, end }) => (at.get(partition) ?? -1n) >= end)) return
    if (idle()) {
      throw new SpillwayError('SOURCE_UNAVAILABLE', `topic ${topic} gives nothing more before its end`, {
        place: topic,
      })
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS))
  }
}

/** The message of a topic with the newest timestamp, `null` when there is none. */
export async function newestMessage(client: KafkaClient, topic: string): Promise<Message | null> {
  let newest: Message | null = null
  // Aborted transactions and their markers take offsets too; a few more than one are looked at.
  const keep = (message: Message): void => {
    if (newest !== null && message.timestamp < newest.timestamp) return
    newest = { ...message, value: message.value === null ? null : Uint8Array.from(message.value) }
  }
  await scanTopic(client, topic, keep, { last: 16 })
  return newest
}
