import type { Message } from '../../ingest/message.js'
import {
  type Binding,
  commonConfig,
  type RdConsumer,
  type RdError,
  type RdMessage,
  type RdPartition,
} from './confluent-binding.js'
import { Handle } from './confluent-handle.js'
import { Deliveries, type Fetching } from './deliveries.js'
import { isHopeless, kafkaError, offsetGone, protocolName, within } from './errors-of.js'
import { defaultsOf, type Session, type SessionEvents, supervise } from './membership.js'
import type { ConsumerOptions, GroupConsumer, KafkaConfig, KafkaLog, TopicPartition } from './port.js'

const assignPartitions = -175
const farewellMs = 10_000
const messagesPerPoll = 64
const keyOf = ({ topic, partition }: TopicPartition) => `${topic}/${partition}`

/** See `GroupConsumer`. */
export function confluentConsumer(
  binding: Binding,
  config: KafkaConfig,
  log: KafkaLog,
  options: ConsumerOptions,
): GroupConsumer {
  return supervise(options, config.brokers, (events) => open(binding, config, log, options, events))
}

/** One membership. librdkafka's own threads send the heartbeats; the loop here only takes what was fetched. */
function open(
  binding: Binding,
  config: KafkaConfig,
  log: KafkaLog,
  given: ConsumerOptions,
  events: SessionEvents,
): Session {
  const options = defaultsOf(given)
  let deliveries: Deliveries | undefined
  let over = false
  let loop: Promise<void> = Promise.resolve()
  /** Offsets to go to before the next poll; messages of these partitions are out of date until then. */
  const seeks = new Map<string, RdPartition>()
  /** Where the partitions start; `undefined` once they were started. */
  let starts: Map<string, RdPartition> | undefined
  let ends: { readonly topic: string; readonly partition: number; readonly offset: number }[] = []

  const consumer = new binding.KafkaConsumer(
    {
      ...commonConfig(config),
      'group.id': options.group,
      'session.timeout.ms': options.sessionTimeoutMs,
      'heartbeat.interval.ms': options.heartbeatMs,
      // Also how long the group waits for a member to rejoin.
      'max.poll.interval.ms': options.rebalanceTimeoutMs,
      'partition.assignment.strategy': 'roundrobin',
      'topic.metadata.refresh.interval.ms': options.metadataMaxAgeMs,
      'allow.auto.create.topics': false,
      'enable.auto.commit': false,
      'enable.auto.offset.store': false,
      'enable.partition.eof': true,
      'isolation.level': 'read_committed',
      'fetch.min.bytes': 1,
      'fetch.wait.max.ms': options.maxWaitMs,
      'fetch.error.backoff.ms': 50,
      'max.partition.fetch.bytes': options.maxBytesPerPartition,
      'queued.max.messages.kbytes': Math.ceil(options.prefetchBytes / 1024),
      // By default a full queue is looked at again after a second.
      'fetch.queue.backoff.ms': 5,
      'statistics.interval.ms': 1_000,
      rebalance_cb: (error: RdError, partitions: readonly RdPartition[]): void => {
        rebalance(error, partitions).catch(events.lost)
      },
    },
    { 'auto.offset.reset': 'error' },
  )
  const handle = consumerHandle(consumer)
  consumer.on('event.stats', ({ message }) => {
    if (isMember(message)) events.contact()
  })
  consumer.on('partition.eof', (end) => {
    ends.push(end)
  })
  consumer.on('event.error', (error) => {
    if (isHopeless(error)) events.lost(error)
  })

  const fetching: Fetching = {
    pause: (partition) => {
      if (starts === undefined && handle.open) consumer.pause([partition])
    },
    resume: ({ topic, partition }) => {
      if (handle.open) consumer.resume([{ topic, partition }])
    },
    seek: ({ topic, partition }, offset) => {
      const place = { topic, partition, offset: Number(offset) }
      ;(starts ?? seeks).set(keyOf(place), place)
    },
    // Assigning only now, with the offsets known, leaves nothing to be fetched in vain or out of date.
    ready: async () => {
      const chosen = starts ?? new Map<string, RdPartition>()
      const partitions = deliveries?.partitions ?? []
      const open = partitions.filter((item) => !chosen.has(keyOf(item)))
      const committed =
        open.length === 0
          ? []
          : await handle.call<readonly RdPartition[]>((done) => consumer.committed(open, 10_000, done))
      if (over || deliveries === undefined || deliveries.partitions !== partitions) return
      const fallback = options.from === 'earliest' ? -2 : -1
      const known = new Map(committed.map((item) => [keyOf(item), item.offset ?? -1001]))
      const start = ({ topic, partition }: TopicPartition): RdPartition => {
        const offset = known.get(keyOf({ topic, partition })) ?? -1001
        return (
          chosen.get(keyOf({ topic, partition })) ?? {
            topic,
            partition,
            offset: offset >= 0 ? offset : fallback,
          }
        )
      }
      starts = undefined
      if (partitions.length === 0) return
      consumer.assign(partitions.map(start))
      consumer.pause(partitions)
    },
  }

  const revoke = async (): Promise<void> => {
    const old = deliveries
    deliveries = undefined
    seeks.clear()
    await old?.revoke()
  }
  const rebalance = async (error: RdError, partitions: readonly RdPartition[]): Promise<void> => {
    await revoke()
    if (error.code !== assignPartitions || over) {
      // Also of a consumer that is being closed: it waits for this answer.
      consumer.unassign()
      return
    }
    events.contact()
    consumer.assign([])
    starts = new Map()
    const list = partitions.map(({ topic, partition }) => ({ topic, partition }))
    deliveries = new Deliveries(list, fetching, { ...options, fail: events.fail })
    events.joined()
    await deliveries.open()
  }

  const takeSeeks = async (): Promise<void> => {
    for (const [key, place] of seeks) {
      // Refused while the partition is being started: tried again before the next poll.
      const error = await handle
        .call((done) => consumer.seek(place, 1_000, done))
        .catch((cause: unknown) => cause)
      if (!(error instanceof Error) && seeks.get(key) === place) seeks.delete(key)
    }
  }
  const hand = (messages: readonly RdMessage[]): void => {
    const byPartition = new Map<string, RdMessage[]>()
    for (const message of messages) {
      const key = keyOf(message)
      if (seeks.has(key)) continue
      const list = byPartition.get(key)
      if (list === undefined) byPartition.set(key, [message])
      else list.push(message)
    }
    for (const list of byPartition.values()) {
      const { topic, partition, offset } = list[list.length - 1]
      const high = BigInt(Math.max(offset + 1, consumer.getWatermarkOffsets(topic, partition).highOffset))
      deliveries?.push(topic, partition, list.map(toMessage), BigInt(offset + 1), high)
    }
    const reached = ends
    ends = []
    for (const end of reached) {
      if (seeks.has(keyOf(end))) continue
      deliveries?.push(end.topic, end.partition, [], BigInt(end.offset), BigInt(end.offset))
    }
  }
  const poll = async (): Promise<void> => {
    while (!over) {
      await takeSeeks()
      try {
        hand(await handle.call<readonly RdMessage[]>((done) => consumer.consume(messagesPerPoll, done)))
      } catch (error) {
        if (over) return
        if (protocolName(error) === 'OFFSET_OUT_OF_RANGE')
          return events.fail(offsetGone(options.topics.join(', '), error))
        if (isHopeless(error) || protocolName(error) === 'UNKNOWN_TOPIC_OR_PARTITION')
          return events.lost(error)
        log('debug', `librdkafka: ${error instanceof Error ? error.message : error}`, {})
        await new Promise((resolve) => setTimeout(resolve, 100))
      }
    }
  }
  const run = async (): Promise<void> => {
    await handle.connect(config, log)
    if (over) return
    consumer.setDefaultConsumeTimeout(Math.min(50, options.maxWaitMs))
    consumer.setDefaultIsTimeoutOnlyForFirstMessage(true)
    consumer.subscribe(options.topics)
    loop = poll()
  }
  const running = run().catch((error) => events.lost(error))

  return {
    deliveries: () => deliveries,
    async commit(topic, partition, next, metadata = '') {
      const place = `group ${options.group}, ${topic}/${partition}`
      try {
        const position = { topic, partition, offset: Number(next), metadata }
        const late = () => new Error('no answer')
        await within(
          options.sessionTimeoutMs,
          handle.call((done) => consumer.commitCb([position], done)),
          late,
        )
      } catch (error) {
        throw kafkaError(error, 'SOURCE_UNAVAILABLE', 'Cannot commit the offset', place)
      }
    },
    async close(): Promise<void> {
      await revoke()
      over = true
      const leave = async () => {
        await running
        await loop
        await handle.end()
      }
      await within(farewellMs, leave(), () => undefined).catch(() => undefined)
    },
  }
}

/** A consumer is freed by leaving its group. */
export const consumerHandle = (consumer: RdConsumer): Handle<RdConsumer> =>
  new Handle(consumer, (client, done) => client.disconnect(done))

/** Whether librdkafka's statistics (STATISTICS.md) show a joined group with its coordinator reachable. */
function isMember(stats: string): boolean {
  const { cgrp, brokers = {} } = JSON.parse(stats) as {
    cgrp?: { state?: string; join_state?: string }
    brokers?: Record<string, { state?: string; nodeid?: number }>
  }
  const reachable = Object.values(brokers).some(({ state, nodeid = -1 }) => nodeid >= 0 && state === 'UP')
  return cgrp?.state === 'up' && reachable
}

const noHeaders: ReadonlyMap<string, Uint8Array> = new Map()
const bytesOf = (value: Buffer | string | null | undefined): Uint8Array =>
  typeof value === 'string' ? Buffer.from(value) : (value ?? new Uint8Array(0))

/** The last value counts where a header's name is repeated. */
const toMessage = ({ topic, partition, offset, key, value, headers, timestamp }: RdMessage): Message => ({
  topic,
  partition,
  offset: BigInt(offset),
  key: key === null || key === undefined ? null : bytesOf(key),
  value: value ?? null,
  headers:
    headers === undefined || headers.length === 0
      ? noHeaders
      : new Map(
          headers.flatMap((header) => Object.entries(header).map(([name, bytes]) => [name, bytesOf(bytes)])),
        ),
  timestamp: timestamp ?? -1,
})
