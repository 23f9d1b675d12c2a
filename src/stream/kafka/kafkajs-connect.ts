import kafkajs, {
  type Kafka,
  type KafkaConfig as KafkajsConfig,
  type RetryOptions,
  type SASLOptions,
} from 'kafkajs'
import { registerCodecs } from './codecs.js'
import { mendKafkajs } from './kafkajs-mends.js'
import { socketFactory } from './kafkajs-socket.js'
import type { Compression, KafkaConfig, KafkaLog, KafkaRecord } from './port.js'

export type Connect = (retry: RetryOptions) => Kafka

/**
 * Makes a `Kafka` of its own for each role: kafkajs shares committed offsets and retry settings between all
 * that one `Kafka` makes, and the roles need different ones.
 */
export function connector(config: KafkaConfig, log: KafkaLog): Connect {
  registerCodecs()
  mendKafkajs()
  const base: KafkajsConfig = {
    brokers: [...config.brokers],
    clientId: config.clientId,
    socketFactory,
    connectionTimeout: config.connectionTimeoutMs,
    authenticationTimeout: config.connectionTimeoutMs,
    requestTimeout: config.requestTimeoutMs,
    enforceRequestTimeout: true,
    logLevel: kafkajs.logLevel.WARN,
    logCreator: () => (entry) => {
      const { message, timestamp: _, logger: __, ...detail } = entry.log
      // kafkajs logs every retried error as ERROR; what it does not survive reaches us as a rejection.
      log('debug', `kafkajs ${entry.namespace}: ${message}`, detail)
    },
    ...(config.ssl && { ssl: { ...config.ssl } }),
    ...(config.sasl && { sasl: { ...config.sasl } as SASLOptions }),
  }
  return (retry) => new kafkajs.Kafka({ ...base, retry })
}

/**
 * Retries quickly at first and at most every `maxRetryTime` ms, for about `totalMs`; not any more once `over()` says so.
 * kafkajs knows no way to end its retries, but compares their count with this number at each failure.
 */
export function retryFor(
  totalMs: number,
  initialRetryTime: number,
  maxRetryTime: number,
  over?: () => boolean,
): RetryOptions {
  const most = Math.max(1, Math.ceil(totalMs / maxRetryTime))
  const retries = over === undefined ? most : ({ valueOf: () => (over() ? 0 : most) } as unknown as number)
  return { initialRetryTime, maxRetryTime, factor: 0.2, multiplier: 1.5, retries }
}

export const compressionType = (name: Compression = 'none') =>
  ({
    none: kafkajs.CompressionTypes.None,
    gzip: kafkajs.CompressionTypes.GZIP,
    lz4: kafkajs.CompressionTypes.LZ4,
    snappy: kafkajs.CompressionTypes.Snappy,
  })[name]

const asBuffer = (bytes: Uint8Array | null): Buffer | null =>
  bytes === null || Buffer.isBuffer(bytes)
    ? bytes
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)

/** Groups records by topic in the form kafkajs takes; no bytes are copied. */
export function topicMessages(records: readonly KafkaRecord[]) {
  const byTopic = new Map<string, ReturnType<typeof toMessage>[]>()
  for (const record of records) {
    const messages = byTopic.get(record.topic)
    if (messages === undefined) byTopic.set(record.topic, [toMessage(record)])
    else messages.push(toMessage(record))
  }
  return Array.from(byTopic, ([topic, messages]) => ({ topic, messages }))
}

const toMessage = ({ partition, key, value, headers, timestamp }: KafkaRecord) => ({
  partition,
  key: asBuffer(key),
  value: asBuffer(value),
  ...(headers && headers.size > 0 && { headers: toHeaders(headers) }),
  ...(timestamp !== undefined && { timestamp: String(timestamp) }),
})

const toHeaders = (headers: ReadonlyMap<string, Uint8Array>) =>
  Object.fromEntries(Array.from(headers, ([name, value]) => [name, asBuffer(value)!]))
