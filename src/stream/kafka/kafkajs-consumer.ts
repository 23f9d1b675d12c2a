import type { Consumer, EachBatchPayload, KafkaMessage } from 'kafkajs'
import kafkajs from 'kafkajs'
import type { Message } from '../../ingest/message.js'
import { Deliveries } from './deliveries.js'
import { kafkaError, within } from './errors-of.js'
import { type Connect, retryFor } from './kafkajs-connect.js'
import { guardedAssigner } from './kafkajs-guard.js'
import { defaultsOf, type Session, type SessionEvents, supervise } from './membership.js'
import type { ConsumerOptions, GroupConsumer, TopicPartition } from './port.js'

const farewellMs = 10_000

/** See `GroupConsumer`. */
export function kafkajsConsumer(
  connect: Connect,
  brokers: readonly string[],
  options: ConsumerOptions,
): GroupConsumer {
  return supervise(options, brokers, (events) => open(connect, options, events))
}

/** One membership from joining to leaving or crashing. */
function open(connect: Connect, given: ConsumerOptions, events: SessionEvents): Session {
  const options = defaultsOf(given)
  let deliveries: Deliveries | undefined
  let over = false
  /** What was assigned is settled, so nothing is worth trying again. */
  let settled = false
  const isSettled = () => settled

  const revoke = async (): Promise<void> => {
    const old = deliveries
    deliveries = undefined
    await old?.revoke()
  }
  // A member that holds out through a broker's restart is still a member: no rebalance, no waiting for its own ghost
  // to time out. The retries of connections count for that too: a crash of theirs ends the membership.
  const consumer: Consumer = connect(retryFor(options.stallMs, 50, 400, isSettled)).consumer({
    groupId: options.group,
    sessionTimeout: options.sessionTimeoutMs,
    rebalanceTimeout: options.rebalanceTimeoutMs,
    heartbeatInterval: options.heartbeatMs,
    metadataMaxAge: options.metadataMaxAgeMs,
    minBytes: 1,
    maxBytes: Math.max(options.maxBytesPerPartition * 4, 16 * 1024 * 1024),
    maxBytesPerPartition: options.maxBytesPerPartition,
    maxWaitTimeInMs: options.maxWaitMs,
    allowAutoTopicCreation: false,
    partitionAssigners: [guardedAssigner(revoke, events.fail)],
    // Starting anew is the supervisor's work: one way to come back, not two.
    retry: { ...retryFor(options.unavailableMs, 50, 500, isSettled), restartOnFailure: async () => false },
  })
  const fetching = {
    pause: ({ topic, partition }: TopicPartition) =>
      whileRunning(() => consumer.pause([{ topic, partitions: [partition] }])),
    resume: ({ topic, partition }: TopicPartition) =>
      whileRunning(() => consumer.resume([{ topic, partitions: [partition] }])),
    seek: ({ topic, partition }: TopicPartition, offset: bigint) =>
      whileRunning(() => consumer.seek({ topic, partition, offset: String(offset) })),
  }

  consumer.on(consumer.events.HEARTBEAT, () => events.contact())
  consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
    if (over) return
    events.contact()
    const partitions = Object.entries(payload.memberAssignment).flatMap(([topic, list]) =>
      list.map((partition) => ({ topic, partition })),
    )
    // Emitted before the first fetch: nothing slips through before `open` resolves.
    deliveries = new Deliveries(partitions, fetching, { ...options, fail: events.fail })
    events.joined()
    void deliveries.open()
  })
  // Batches without a message for us do not reach eachBatch, but they move the position.
  consumer.on(consumer.events.START_BATCH_PROCESS, ({ payload }) => {
    const { topic, partition, batchSize, lastOffset, highWatermark } = payload
    if (batchSize === 0)
      deliveries?.push(topic, partition, [], BigInt(lastOffset) + 1n, BigInt(highWatermark))
  })
  consumer.on(consumer.events.CRASH, ({ payload }) => events.lost(payload.error))

  const eachBatch = async ({ batch, resolveOffset, isRunning, isStale }: EachBatchPayload): Promise<void> => {
    if (over || !isRunning() || isStale() || deliveries === undefined) return
    const { topic, partition } = batch
    const messages = batch.messages.map((message) => toMessage(topic, partition, message))
    const last = batch.lastOffset()
    resolveOffset(last)
    deliveries.push(topic, partition, messages, BigInt(last) + 1n, BigInt(batch.highWatermark))
  }

  const run = async (): Promise<void> => {
    await consumer.connect()
    await consumer.subscribe({ topics: [...options.topics], fromBeginning: options.from === 'earliest' })
    await consumer.run({ autoCommit: false, eachBatchAutoResolve: false, eachBatch })
  }
  run().catch((error) => events.lost(error))

  return {
    deliveries: () => deliveries,
    async commit(topic, partition, next, metadata = '') {
      const place = `group ${options.group}, ${topic}/${partition}`
      try {
        const commit = consumer.commitOffsets([{ topic, partition, offset: String(next), metadata }])
        const late = () => new Error('no answer')
        await within(options.sessionTimeoutMs, commit, late)
      } catch (error) {
        throw kafkaError(error, 'SOURCE_UNAVAILABLE', 'Cannot commit the offset', place)
      }
    },
    async close(): Promise<void> {
      over = true
      await revoke()
      settled = true
      await within(farewellMs, consumer.disconnect(), () => undefined).catch(() => undefined)
    },
  }
}

const noHeaders: ReadonlyMap<string, Uint8Array> = new Map()

function toMessage(topic: string, partition: number, message: KafkaMessage): Message {
  const { key, value, headers, timestamp, offset } = message
  return {
    topic,
    partition,
    offset: BigInt(offset),
    key,
    value,
    headers: headersOf(headers),
    timestamp: Number(timestamp),
  }
}

/** The last value counts where a name is repeated; a null value is empty. */
function headersOf(headers: KafkaMessage['headers']): ReadonlyMap<string, Uint8Array> {
  if (headers === undefined) return noHeaders
  const entries = Object.entries(headers)
  if (entries.length === 0) return noHeaders
  return new Map(entries.map(([name, value]) => [name, bytesOf(Array.isArray(value) ? value.at(-1) : value)]))
}

const bytesOf = (value: Buffer | string | undefined | null): Uint8Array =>
  typeof value === 'string' ? Buffer.from(value) : (value ?? new Uint8Array(0))

/** Between two assignments, and after `stop`, there is nothing to pause or to seek in: the client says so by throwing. */
function whileRunning(call: () => void): void {
  try {
    call()
  } catch (error) {
    if (!(error instanceof kafkajs.KafkaJSNonRetriableError)) throw error
  }
}
