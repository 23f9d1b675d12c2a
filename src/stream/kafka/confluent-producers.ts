import { SpillwayError } from '../../errors.js'
import {
  asBuffer,
  type Binding,
  commonConfig,
  type RdConfig,
  type RdConsumer,
  type RdError,
  type RdProducer,
} from './confluent-binding.js'
import { Handle } from './confluent-handle.js'
import { isFenced, kafkaError, laneCode, type Phase, sinkCode, within } from './errors-of.js'
import type {
  BatchProducer,
  KafkaConfig,
  KafkaLog,
  KafkaRecord,
  LaneProducer,
  OffsetCommit,
  ProducerOptions,
  TransactionalOptions,
} from './port.js'

const defaultBatchBytes = 950_000
const defaultDeliveryMs = 30_000
const farewellMs = 2_000
const queueFull = -184

export interface Maker {
  readonly binding: Binding
  readonly config: KafkaConfig
  readonly log: KafkaLog
  /** Producers that are being closed, to be waited for before the process ends. */
  readonly closing: Set<Promise<void>>
}

const producerConfig = ({ config }: Maker, options: ProducerOptions) => ({
  ...commonConfig(config),
  dr_cb: true,
  'enable.idempotence': true,
  'allow.auto.create.topics': false,
  'compression.codec': options.compression ?? 'none',
  'batch.size': options.maxBatchBytes ?? defaultBatchBytes,
  // The broker judges sizes, not the client.
  'message.max.bytes': 1_000_000_000,
  'queue.buffering.max.messages': 1_000_000,
  'topic.metadata.propagation.max.ms': Math.min(10_000, options.deliveryTimeoutMs ?? defaultDeliveryMs),
})

/** Nothing at a real address: the binding takes an empty buffer without one for a tombstone. */
const solid = (bytes: Uint8Array | null): Buffer | null =>
  bytes !== null && bytes.length === 0 ? Buffer.from([0]).subarray(0, 0) : asBuffer(bytes)

/** Gives the records to librdkafka; resolves when all are acknowledged, rejects with the first failure. */
function produceAll(handle: Handle<RdProducer>, records: readonly KafkaRecord[]): Promise<void> {
  const acknowledged = new Promise<void>((resolve, reject) => {
    let left = records.length
    if (left === 0) return resolve()
    const settle = (error: RdError | null) => {
      if (error) reject(error)
      else if (--left === 0) resolve()
    }
    const give = (from: number): void => {
      for (let i = from; i < records.length && handle.open; i++) {
        const { topic, partition = -1, key, value, headers, timestamp = 0 } = records[i]
        const list = headers && Array.from(headers, ([name, bytes]) => ({ [name]: asBuffer(bytes)! }))
        try {
          handle.client.produce(topic, partition, solid(value), solid(key), timestamp, settle, list)
        } catch (error) {
          if ((error as RdError).code === queueFull) setTimeout(() => give(i), 20)
          else reject(error)
          return
        }
      }
    }
    give(0)
  })
  return handle.orEnd(acknowledged)
}

async function connected(
  maker: Maker,
  options: ProducerOptions,
  messageTimeoutMs: number,
  more: RdConfig,
): Promise<Handle<RdProducer>> {
  // These two belong to topics: beside a topic configuration they are lost among the others.
  const perTopic = { partitioner: 'murmur2_random', 'message.timeout.ms': messageTimeoutMs }
  const producer = new maker.binding.Producer({ ...producerConfig(maker, options), ...more }, perTopic)
  producer.on('delivery-report', (error, report) => (report.opaque as (error: RdError | null) => void)(error))
  const handle = new Handle(producer, (client, done) => client.disconnect(0, done))
  try {
    await handle.connect(maker.config, maker.log)
  } catch (error) {
    void farewell(maker, handle)
    throw error
  }
  producer.setPollInBackground(true)
  return handle
}

/** Ends a producer; does not wait long for a call that hangs on a broker. */
function farewell({ closing }: Maker, handle: Handle<RdProducer>): Promise<void> {
  const ended = handle.end()
  closing.add(ended)
  ended.then(() => closing.delete(ended))
  return within(farewellMs, ended, () => undefined).catch(() => undefined)
}

/** Aborts what is open; gives the reason when it cannot. */
const abort = (handle: Handle<RdProducer>): Promise<unknown> =>
  within(
    farewellMs,
    handle.call((done) => handle.client.abortTransaction(farewellMs, done)),
    () => undefined,
  ).catch((reason: unknown) => reason)

/** See `LaneProducer`. `membership` gives the consumer whose group the offsets belong to. */
export function confluentLane(
  maker: Maker,
  options: TransactionalOptions,
  membership: (group: string) => Promise<Handle<RdConsumer>>,
): LaneProducer {
  const deliveryMs = options.deliveryTimeoutMs ?? defaultDeliveryMs
  const transactionMs = options.transactionTimeoutMs ?? 60_000
  const place = `transactional id ${options.transactionalId}`
  let current: Handle<RdProducer> | undefined

  const drop = async (): Promise<void> => {
    const old = current
    current = undefined
    if (old !== undefined) await farewell(maker, old)
  }

  const init = async (): Promise<void> => {
    await drop()
    let made: Handle<RdProducer> | undefined
    try {
      made = await connected(maker, options, Math.min(deliveryMs, transactionMs), {
        'transactional.id': options.transactionalId,
        'transaction.timeout.ms': transactionMs,
        'socket.timeout.ms': Math.min(maker.config.requestTimeoutMs, transactionMs),
        'linger.ms': 0,
        'retry.backoff.ms': 10,
        'retry.backoff.max.ms': 200,
      })
      const { client } = made
      await made.call((done) => client.initTransactions(deliveryMs, done))
      current = made
    } catch (error) {
      if (made !== undefined) void farewell(maker, made)
      throw kafkaError(error, laneCode(error, 'init'), 'Cannot open the lane', place)
    }
  }

  const transact = async (records: readonly KafkaRecord[], offsets: OffsetCommit): Promise<void> => {
    const handle = current
    if (handle === undefined)
      throw new SpillwayError('INTERNAL', 'The lane is not open: init() first', { place })
    const { group } = offsets
    let phase: Phase = 'send'
    const run = async (): Promise<void> => {
      const { client } = handle
      await handle.call((done) => client.beginTransaction(done))
      await produceAll(handle, records)
      const member = await membership(group)
      const positions = offsets.positions.map(({ topic, partition, next, metadata = '' }) => ({
        topic,
        partition,
        offset: Number(next),
        metadata,
      }))
      const sent = handle.call((done) =>
        client.sendOffsetsToTransaction(positions, member.client, deliveryMs, done),
      )
      await member.hold(sent)
      phase = 'commit'
      await handle.call((done) => client.commitTransaction(deliveryMs, done))
    }
    try {
      await within(deliveryMs * 2, run(), () => new Error(`not done within ${deliveryMs * 2} ms`))
    } catch (error) {
      // A fenced producer's records fail as purged; only the answer to the abort says why.
      const fenced = phase === 'send' && isFenced(await abort(handle))
      const code = fenced ? 'LANE_FENCED' : laneCode(error, phase)
      await drop()
      throw kafkaError(
        error,
        code,
        phase === 'send' ? 'The transaction failed before its commit' : 'The commit failed',
        place,
      )
    }
  }

  return { init, transact, close: drop }
}

/** See `BatchProducer`. librdkafka gathers and pipelines by itself. */
export function confluentProducer(maker: Maker, options: ProducerOptions = {}): BatchProducer {
  const deliveryMs = options.deliveryTimeoutMs ?? defaultDeliveryMs
  let producer: Promise<Handle<RdProducer>> | undefined
  const open = new Set<Promise<void>>()

  const client = (): Promise<Handle<RdProducer>> => {
    producer ??= connected(maker, options, deliveryMs, { 'linger.ms': 5 }).catch((error) => {
      producer = undefined
      throw error
    })
    return producer
  }
  const send = async (records: readonly KafkaRecord[]): Promise<void> => {
    try {
      await produceAll(await client(), records)
    } catch (error) {
      throw kafkaError(error, sinkCode(error), 'Cannot produce', records[0]?.topic)
    }
  }
  return {
    send(records) {
      const sent = send(records)
      open.add(sent)
      const forget = () => open.delete(sent)
      sent.then(forget, forget)
      return sent
    },
    async close() {
      await Promise.allSettled(open)
      const made = await producer?.catch(() => undefined)
      producer = undefined
      if (made !== undefined) await farewell(maker, made)
    },
  }
}
