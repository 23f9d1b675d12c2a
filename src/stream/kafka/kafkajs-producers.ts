import kafkajs, { type Producer, type Transaction } from 'kafkajs'
import { SpillwayError } from '../../errors.js'
import { cutBatches } from './batches.js'
import { isFenced, kafkaError, laneCode, type Phase, sinkCode, within } from './errors-of.js'
import { type Connect, compressionType, retryFor, topicMessages } from './kafkajs-connect.js'
import { whileBusy } from './patience.js'
import type {
  BatchProducer,
  KafkaRecord,
  LaneProducer,
  OffsetCommit,
  ProducerOptions,
  TransactionalOptions,
} from './port.js'

const defaultBatchBytes = 950_000
const defaultDeliveryMs = 30_000
/** How long a producer that is given up may take to abort and to disconnect. */
const farewellMs = 2_000

/**
 * See `LaneProducer`. The coordinator is busy for some milliseconds after a commit and refuses the next
 * transaction meanwhile, so the first retry comes after 2 ms. With that, one producer per lane is about as
 * fast as two in turns; with the library's 300 ms it is not.
 */
export function kafkajsLane(connect: Connect, options: TransactionalOptions): LaneProducer {
  const deliveryMs = options.deliveryTimeoutMs ?? defaultDeliveryMs
  const maxBytes = options.maxBatchBytes ?? defaultBatchBytes
  const compression = compressionType(options.compression)
  const place = `transactional id ${options.transactionalId}`
  let current: { readonly producer: Producer; txn: Transaction } | undefined

  const drop = async (): Promise<void> => {
    const old = current
    current = undefined
    if (old === undefined) return
    await within(farewellMs, old.producer.disconnect(), () => undefined).catch(() => undefined)
  }

  const init = async (): Promise<void> => {
    await drop()
    const producer = connect(retryFor(deliveryMs, 2, 50)).producer({
      transactionalId: options.transactionalId,
      transactionTimeout: options.transactionTimeoutMs ?? 60_000,
      idempotent: true,
      // Records beside offsets. Of records there is one request at a time: kafkajs locks the broker for each.
      maxInFlightRequests: 2,
      allowAutoTopicCreation: false,
      createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
    })
    const late = () => new Error(`no answer within ${deliveryMs} ms`)
    try {
      await within(deliveryMs, producer.connect(), late)
      // connect() does not fence; the first transaction() does, by its InitProducerId.
      current = { producer, txn: await within(deliveryMs, producer.transaction(), late) }
    } catch (error) {
      producer.disconnect().catch(() => undefined)
      throw kafkaError(error, laneCode(error, 'init'), 'Cannot open the lane', place)
    }
  }

  const transact = async (records: readonly KafkaRecord[], offsets: OffsetCommit): Promise<void> => {
    if (current === undefined)
      throw new SpillwayError('INTERNAL', 'The lane is not open: init() first', { place })
    const { producer, txn } = current
    let phase: Phase = 'send'
    let over = false
    const run = async (): Promise<void> => {
      const send = async (): Promise<void> => {
        for (const batch of cutBatches(records, maxBytes)) {
          await txn.sendBatch({ acks: -1, compression, topicMessages: topicMessages(batch) })
        }
      }
      // Side by side: an event waits for every answer, of which there would be four in a row.
      await bothOf(send(), sendOffsets(txn, offsets, deliveryMs))
      if (over) throw new Error('given up')
      phase = 'commit'
      await txn.commit()
    }
    const running = run()
    try {
      await within(deliveryMs, running, () => new Error(`not done within ${deliveryMs} ms`))
      // No request: the producer has its id, and the broker hears of this transaction with its first record.
      current.txn = await producer.transaction()
    } catch (error) {
      over = true
      const code = laneCode(error, phase)
      // Aborting now spares committed readers the wait for init() or for the transaction timeout.
      if (phase === 'send' && !isFenced(error)) {
        await within(farewellMs, txn.abort(), () => undefined).catch(() => undefined)
      }
      await drop()
      disconnectAfter(running, producer)
      throw kafkaError(error, code, messageOf[phase], place)
    }
  }

  return { init, transact, close: drop }
}

/** A send that still retries connects its producer again, whatever was said to it before. */
function disconnectAfter(running: Promise<unknown>, producer: Producer | undefined): void {
  const end = () => producer?.disconnect().catch(() => undefined)
  running.then(end, end)
}

/** Waits until both have ended. @throws what the first of them that failed threw */
async function bothOf(first: Promise<void>, second: Promise<void>): Promise<void> {
  for (const end of await Promise.allSettled([first, second])) if (end.status === 'rejected') throw end.reason
}

const messageOf: Readonly<Record<Phase, string>> = {
  init: 'Cannot open the lane',
  send: 'The transaction failed before its commit',
  commit: 'The commit failed',
}

/** kafkajs does not retry AddOffsetsToTxn, which a busy coordinator refuses for some milliseconds. */
function sendOffsets(txn: Transaction, offsets: OffsetCommit, limitMs: number): Promise<void> {
  const { group, positions } = offsets
  const topics = [...new Set(positions.map(({ topic }) => topic))].map((topic) => ({
    topic,
    partitions: positions
      .filter((position) => position.topic === topic)
      // The client's types leave out the metadata that its encoder writes.
      .map(({ partition, next, metadata = '' }) => ({ partition, offset: String(next), metadata })),
  }))
  return whileBusy({ limitMs, firstMs: 2 }, () => txn.sendOffsets({ consumerGroupId: group, topics }))
}

interface Waiting {
  readonly records: readonly KafkaRecord[]
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/**
 * See `BatchProducer`. kafkajs lets one request of an idempotent producer be under way per broker, so what
 * arrives meanwhile is put together into the next one.
 */
export function kafkajsProducer(connect: Connect, options: ProducerOptions = {}): BatchProducer {
  const deliveryMs = options.deliveryTimeoutMs ?? defaultDeliveryMs
  const maxBytes = options.maxBatchBytes ?? defaultBatchBytes
  const compression = compressionType(options.compression)
  let producer: Producer | undefined
  let waiting: Waiting[] = []
  let pumping: Promise<void> | undefined

  const connected = async (): Promise<Producer> => {
    if (producer !== undefined) return producer
    const made = connect(retryFor(deliveryMs, 20, 500)).producer({
      idempotent: true,
      maxInFlightRequests: 1,
      allowAutoTopicCreation: false,
      createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
    })
    await made.connect()
    producer = made
    return made
  }

  const flush = async (batch: readonly Waiting[]): Promise<void> => {
    const write = async () => {
      const client = await connected()
      const records = batch.length === 1 ? batch[0].records : batch.flatMap((item) => item.records)
      for (const part of cutBatches(records, maxBytes)) {
        await client.sendBatch({ acks: -1, compression, topicMessages: topicMessages(part) })
      }
    }
    const writing = write()
    try {
      await within(deliveryMs, writing, () => new Error(`not acknowledged within ${deliveryMs} ms`))
      for (const item of batch) item.resolve()
    } catch (error) {
      // Its sequence numbers are in doubt: the next send starts a new producer.
      producer?.disconnect().catch(() => undefined)
      disconnectAfter(writing, producer)
      producer = undefined
      const wrapped = kafkaError(error, sinkCode(error), 'Cannot produce', batch[0].records[0]?.topic)
      for (const item of batch) item.reject(wrapped)
    }
  }

  const pump = async (): Promise<void> => {
    while (waiting.length > 0) {
      const batch = waiting
      waiting = []
      await flush(batch)
    }
    pumping = undefined
  }

  return {
    send: (records) =>
      new Promise<void>((resolve, reject) => {
        if (records.length === 0) return resolve()
        waiting.push({ records, resolve, reject })
        // A turn later, so that sends of one turn go together.
        pumping ??= Promise.resolve().then(pump)
      }),
    async close() {
      await pumping
      await producer?.disconnect().catch(() => undefined)
      producer = undefined
    },
  }
}
