import { createHash } from 'node:crypto'
import { crc32 } from 'node:zlib'
import type { Message } from '../../ingest/message.js'
import type { Done } from '../sink.js'
import type { Reject } from '../work.js'

const utf8 = new TextEncoder()

/** A dead letter as it is kept: the bytes, and headers that say what, where and why. */
export interface DeadLetter {
  /** The same for the same failure, so that doing a batch again writes no second letter. */
  readonly id: string
  readonly value: Uint8Array | null
  readonly key: Uint8Array | null
  readonly headers: ReadonlyMap<string, Uint8Array>
}

/** The prefix of the headers that Spillway adds to a dead letter; the message's own headers are kept beside them. */
export const DEAD_LETTER_PREFIX = 'spillway.'

/** Headers of the message itself that had the name of one that Spillway adds. */
const KEPT_PREFIX = `${DEAD_LETTER_PREFIX}kept.`

/** The names after the prefix that Spillway adds. */
const ABOUT: readonly string[] = [
  'code',
  'message',
  'place',
  'pipeline',
  'topic',
  'partition',
  'offset',
  'time',
  'row',
]

/** The same for the same message, and the same row of it. */
export function letterId(topic: string, partition: number, offset: bigint, row: number | null): string {
  const place = `${topic}/${partition}/${offset}/${row ?? ''}`
  return createHash('sha256').update(place).digest('hex').slice(0, 16)
}

/** The headers that the message had before it became a dead letter. */
export function originalHeaders({ headers }: Pick<DeadLetter, 'headers'>): ReadonlyMap<string, Uint8Array> {
  const added = new Set(ABOUT.map((name) => DEAD_LETTER_PREFIX + name))
  const original = [...headers].filter(([name]) => !added.has(name) && !name.startsWith(KEPT_PREFIX))
  const kept = [...headers]
    .filter(([name]) => name.startsWith(KEPT_PREFIX))
    .map(([name, value]) => [DEAD_LETTER_PREFIX + name.slice(KEPT_PREFIX.length), value] as const)
  return new Map([...original, ...kept])
}

/** The dead letters of one message. */
export function deadLetters({ message, outcome }: Done, pipeline: string): DeadLetter[] {
  return outcome.rejects.map((reject) => deadLetter(message, reject, pipeline))
}

function deadLetter(message: Message, reject: Reject, pipeline: string): DeadLetter {
  const about: Record<string, string> = {
    code: reject.code,
    message: reject.message,
    place: reject.place,
    pipeline,
    topic: message.topic,
    partition: String(message.partition),
    offset: String(message.offset),
    time: new Date().toISOString(),
  }
  if (reject.row !== null) about['row'] = String(reject.row)
  const headers = new Map(message.headers)
  // A cut-out event has other bytes than the message that the producer's checksum is of.
  if (reject.value !== null) headers.delete('crc32')
  for (const [name, value] of Object.entries(about)) {
    const header = DEAD_LETTER_PREFIX + name
    const before = headers.get(header)
    // A replayed or chained message may bring a header of this name: it is given back with the others.
    if (before !== undefined) headers.set(KEPT_PREFIX + name, before)
    headers.set(header, utf8.encode(value))
  }
  return {
    id: letterId(message.topic, message.partition, message.offset, reject.row),
    value: reject.value ?? message.value,
    key: message.key,
    headers,
  }
}

/** Headers of a score or event message: where it came from, the trace it belongs to, and a checksum of its bytes. */
export function outputHeaders(
  message: Message,
  value: Uint8Array,
  trace: ReadonlyMap<string, Uint8Array>,
): Map<string, Uint8Array> {
  return new Map([
    ...trace,
    ['crc32', utf8.encode(checksum(value))],
    ['spillway.source', utf8.encode(`${message.topic}/${message.partition}/${message.offset}`)],
  ])
}

/** CRC-32 (zlib) in hex, as the `crc32` header carries it. */
export const checksum = (value: Uint8Array): string => crc32(value).toString(16).padStart(8, '0')
