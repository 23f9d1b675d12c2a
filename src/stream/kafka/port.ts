import type { Message } from '../../ingest/message.js'

/** Which implementation speaks to the brokers. Both pass test/conformance/kafka.ts. */
export type KafkaClientName = 'kafkajs' | 'confluent'

export interface KafkaSsl {
  /** PEM text of the authorities to trust; the system's when absent. */
  readonly ca?: string
  readonly cert?: string
  readonly key?: string
  readonly rejectUnauthorized?: boolean
}

export interface KafkaSasl {
  readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512'
  readonly username: string
  readonly password: string
}

/** Where the brokers are and how to speak to them. Built by `kafkaSettings` (settings.ts); PEM values are text, not paths. */
export interface KafkaConfig {
  /** `host:port` of one or more brokers. */
  readonly brokers: readonly string[]
  readonly clientId: string
  readonly client: KafkaClientName
  readonly ssl?: KafkaSsl
  readonly sasl?: KafkaSasl
  readonly connectionTimeoutMs: number
  readonly requestTimeoutMs: number
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

/** Receives what the client library would print. Retried errors come as `debug`: they are not news. */
export type KafkaLog = (level: LogLevel, message: string, detail: Readonly<Record<string, unknown>>) => void

export interface TopicPartition {
  readonly topic: string
  readonly partition: number
}

/** A record to be produced. */
export interface KafkaRecord {
  readonly topic: string
  /** When absent, the key chooses (murmur2, as the Java client does). */
  readonly partition?: number
  readonly key: Uint8Array | null
  /** `null` is a tombstone. */
  readonly value: Uint8Array | null
  readonly headers?: ReadonlyMap<string, Uint8Array>
  /** Milliseconds since 1970; now when absent. */
  readonly timestamp?: number
}

/** What a commit says: messages before `next` are done. `metadata` is at most 4096 bytes (broker default). */
export interface CommittedOffset {
  readonly offset: bigint
  readonly metadata: string
}

export type Compression = 'none' | 'gzip' | 'lz4' | 'snappy'

/**
 * What the engine does with a group's events. The consumer calls these; none of them may throw on purpose:
 * a rejection ends the consumer, and `GroupConsumer.done` rejects with it.
 */
export interface GroupHandler {
  /**
   * These partitions are ours from now on (the whole assignment, not a difference). Nothing of them is
   * delivered before the promise resolves, so this is the place to open lanes and to `seek`. Heartbeats
   * go on meanwhile. A partition without `seek` starts at the group's committed offset, else at `from`.
   * The list may be empty: a member without work.
   */
  assigned(partitions: readonly TopicPartition[]): Promise<void>
  /**
   * These partitions (again the whole assignment) are about to go, by a rebalance, by a lost session or by
   * `stop()`. Deliveries have stopped. Commit or drop what is in flight, then resolve; rejoining waits for
   * it, but no longer than `drainMs`. After that the partitions may belong to somebody else: fencing, not
   * this call, is what makes that safe. A pending `messages` promise of these partitions is ignored
   * afterwards, but it should settle.
   */
  revoked(partitions: readonly TopicPartition[]): Promise<void>
  /**
   * Messages of one partition, in order, without a gap since the last delivery or `seek`. The next call for
   * this partition comes after the promise resolves: that is the backpressure. Other partitions are
   * delivered meanwhile. It may take minutes; heartbeats go on. `next` is the offset to commit when all of
   * them are done: control records and aborted messages after the last one are skipped.
   *
   * Keys, values and header values are views of a shared network buffer: copy what is transferred.
   */
  messages(topic: string, partition: number, messages: readonly Message[], next: bigint): Promise<void>
}

export interface ConsumerOptions {
  readonly group: string
  readonly topics: readonly string[]
  readonly handler: GroupHandler
  /** Where a partition starts that has neither a committed offset nor a `seek`. Default `earliest`. */
  readonly from?: 'earliest' | 'latest'
  /** A member that is silent this long is expelled by the broker. Default 10 s. */
  readonly sessionTimeoutMs?: number
  /** Default 1 s: also how soon a rebalance is noticed. */
  readonly heartbeatMs?: number
  /** How long rejoining waits for `revoked`. Default 5 s, at most half the session timeout. */
  readonly drainMs?: number
  /** How long the broker may hold back an empty fetch. Default 20 ms; adds to the latency of seek and resume. */
  readonly maxWaitMs?: number
  /** Bytes asked for per partition and fetch. Default 2 MiB. */
  readonly maxBytesPerPartition?: number
  /** Bytes of one partition that wait here for the handler; fetching of it pauses above. Default 4 MiB. */
  readonly prefetchBytes?: number
  /** How soon new partitions of a topic are noticed. Default 30 s. */
  readonly metadataMaxAgeMs?: number
  /** No contact with the group for this long rejects `done`. Default 120 s. */
  readonly unavailableMs?: number
}

export interface PartitionProgress extends TopicPartition {
  /** Offset of the next message to be delivered; `null` before the first fetch. */
  readonly position: bigint | null
  /** End of the partition (last stable offset for committed readers) when last fetched; `null` before. */
  readonly high: bigint | null
  readonly paused: boolean
}

/**
 * A member of a consumer group that reads committed messages and commits only what `commit` says.
 * A rebalance, a restarted broker and a lost session are survived. What is not survived (authentication, an
 * unknown topic, no contact for `unavailableMs`, an offset that retention has removed) rejects `done`.
 */
export interface GroupConsumer {
  /** Joins the group; resolves after the first assignment was handed to `assigned` (not yet handled). */
  start(): Promise<void>
  /**
   * Resolves after `stop()`; rejects once with SOURCE_UNAVAILABLE, or with what the handler threw.
   * There is nothing to restart then: make a new consumer or end the process.
   */
  readonly done: Promise<void>
  /**
   * Delivers this offset next. Usable at any time while the partition is assigned; otherwise it does
   * nothing. Messages that wait here are dropped; a `messages` call in progress is not interrupted.
   */
  seek(topic: string, partition: number, offset: bigint): void
  /** Nothing more of these is delivered until `resume`; ends with the assignment. */
  pause(partitions: readonly TopicPartition[]): void
  resume(partitions: readonly TopicPartition[]): void
  /**
   * Commits outside of a transaction, for at-least-once pipelines: messages before `next` are done.
   * SOURCE_UNAVAILABLE when it fails, also because the partition is not ours any more: then whoever has it
   * reads those messages again.
   */
  commit(topic: string, partition: number, next: bigint, metadata?: string): Promise<void>
  progress(): readonly PartitionProgress[]
  /** Milliseconds since the broker last confirmed that we are a member. */
  silenceMs(): number
  /** Calls `revoked`, waits for it at most `drainMs`, and leaves the group. */
  stop(): Promise<void>
}

export interface ProducerOptions {
  readonly compression?: Compression
  /** Bytes of one partition in one request; stay below the topic's max.message.bytes. Default 950,000. */
  readonly maxBatchBytes?: number
  /** A send that is not acknowledged by then fails. Default 30 s. */
  readonly deliveryTimeoutMs?: number
}

export interface TransactionalOptions extends ProducerOptions {
  /** The name under which the brokers know the producer: whoever opens it next shuts this one out. */
  readonly transactionalId: string
  /** The broker aborts a transaction that is open this long. Default 60 s; the broker allows 15 min at most. */
  readonly transactionTimeoutMs?: number
}

/** How far one input partition is done: messages before `next` are. */
export interface InputPosition extends TopicPartition {
  readonly next: bigint
  readonly metadata?: string
}

/** Input that a transaction completes. */
export interface OffsetCommit {
  readonly group: string
  readonly positions: readonly InputPosition[]
}

/**
 * A transactional producer, of one lane or of several. Calls do not overlap: await each.
 *
 * After any rejection the producer is spent: call `init()` again, then read the committed offset, then go on
 * from there. What was sent is either aborted already or will be by that `init()`.
 */
export interface LaneProducer {
  /**
   * Takes over the transactional id: fences an older owner, and settles its open transaction, so that
   * `KafkaAdmin.committed` read afterwards is final. May be called again at any time between transactions.
   * SINK_UNAVAILABLE when the brokers cannot be reached.
   */
  init(): Promise<void>
  /**
   * Makes the records and the offsets visible to committed readers together, or not at all. An empty list
   * of records commits offsets only. When it resolves the outcome is decided; the brokers may still need some
   * milliseconds to show it (and `KafkaAdmin.committed` shows the old offset until then). Rejections:
   * - LANE_FENCED: another owner has taken over (or the transaction took longer than its timeout). Nothing
   *   of this transaction is visible.
   * - LANE_AMBIGUOUS: the answer to the commit was lost. It is visible wholly or not at all; the committed
   *   offset read after `init()` tells.
   * - MESSAGE_TOO_LARGE: the broker refuses a record for its size. Nothing is visible.
   * - SINK_UNAVAILABLE: anything else before the commit. Nothing is visible.
   */
  transact(records: readonly KafkaRecord[], offsets: OffsetCommit): Promise<void>
  /** Ends without a commit; never rejects. */
  close(): Promise<void>
}

/** An idempotent producer without transactions. */
export interface BatchProducer {
  /**
   * Resolves when every record is acknowledged by all in-sync replicas. Calls may overlap: what arrives
   * while a request is under way goes with the next one, in order of the calls per partition.
   * SINK_UNAVAILABLE or MESSAGE_TOO_LARGE: some of the records may have been written.
   */
  send(records: readonly KafkaRecord[]): Promise<void>
  /** Waits for what was sent, then disconnects. */
  close(): Promise<void>
}

export interface PartitionOffsets {
  readonly partition: number
  /** Offset of the oldest message kept. */
  readonly begin: bigint
  /** Offset after the newest message. */
  readonly end: bigint
}

export interface BrokerInfo {
  readonly brokers: readonly { readonly id: number; readonly host: string; readonly port: number }[]
  /** As far as the protocol tells, for example `4.3` or `4.0 or later`; `null` when it does not. */
  readonly version: string | null
}

/** Questions about the cluster. Connects on first use; SOURCE_UNAVAILABLE when it cannot. */
export interface KafkaAdmin {
  /** The group's committed offset, `null` without one. Read it after `LaneProducer.init()`. */
  committed(group: string, topic: string, partition: number): Promise<CommittedOffset | null>
  /** Number of partitions, or `null` when there is no such topic. */
  partitions(topic: string): Promise<number | null>
  /**
   * Creates the topic unless it is there; resolves to whether it was created. The replication factor
   * defaults to the broker's.
   */
  create(topic: string, options: TopicOptions): Promise<boolean>
  /** Grows the topic to so many partitions. */
  grow(topic: string, partitions: number): Promise<void>
  offsets(topic: string): Promise<readonly PartitionOffsets[]>
  cluster(): Promise<BrokerInfo>
}

export interface TopicOptions {
  readonly partitions: number
  readonly replicationFactor?: number
  readonly config?: Readonly<Record<string, string>>
}

/** One way to speak to one cluster. Everything made by it is closed by its `close()`. */
export interface KafkaClient {
  consumer(options: ConsumerOptions): GroupConsumer
  transactional(options: TransactionalOptions): LaneProducer
  producer(options?: ProducerOptions): BatchProducer
  admin(): KafkaAdmin
  close(): Promise<void>
}
