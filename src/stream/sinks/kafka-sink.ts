import { SpillwayError } from '../../errors.js'
import type { Message } from '../../ingest/message.js'
import type { KafkaAdmin, KafkaClient, KafkaRecord } from '../kafka/port.js'
import type { Done, LaneId, LaneMark, LaneSink, LaneStart, Sink } from '../sink.js'
import { Carriers } from './carriers.js'
import { DeadLetterFolder } from './dead-letter-folder.js'
import { committedNote, writeNote } from './note.js'
import { deadLetters, outputHeaders } from './records.js'
import { TransactionalLane } from './transactional-lane.js'

export interface KafkaSinkOptions {
  readonly client: KafkaClient
  readonly pipeline: string
  readonly group: string
  readonly scores: string
  readonly accepted: string | null
  readonly deadLetters: { readonly topic: string } | { readonly folder: string }
  readonly delivery: 'exactly_once' | 'at_least_once'
  /** How often offsets are committed when rows do not wait for them (at least once). */
  readonly offsetIntervalMs: number
  readonly transactionTimeoutMs: number
  /** Where the offset of a lane that is not a Kafka partition is kept. */
  readonly offsetOf: (id: LaneId) => LaneId
  /** The headers of a message's trace, for what is published of it. */
  readonly traceOf: (message: Message) => ReadonlyMap<string, Uint8Array>
  /** Commits an offset as a member of the group (at least once). */
  readonly commitOffset: (id: LaneId, next: bigint, metadata: string) => Promise<void>
}

/** Results to Kafka topics: in one transaction with the offset, or at least once. */
export async function kafkaSink(options: KafkaSinkOptions): Promise<Sink> {
  const { client, scores, accepted } = options
  const admin = client.admin()
  const topics = [scores, accepted, 'topic' in options.deadLetters ? options.deadLetters.topic : null]
  const partitions = new Map<string, number>()
  for (const topic of topics) {
    if (topic === null) continue
    const count = await admin.partitions(topic)
    if (count === null) {
      throw new SpillwayError('SINK_UNAVAILABLE', `topic ${topic} does not exist`, {
        place: topic,
        remedy: `Create it with as many partitions as the source topic, or run \`spillway run --create-topics\`.`,
      })
    }
    partitions.set(topic, count)
  }
  const records = recordsOf(options, partitions)
  const shared = options.delivery === 'at_least_once' ? client.producer() : null
  const carriers = new Carriers(options)
  return {
    describe() {},
    lane(id) {
      const folder = 'folder' in options.deadLetters ? new DeadLetterFolder(options.deadLetters.folder) : null
      const keepLetters = (done: readonly Done[]): void =>
        folder?.write(done.flatMap((one) => deadLetters(one, options.pipeline)))
      if (shared === null) {
        const { pipeline, group, transactionTimeoutMs, offsetOf } = options
        const transactionalId = `${pipeline}-${id.topic}-${id.partition}`
        return new TransactionalLane({
          own: client.transactional({ transactionalId, transactionTimeoutMs }),
          carriers,
          admin,
          group,
          offset: offsetOf(id),
          records: (done) => {
            keepLetters(done)
            return records(id, done)
          },
        })
      }
      const send = (done: readonly Done[]): Promise<void> => {
        keepLetters(done)
        return shared.send(records(id, done))
      }
      return new AtLeastOnceLane(options, admin, id, send)
    },
    async close() {
      await carriers.close()
      await shared?.close()
    },
  }
}

type RecordsOf = (id: LaneId, done: readonly Done[]) => KafkaRecord[]

/** The records of finished messages: scores, accepted events and dead letters, partition kept where there are as many. */
function recordsOf(options: KafkaSinkOptions, partitions: ReadonlyMap<string, number>): RecordsOf {
  const { scores, accepted, pipeline, traceOf } = options
  return (id, done) => {
    const records: KafkaRecord[] = []
    const add = (topic: string, record: Omit<KafkaRecord, 'topic' | 'partition'>): void => {
      records.push({ topic, partition: id.partition % partitions.get(topic)!, ...record })
    }
    for (const one of done) {
      const { message, outcome } = one
      const { key } = message
      const timestamp = message.timestamp >= 0 ? message.timestamp : undefined
      const trace = traceOf(message)
      for (const [topic, value] of [
        [scores, outcome.scores],
        [accepted, outcome.accepted],
      ] as const) {
        if (topic === null || value === null) continue
        add(topic, { key, value, timestamp, headers: outputHeaders(message, value, trace) })
      }
      if ('folder' in options.deadLetters) continue
      for (const letter of deadLetters(one, pipeline)) {
        add(options.deadLetters.topic, {
          key: letter.key,
          value: letter.value,
          headers: letter.headers,
          timestamp,
        })
      }
    }
    return records
  }
}

/** Rows go out as soon as they are done; the offset follows, now and then. */
class AtLeastOnceLane implements LaneSink {
  readonly #options: KafkaSinkOptions
  readonly #admin: KafkaAdmin
  readonly #id: LaneId
  readonly #send: (done: readonly Done[]) => Promise<void>
  #last = 0
  #uncommitted: bigint | null = null

  constructor(
    options: KafkaSinkOptions,
    admin: KafkaAdmin,
    id: LaneId,
    send: (done: readonly Done[]) => Promise<void>,
  ) {
    this.#options = options
    this.#admin = admin
    this.#id = id
    this.#send = send
  }

  open(): Promise<LaneStart> {
    this.#uncommitted = null
    return startOf(this.#options, this.#admin, this.#id)
  }

  async commit(done: readonly Done[], next: bigint): Promise<void> {
    await this.#send(done)
    this.#uncommitted = next
    if (performance.now() - this.#last >= this.#options.offsetIntervalMs) await this.#commitOffset('')
  }

  mark(next: bigint, mark: LaneMark): Promise<void> {
    this.#uncommitted = next
    return this.#commitOffset(writeNote({ mark, carrier: '' }))
  }

  async close(): Promise<void> {
    // Rows are out already; without their offset they would only come twice.
    await this.#commitOffset('').catch(() => {})
  }

  async #commitOffset(metadata: string): Promise<void> {
    if (this.#uncommitted === null) return
    const next = this.#uncommitted
    this.#last = performance.now()
    await this.#options.commitOffset(this.#id, next, metadata)
    if (this.#uncommitted === next) this.#uncommitted = null
  }
}

async function startOf(options: KafkaSinkOptions, admin: KafkaAdmin, id: LaneId): Promise<LaneStart> {
  const { next, note } = await committedNote(admin, options.group, options.offsetOf(id))
  return { next, mark: note.mark }
}
