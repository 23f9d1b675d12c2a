import { SpillwayError } from '../../errors.js'
import type { KafkaConfig } from './port.js'

/** What librdkafka is told; names of its CONFIGURATION.md. */
export type RdConfig = Readonly<Record<string, string | number | boolean | ((...args: never[]) => void)>>

export interface RdPartition {
  readonly topic: string
  readonly partition: number
  readonly offset?: number
  readonly metadata?: string
}

export interface RdMessage {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly key: Buffer | string | null | undefined
  readonly value: Buffer | null
  readonly timestamp?: number
  readonly headers?: readonly Readonly<Record<string, Buffer | string | null>>[]
}

export interface RdError extends Error {
  readonly code: number
}

export type Done<T = unknown> = (error: RdError | null | undefined, result: T) => void

export interface RdClient {
  connect(options: { readonly timeout: number }, done: Done): void
  on(event: 'event.error', listener: (error: RdError) => void): void
  on(event: 'event.log', listener: (entry: { readonly fac: string; readonly message: string }) => void): void
}

/** The part of the binding's KafkaConsumer that is used here. */
export interface RdConsumer extends RdClient {
  on(event: 'event.error', listener: (error: RdError) => void): void
  on(event: 'event.log', listener: (entry: { readonly fac: string; readonly message: string }) => void): void
  on(event: 'event.stats', listener: (stats: { readonly message: string }) => void): void
  on(
    event: 'partition.eof',
    listener: (eof: Required<Pick<RdPartition, 'topic' | 'partition' | 'offset'>>) => void,
  ): void
  subscribe(topics: readonly string[]): void
  unsubscribe(): void
  assign(partitions: readonly RdPartition[]): void
  unassign(): void
  pause(partitions: readonly RdPartition[]): void
  resume(partitions: readonly RdPartition[]): void
  seek(partition: RdPartition, timeoutMs: number, done: Done): void
  committed(partitions: readonly RdPartition[], timeoutMs: number, done: Done<readonly RdPartition[]>): void
  commitCb(partitions: readonly RdPartition[], done: Done): void
  getWatermarkOffsets(topic: string, partition: number): { readonly highOffset: number }
  setDefaultConsumeTimeout(ms: number): void
  setDefaultIsTimeoutOnlyForFirstMessage(only: boolean): void
  consume(count: number, done: Done<readonly RdMessage[]>): void
  disconnect(done: Done): void
}

/** The part of the binding's Producer that is used here. */
export interface RdProducer extends RdClient {
  on(event: 'event.error', listener: (error: RdError) => void): void
  on(event: 'event.log', listener: (entry: { readonly fac: string; readonly message: string }) => void): void
  on(
    event: 'delivery-report',
    listener: (error: RdError | null, report: { readonly opaque: unknown }) => void,
  ): void
  setPollInBackground(on: boolean): void
  produce(
    topic: string,
    partition: number,
    value: Buffer | null,
    key: Buffer | null,
    timestamp: number,
    opaque: unknown,
    headers?: readonly Readonly<Record<string, Buffer>>[],
  ): void
  initTransactions(timeoutMs: number, done: Done): void
  beginTransaction(done: Done): void
  sendOffsetsToTransaction(
    offsets: readonly RdPartition[],
    consumer: RdConsumer,
    timeoutMs: number,
    done: Done,
  ): void
  commitTransaction(timeoutMs: number, done: Done): void
  abortTransaction(timeoutMs: number, done: Done): void
  disconnect(flushMs: number, done: Done): void
}

export interface Binding {
  readonly KafkaConsumer: new (config: RdConfig, topic: RdConfig) => RdConsumer
  readonly Producer: new (config: RdConfig, topic: RdConfig) => RdProducer
}

/** Loads the optional package; DEPENDENCY_MISSING when it is not installed or not built. */
export async function loadBinding(): Promise<Binding> {
  // Not a literal: the compiler must not look for a package that need not be there.
  const name = '@confluentinc/kafka-javascript'
  try {
    const loaded = (await import(name)) as { readonly default: Binding }
    return loaded.default
  } catch (cause) {
    throw new SpillwayError('DEPENDENCY_MISSING', `kafka.client is confluent, but ${name} cannot be loaded`, {
      place: 'kafka.client',
      remedy: `Install it (npm install ${name}; scripts/install-confluent.sh builds it), or set kafka.client to kafkajs.`,
      cause,
    })
  }
}

/** Settings that all roles share. */
export function commonConfig(config: KafkaConfig): RdConfig {
  const { ssl, sasl } = config
  const security = sasl ? (ssl ? 'sasl_ssl' : 'sasl_plaintext') : ssl ? 'ssl' : 'plaintext'
  return {
    'metadata.broker.list': config.brokers.join(','),
    'client.id': config.clientId,
    'security.protocol': security,
    'socket.timeout.ms': config.requestTimeoutMs,
    'socket.connection.setup.timeout.ms': Math.max(1_000, config.connectionTimeoutMs),
    'reconnect.backoff.ms': 50,
    'reconnect.backoff.max.ms': 1_000,
    'socket.nagle.disable': true,
    ...(ssl?.ca !== undefined && { 'ssl.ca.pem': ssl.ca }),
    ...(ssl?.cert !== undefined && { 'ssl.certificate.pem': ssl.cert }),
    ...(ssl?.key !== undefined && { 'ssl.key.pem': ssl.key }),
    ...(ssl?.rejectUnauthorized === false && { 'enable.ssl.certificate.verification': false }),
    ...(sasl && {
      'sasl.mechanisms': sasl.mechanism.toUpperCase(),
      'sasl.username': sasl.username,
      'sasl.password': sasl.password,
    }),
  }
}

/** A callback function as a promise. */
export const promised = <T>(call: (done: Done<T>) => void): Promise<T> =>
  new Promise((resolve, reject) => call((error, result) => (error ? reject(error) : resolve(result))))

export const asBuffer = (bytes: Uint8Array | null): Buffer | null =>
  bytes === null || Buffer.isBuffer(bytes)
    ? bytes
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
