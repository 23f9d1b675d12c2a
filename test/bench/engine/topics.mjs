import { randomUUID } from 'node:crypto'
import kafkajs from 'kafkajs'
import { decodeMessage, defaultLimits } from '#spillway/ingest/arrow/index.js'

const SEND_BYTES = 4 << 20
const MESSAGE_BYTES = 16 << 20

/** Topics of the bench on one broker: made, filled, read back. */
export class Topics {
  #kafka
  #admin
  partitions

  static async connect(bootstrap, partitions) {
    const topics = new Topics()
    topics.partitions = partitions
    topics.#kafka = new kafkajs.Kafka({
      brokers: [bootstrap],
      clientId: 'bench',
      logLevel: kafkajs.logLevel.NOTHING,
      retry: { initialRetryTime: 20, maxRetryTime: 500, retries: 50 },
    })
    topics.#admin = topics.#kafka.admin()
    await topics.#admin.connect()
    return topics
  }

  close() {
    return this.#admin.disconnect()
  }

  async create(...names) {
    const ask = {
      waitForLeaders: true,
      topics: names.map((topic) => ({
        topic,
        numPartitions: this.partitions,
        replicationFactor: 1,
        configEntries: [{ name: 'max.message.bytes', value: String(MESSAGE_BYTES) }],
      })),
    }
    // A busy broker may not know a topic at once that it has just made.
    for (let tries = 1; ; tries++) {
      try {
        await this.#admin.createTopics(ask)
        return
      } catch (error) {
        if (tries === 10) throw error
        await new Promise((resolve) => setTimeout(resolve, 200))
      }
    }
  }

  /** Frees the disk. */
  async remove(...names) {
    await this.#admin.deleteTopics({ topics: names }).catch(() => {})
  }

  /** A connected producer of its own: one that has known a topic which is gone is good for nothing. */
  async producer(options = {}) {
    const producer = this.#kafka.producer({ idempotent: true, maxInFlightRequests: 1, ...options })
    await producer.connect()
    return producer
  }

  /** Puts messages on the partitions in turn. */
  async fill(topic, messages) {
    const producer = await this.producer()
    await this.send(producer, topic, messages)
    await producer.disconnect()
  }

  /** The same with a producer, or in a transaction, of the caller's. */
  async send(producer, topic, messages) {
    for (let from = 0; from < messages.length; ) {
      let to = from
      for (
        let bytes = 0;
        to < messages.length && (to === from || bytes + messages[to].length <= SEND_BYTES);
        to++
      ) {
        bytes += messages[to].length
      }
      await producer.send({
        topic,
        acks: -1,
        messages: messages.slice(from, to).map((value, index) => ({
          partition: (from + index) % this.partitions,
          value: Buffer.from(value.buffer, value.byteOffset, value.byteLength),
        })),
      })
      from = to
    }
  }

  /**
   * Fills a topic in one open transaction: committed readers see nothing until the function returned is called, then
   * everything at once. So all contestants start warm and at the same mark.
   */
  async fillHidden(topic, messages) {
    const producer = await this.producer({
      transactionalId: `bench-${randomUUID()}`,
      transactionTimeout: 600_000,
    })
    const transaction = await producer.transaction()
    await this.send(transaction, topic, messages)
    return async () => {
      await transaction.commit()
      // After the mark: closing costs time that is not the contestant's.
      void producer.disconnect().catch(() => {})
    }
  }

  async sendOne(producer, topic, partition, value, timestamp) {
    const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength)
    await producer.send({ topic, acks: -1, messages: [{ partition, value: bytes, timestamp }] })
  }

  /** Reads a topic as a committed reader from its beginning on; gives a function that ends it. */
  async follow(topic, each, waitMs = 100) {
    const consumer = this.#kafka.consumer({
      groupId: `bench-${randomUUID()}`,
      maxWaitTimeInMs: waitMs,
      minBytes: 1,
      maxBytesPerPartition: 4 << 20,
    })
    await consumer.connect()
    await consumer.subscribe({ topic, fromBeginning: true })
    let joined
    const assigned = new Promise((resolve) => {
      joined = resolve
    })
    consumer.on(consumer.events.GROUP_JOIN, () => joined())
    await consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: this.partitions,
      eachBatch: async ({ batch, resolveOffset }) => {
        for (const message of batch.messages) each(message)
        resolveOffset(batch.lastOffset())
      },
    })
    await assigned
    return () => consumer.disconnect()
  }

  /** Rows in a topic of scores, and the sum of its first score column: what a contestant delivered. */
  async tally(topic, rows, seconds = 60) {
    let count = 0
    let sum = 0
    let finish
    const complete = new Promise((resolve) => {
      finish = resolve
    })
    const end = await this.follow(topic, ({ value }) => {
      const events = decodeMessage(Uint8Array.from(value), defaultLimits)
      const [first] = events.schema.columns.filter(({ path }) => path !== 'event')
      count += events.rows
      for (const score of events.column(first.path).values) sum += score
      if (count >= rows) finish()
    })
    const timer = setTimeout(finish, seconds * 1e3)
    await complete
    clearTimeout(timer)
    await end()
    return { rows: count, mean: sum / count }
  }
}
