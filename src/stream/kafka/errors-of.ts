import { type ErrorCode, SpillwayError } from '../../errors.js'

/** Broker answers that say: another producer holds this transactional id, or the transaction timed out. */
const fencing: ReadonlySet<string> = new Set([
  'INVALID_PRODUCER_EPOCH',
  'PRODUCER_FENCED',
  'INVALID_PRODUCER_ID_MAPPING',
  'FENCED_INSTANCE_ID',
  'ILLEGAL_GENERATION',
])

const tooLarge: ReadonlySet<string> = new Set(['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE'])

/** Answers that waiting does not change. */
const hopeless: ReadonlySet<string> = new Set([
  'SASL_AUTHENTICATION_FAILED',
  'UNSUPPORTED_SASL_MECHANISM',
  'ILLEGAL_SASL_STATE',
  'TOPIC_AUTHORIZATION_FAILED',
  'GROUP_AUTHORIZATION_FAILED',
  'CLUSTER_AUTHORIZATION_FAILED',
  'TRANSACTIONAL_ID_AUTHORIZATION_FAILED',
  'INCONSISTENT_GROUP_PROTOCOL',
  'INVALID_GROUP_ID',
  'INVALID_SESSION_TIMEOUT',
  'UNSUPPORTED_VERSION',
])

/**
 * Names of numbers: those that kafkajs 2.2.4 does not know (https://kafka.apache.org/protocol), those that
 * librdkafka gives without a name, and its own negative ones (rdkafka.h).
 */
const names: Readonly<Record<number, string>> = {
  1: 'OFFSET_OUT_OF_RANGE',
  3: 'UNKNOWN_TOPIC_OR_PARTITION',
  10: 'MESSAGE_TOO_LARGE',
  18: 'RECORD_LIST_TOO_LARGE',
  23: 'INCONSISTENT_GROUP_PROTOCOL',
  29: 'TOPIC_AUTHORIZATION_FAILED',
  30: 'GROUP_AUTHORIZATION_FAILED',
  31: 'CLUSTER_AUTHORIZATION_FAILED',
  47: 'INVALID_PRODUCER_EPOCH',
  49: 'INVALID_PRODUCER_ID_MAPPING',
  53: 'TRANSACTIONAL_ID_AUTHORIZATION_FAILED',
  58: 'SASL_AUTHENTICATION_FAILED',
  90: 'PRODUCER_FENCED',
  [-140]: 'OFFSET_OUT_OF_RANGE',
  [-144]: 'PRODUCER_FENCED',
  [-169]: 'SASL_AUTHENTICATION_FAILED',
  [-188]: 'UNKNOWN_TOPIC_OR_PARTITION',
  [-190]: 'UNKNOWN_TOPIC_OR_PARTITION',
}

/** The protocol's name of an error, searched along its causes; `''` when it is not a broker's answer. */
export function protocolName(error: unknown): string {
  for (let at = error, depth = 0; at instanceof Error && depth < 8; at = at.cause, depth++) {
    const { type, code, name } = at as { type?: unknown; code?: unknown; name?: string }
    if (typeof code === 'number' && names[code] !== undefined) return names[code]
    if (code === librdkafkaFatal && /fenced/i.test(at.message)) return 'PRODUCER_FENCED'
    if (typeof type === 'string' && type !== '' && !type.startsWith('KAFKAJS_')) return type
    if (name === 'KafkaJSSASLAuthenticationError') return 'SASL_AUTHENTICATION_FAILED'
    if (name === 'KafkaJSUnsupportedSaslMechanism') return 'UNSUPPORTED_SASL_MECHANISM'
  }
  return ''
}

const librdkafkaFatal = -150

export const isFenced = (error: unknown): boolean => fencing.has(protocolName(error))
export const isHopeless = (error: unknown): boolean => hopeless.has(protocolName(error))

/** Which step of a transaction failed. */
export type Phase = 'init' | 'send' | 'commit'

/** The catalogue's code for a failure of a lane's producer: see `LaneProducer`. */
export function laneCode(error: unknown, phase: Phase): ErrorCode {
  if (phase !== 'init' && isFenced(error)) return 'LANE_FENCED'
  if (phase === 'commit') return 'LANE_AMBIGUOUS'
  return sinkCode(error)
}

export const sinkCode = (error: unknown): ErrorCode =>
  tooLarge.has(protocolName(error)) ? 'MESSAGE_TOO_LARGE' : 'SINK_UNAVAILABLE'

/** What both clients say of an offset that retention has removed, or that was never there. */
export const offsetGone = (place: string, cause?: unknown): SpillwayError =>
  new SpillwayError('SOURCE_UNAVAILABLE', 'The offset to read is not in the topic any more', {
    place,
    remedy:
      'Retention removed unread messages, or the topic was made anew. Reset the offset of the group on purpose.',
    cause,
  })

/** The broker that did not answer, `host:port`, where an error says which; kafkajs and `Handle` keep it beside theirs. */
export function silentBroker(error: unknown): string | undefined {
  for (let at = error, depth = 0; at instanceof Error && depth < 8; at = at.cause, depth++) {
    const { broker } = at as { broker?: unknown }
    if (typeof broker === 'string' && broker !== '') return broker
  }
  return undefined
}

/** Wraps a client library's error; keeps a SpillwayError. A broker that does not answer is the place before any other. */
export function kafkaError(error: unknown, code: ErrorCode, doing: string, place?: string): SpillwayError {
  if (error instanceof SpillwayError) return error
  const name = protocolName(error)
  const reason = error instanceof Error ? error.message : String(error)
  const remedy = remedies[name]
  return new SpillwayError(code, `${doing}: ${name === '' ? '' : `${name}: `}${reason}`, {
    place: name === '' ? (silentBroker(error) ?? place) : place,
    remedy,
    cause: error,
  })
}

const remedies: Readonly<Record<string, string>> = {
  UNKNOWN_TOPIC_OR_PARTITION: 'Create the topic, or correct its name or its number of partitions.',
  SASL_AUTHENTICATION_FAILED: 'Correct kafka.sasl: mechanism, username or password.',
  UNSUPPORTED_SASL_MECHANISM: 'Set kafka.sasl.mechanism to one that the broker has enabled.',
  TOPIC_AUTHORIZATION_FAILED: 'Give this user the right to read or write the topic.',
  GROUP_AUTHORIZATION_FAILED: 'Give this user the right to read the group.',
  TRANSACTIONAL_ID_AUTHORIZATION_FAILED: 'Give this user the right to write the transactional id.',
}

/** Rejects with `late()` unless the promise settles in time. The promise itself goes on. */
export async function within<T>(ms: number, promise: Promise<T>, late: () => unknown): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(late()), ms)
  })
  try {
    return await Promise.race([promise, limit])
  } finally {
    clearTimeout(timer)
    promise.catch(() => undefined)
  }
}
