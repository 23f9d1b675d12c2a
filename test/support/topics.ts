import { crc32 } from 'node:zlib'
import { decodeMessage, defaultLimits } from '#spillway/ingest/arrow/index.js'
import type { Message } from '#spillway/ingest/message.js'
import type { KafkaClient, KafkaRecord } from '#spillway/stream/kafka/port.js'
import { consumerOptions, keeper, until } from './kafka.js'

/** A record with its checksum, as `spillway produce` sends it. */
export function checked(topic: string, partition: number, value: Uint8Array): KafkaRecord {
  const checksum = crc32(value).toString(16).padStart(8, '0')
  return { topic, partition, key: null, value, headers: new Map([['crc32', Buffer.from(checksum)]]) }
}

/** Follows a topic as a committed reader. */
export async function follow(client: KafkaClient, topic: string) {
  const handler = keeper()
  const consumer = client.consumer(consumerOptions(topic, handler))
  await consumer.start()
  const messages = (): readonly Message[] => handler.messagesSeen
  return {
    messages,
    /** Waits for so many messages. */
    atLeast: (count: number, limitMs = 120_000) =>
      until(() => messages().length >= count, `${count} messages of ${topic}`, limitMs),
    /** Waits for so many events in all. */
    events: (count: number, limitMs = 120_000) =>
      until(() => eventsOfAll(messages()).length >= count, `${count} events of ${topic}`, limitMs),
    stop: () => consumer.stop(),
  }
}

/** The event numbers of score messages, in the order they came. */
export function eventsOfAll(messages: readonly Message[]): number[] {
  return messages.flatMap(({ value }) =>
    Array.from(decodeMessage(value!, defaultLimits).column('event').values as BigUint64Array, Number),
  )
}

export const sorted = (numbers: readonly number[]): number[] => [...numbers].sort((a, b) => a - b)
