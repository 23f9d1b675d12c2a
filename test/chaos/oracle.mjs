// Reads the output as a committed reader does and counts every event.
import { decodeMessage, defaultLimits } from '../../dist/ingest/arrow/index.js'

/** How far a score may be from the undisturbed run's: batches are cut differently. */
const TOLERANCE = 1e-5

export class Oracle {
  constructor(total, reference) {
    this.total = total
    this.reference = reference
    this.counts = new Uint16Array(total)
    this.seen = 0
    this.wrong = 0
    this.largestDifference = 0
    this.lastProgress = Date.now()
    /** Next offset by partition: a reader that joins anew must not count what it has read. */
    this.next = new Map()
  }

  /** Reads `topic` until `close`. */
  async start(client, topic) {
    this.consumer = client.consumer({
      group: `oracle-${process.pid}`,
      topics: [topic],
      sessionTimeoutMs: 30_000,
      handler: {
        assigned: async (partitions) => {
          for (const { partition } of partitions) {
            if (this.next.has(partition)) this.consumer.seek(topic, partition, this.next.get(partition))
          }
        },
        revoked: async () => {},
        messages: async (_topic, partition, messages, next) => {
          const from = this.next.get(partition) ?? 0n
          for (const { value, offset } of messages) if (offset >= from) this.#count(value)
          if (next > from) this.next.set(partition, next)
        },
      },
    })
    await this.consumer.start()
    this.consumer.done.catch((error) => console.error('oracle:', error))
  }

  #count(value) {
    const events = decodeMessage(value, defaultLimits)
    const numbers = events.column('event').values
    const r_l = events.column('pol.r_l').values
    const r_t = events.column('pol.r_t').values
    for (let i = 0; i < numbers.length; i++) {
      const event = Number(numbers[i])
      if (event >= this.total) {
        this.wrong++
        continue
      }
      if (this.counts[event]++ === 0) this.seen++
      const row = event % this.reference.rows
      const difference = Math.max(
        Math.abs(r_l[i] - this.reference.r_l[row]),
        Math.abs(r_t[i] - this.reference.r_t[row]),
      )
      this.largestDifference = Math.max(this.largestDifference, difference)
      if (!(difference <= TOLERANCE)) this.wrong++
    }
    this.lastProgress = Date.now()
  }

  get verdict() {
    let doubled = 0
    for (const count of this.counts) if (count > 1) doubled++
    return { lost: this.total - this.seen, doubled, wrong: this.wrong }
  }

  async close() {
    await this.consumer.stop()
  }
}
