import { connect, createServer, type Socket } from 'node:net'
import type { Message } from '#spillway/ingest/message.js'
import type {
  ConsumerOptions,
  GroupConsumer,
  GroupHandler,
  KafkaClient,
  KafkaConfig,
  KafkaRecord,
  TopicPartition,
} from '#spillway/stream/kafka/port.js'

export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
export const text = (value: Uint8Array | null): string | null =>
  value === null ? null : new TextDecoder().decode(value)
export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** Polls until `check` holds; fails loudly instead of hanging. */
export async function until(
  check: () => boolean | Promise<boolean>,
  what: string,
  limitMs = 30_000,
): Promise<void> {
  for (const end = Date.now() + limitMs; !(await check()); await sleep(20)) {
    if (Date.now() > end) throw new Error(`waited ${limitMs} ms for: ${what}`)
  }
}

/** How tests speak to a broker of their own. */
export const kafkaConfig = (brokers: readonly string[], more: Partial<KafkaConfig> = {}): KafkaConfig => ({
  brokers,
  clientId: 'spillway-test',
  client: 'kafkajs',
  connectionTimeoutMs: 5_000,
  requestTimeoutMs: 30_000,
  ...more,
})

export const record = (topic: string, partition: number, value: string): KafkaRecord => ({
  topic,
  partition,
  key: null,
  value: bytes(value),
})

/** A handler that keeps what it gets. */
export function keeper(extra: Partial<GroupHandler> = {}): GroupHandler & {
  readonly messagesSeen: Message[]
  readonly calls: string[]
} {
  const messagesSeen: Message[] = []
  const calls: string[] = []
  const list = (partitions: readonly TopicPartition[]) => partitions.map((item) => item.partition).sort()
  return {
    messagesSeen,
    calls,
    async assigned(partitions) {
      calls.push(`assigned ${list(partitions)}`)
      await extra.assigned?.(partitions)
    },
    async revoked(partitions) {
      calls.push(`revoked ${list(partitions)}`)
      await extra.revoked?.(partitions)
    },
    async messages(topic, partition, messages, next) {
      messagesSeen.push(...messages)
      await extra.messages?.(topic, partition, messages, next)
    },
  }
}

let groups = 0
/** Options for a quick consumer in a group of its own. */
export const consumerOptions = (
  topic: string,
  handler: GroupHandler,
  more: Partial<ConsumerOptions> = {},
): ConsumerOptions => ({
  group: `group-${process.pid}-${Date.now()}-${groups++}`,
  topics: [topic],
  handler,
  sessionTimeoutMs: 6_000,
  heartbeatMs: 300,
  ...more,
})

/** Everything that committed readers see of a topic now, by partition and offset. */
export async function readAll(client: KafkaClient, topic: string): Promise<readonly Message[]> {
  const ends = (await client.admin().offsets(topic)).filter(({ begin, end }) => end > begin)
  const handler = keeper()
  const consumer = client.consumer(consumerOptions(topic, handler))
  await consumer.start()
  const reached = () => {
    const at = new Map(consumer.progress().map((item) => [item.partition, item.position]))
    return ends.every(({ partition, end }) => (at.get(partition) ?? -1n) >= end)
  }
  await until(reached, `the end of ${topic}`)
  await consumer.stop()
  return [...handler.messagesSeen].sort((a, b) => a.partition - b.partition || Number(a.offset - b.offset))
}

export const texts = (messages: readonly Message[]): (string | null)[] =>
  messages.map((message) => text(message.value))

/** Runs `body` with a started consumer and stops it whatever happens. */
export async function withConsumer<T>(
  client: KafkaClient,
  options: ConsumerOptions,
  body: (consumer: GroupConsumer) => Promise<T>,
): Promise<T> {
  const consumer = client.consumer(options)
  await consumer.start()
  try {
    return await body(consumer)
  } finally {
    await consumer.stop()
  }
}

/** What the proxy does with the next EndTxn request. */
export type EndTxnFault = 'none' | 'lose-request' | 'lose-answer'

const endTxnKey = 26

/**
 * A proxy before a broker that can lose one EndTxn request or its answer, and then cuts the connection.
 * The broker must advertise the proxy's port.
 */
export async function endTxnProxy(port: number, brokerPort: number) {
  let fault: EndTxnFault = 'none'
  let faults = 0
  const sockets = new Set<Socket>()
  const server = createServer((client) => {
    const broker = connect(brokerPort, '127.0.0.1')
    let pending = Buffer.alloc(0)
    let mute = false
    const cut = () => {
      client.destroy()
      broker.destroy()
    }
    for (const socket of [client, broker]) {
      sockets.add(socket)
      socket.on('error', cut)
      socket.on('close', () => {
        sockets.delete(socket)
        cut()
      })
    }
    client.on('data', (chunk) => {
      pending = Buffer.concat([pending, chunk])
      // Requests: int32 size, int16 api key, …
      while (pending.length >= 4 && pending.length >= 4 + pending.readInt32BE(0)) {
        const request = pending.subarray(0, 4 + pending.readInt32BE(0))
        pending = pending.subarray(request.length)
        if (fault !== 'none' && request.readInt16BE(4) === endTxnKey) {
          faults++
          mute = true
          if (fault === 'lose-answer') broker.write(request)
          fault = 'none'
          // The broker has ended the transaction long before.
          setTimeout(cut, 500)
        } else broker.write(request)
      }
    })
    broker.on('data', (chunk) => {
      if (!mute) client.write(chunk)
    })
  })
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  return {
    /** How many faults were done. */
    faults: () => faults,
    next(wanted: EndTxnFault) {
      fault = wanted
    },
    async close() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
