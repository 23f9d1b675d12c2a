// Reads the output as a committed reader does: every event once, each message by one version, the scores of that version.
import { decodeMessage, defaultLimits } from '../../dist/ingest/arrow/index.js'

/** How far a score may be from the undisturbed run's: batches are cut differently. */
const TOLERANCE = 1e-5

export class Oracle {
  constructor(reference) {
    this.reference = reference
    this.counts = new Uint8Array(1 << 20)
    this.seen = 0
    this.doubled = 0
    this.wrong = 0
    this.mixed = 0
    this.unknown = 0
    this.newest = 0
    this.older = 0
    this.versions = new Map()
    this.largestDifference = 0
    this.lastProgress = Date.now()
    /** Produced at, by the number of the message's first event; latencies by phase [ms]. */
    this.produced = new Map()
    this.latencies = { baseline: [], swaps: [] }
    this.next = new Map()
  }

  async start(client, topic, isPublished) {
    this.isPublished = isPublished
    this.consumer = client.consumer({
      group: `oracle-${process.pid}`,
      topics: [topic],
      sessionTimeoutMs: 30_000,
      handler: {
        assigned: async (partitions) => {
          for (const { partition } of partitions)
            if (this.next.has(partition)) this.consumer.seek(topic, partition, this.next.get(partition))
        },
        revoked: async () => {},
        messages: async (_topic, partition, messages, next) => {
          const from = this.next.get(partition) ?? 0n
          for (const { value, offset } of messages) if (offset >= from) this.#check(value)
          if (next > from) this.next.set(partition, next)
        },
      },
    })
    await this.consumer.start()
    this.consumer.done.catch((error) => console.error('oracle:', error))
  }

  #check(value) {
    const events = decodeMessage(value, defaultLimits)
    const numbers = events.column('event').values
    const column = (name) => events.column(`pol.${name}`).values
    const [r_l, r_t, stamp, versions] = ['r_l', 'r_t', 'stamp', 'version'].map(column)
    const version = versions[0]
    if (versions.some((one) => one !== version)) this.mixed++
    const told = JSON.parse(events.schema.metadata.get('spillway.models')).map((one) => one.version)
    if (told.length !== 1 || told[0] !== version) this.mixed++
    if (!this.isPublished(version)) this.unknown++
    this.newest = Math.max(this.newest, version)
    this.versions.set(version, (this.versions.get(version) ?? 0) + numbers.length)
    this.#time(Number(numbers[0]))
    for (let i = 0; i < numbers.length; i++)
      this.#count(Number(numbers[i]), [r_l[i], r_t[i], stamp[i]], version)
    this.lastProgress = Date.now()
  }

  #time(first) {
    const sent = this.produced.get(first)
    if (sent === undefined) return
    this.produced.delete(first)
    this.latencies[sent.phase]?.push(Date.now() - sent.at)
  }

  #count(event, [r_l, r_t, stamp], version) {
    while (event >= this.counts.length) {
      const larger = new Uint8Array(this.counts.length * 2)
      larger.set(this.counts)
      this.counts = larger
    }
    if (this.counts[event]++ === 0) this.seen++
    else this.doubled++
    const row = event % this.reference.rows
    const wanted = Math.fround(this.reference.first[row] * Math.fround(version))
    const difference = Math.max(
      Math.abs(r_l - this.reference.r_l[row]),
      Math.abs(r_t - this.reference.r_t[row]),
    )
    this.largestDifference = Math.max(this.largestDifference, difference)
    if (!(difference <= TOLERANCE) || stamp !== wanted) this.wrong++
  }

  async close() {
    await this.consumer.stop()
  }
}

export function quantile(values, q) {
  if (values.length === 0) return null
  const sorted = Float64Array.from(values).sort()
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))]
}
