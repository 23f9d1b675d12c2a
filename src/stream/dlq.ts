import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { SpillwayError } from '../errors.js'
import type { LoadedPipeline } from './config/load.js'
import type { KafkaClient, KafkaRecord } from './kafka/port.js'
import { scanTopic } from './kafka/scan.js'
import { DeadLetterFolder } from './sinks/dead-letter-folder.js'
import { DEAD_LETTER_PREFIX, type DeadLetter, letterId, originalHeaders } from './sinks/records.js'

/** What a dead letter says of itself. */
export interface LetterInfo {
  readonly id: string
  readonly code: string
  readonly message: string
  readonly place: string
  readonly pipeline: string
  readonly topic: string
  readonly partition: number
  readonly offset: string
  /** Row in the original message, for a single event. */
  readonly row: number | null
  readonly time: string
  readonly bytes: number
}

export interface CodeCount {
  readonly code: string
  readonly count: number
  /** ISO time of the newest. */
  readonly newest: string
}

const utf8 = new TextDecoder()

/** Gives every dead letter of a pipeline to `visit`. @throws SpillwayError SOURCE_UNAVAILABLE */
export async function visitLetters(
  { config, folder }: LoadedPipeline,
  client: KafkaClient | null,
  visit: (letter: DeadLetter) => void,
): Promise<void> {
  const { dead_letters } = config.sink
  if ('files' in dead_letters) {
    for (const letter of new DeadLetterFolder(resolve(folder, dead_letters.files)).read()) visit(letter)
    return
  }
  const own = (bytes: Uint8Array): Uint8Array => Uint8Array.from(bytes)
  await scanTopic(client!, dead_letters.topic, ({ key, value, headers }) => {
    const copied = new Map([...headers].map(([name, bytes]) => [name, own(bytes)]))
    const { topic, partition, offset, row } = letterInfo({ id: '', key, value, headers: copied })
    visit({
      id: letterId(topic, partition, BigInt(offset), row),
      key: key === null ? null : own(key),
      value: value === null ? null : own(value),
      headers: copied,
    })
  })
}

/** Reads the headers that say what, where and why. */
export function letterInfo({ id, value, headers }: DeadLetter): LetterInfo {
  const header = (name: string): string =>
    utf8.decode(headers.get(DEAD_LETTER_PREFIX + name) ?? new Uint8Array())
  const row = header('row')
  return {
    id,
    code: header('code') || 'unknown',
    message: header('message'),
    place: header('place'),
    pipeline: header('pipeline'),
    topic: header('topic'),
    partition: Number(header('partition') || 0),
    offset: /^\d+$/.test(header('offset')) ? header('offset') : '0',
    row: row === '' ? null : Number(row),
    time: header('time'),
    bytes: value?.length ?? 0,
  }
}

/** Letters by their code, most first. */
export function countByCode(letters: readonly LetterInfo[]): CodeCount[] {
  const counts = new Map<string, CodeCount>()
  for (const { code, time } of letters) {
    const before = counts.get(code)
    const newest = before === undefined || time > before.newest ? time : before.newest
    counts.set(code, { code, count: (before?.count ?? 0) + 1, newest })
  }
  return [...counts.values()].sort((a, b) => b.count - a.count)
}

/** A letter as it went in: the original key, bytes and headers, for the partition it came from. */
export function originalRecord(letter: DeadLetter, topic: string, partitions: number): KafkaRecord {
  const { partition } = letterInfo(letter)
  const { key, value } = letter
  return { topic, partition: partition % partitions, key, value, headers: originalHeaders(letter) }
}

/**
 * Sends letters back to the source topic of their pipeline, byte for byte, with the headers they came with.
 * Sending them twice doubles them: the source cannot know.
 * @throws SpillwayError SINK_UNAVAILABLE, MESSAGE_TOO_LARGE
 */
export async function replayToTopic(
  client: KafkaClient,
  letters: readonly DeadLetter[],
  topic: string,
): Promise<void> {
  const partitions = await client.admin().partitions(topic)
  if (partitions === null) {
    throw new SpillwayError('SINK_UNAVAILABLE', `topic ${topic} does not exist`, { place: topic })
  }
  const producer = client.producer()
  try {
    await producer.send(letters.map((letter) => originalRecord(letter, topic, partitions)))
  } finally {
    await producer.close()
  }
}

/**
 * Writes letters as `<id>.arrow`, byte for byte, for a pipeline that reads files; those without bytes are left out. Gives
 * the paths.
 */
export function replayToFolder(letters: readonly DeadLetter[], folder: string): string[] {
  mkdirSync(folder, { recursive: true })
  return letters.flatMap(({ id, value }) => {
    if (value === null) return []
    const path = join(folder, `${id}.arrow`)
    writeFileSync(path, value)
    return [path]
  })
}

/** Removes letters from a dead-letter folder, after they were replayed. */
export function removeLetters(letters: readonly DeadLetter[], folder: string): void {
  for (const { id } of letters) {
    for (const ending of ['bin', 'json']) rmSync(join(folder, `${id}.${ending}`), { force: true })
  }
}

/** Lines of offset, hex and text around a byte, as `hexdump -C` shows them. */
export function hexdump(bytes: Uint8Array, around: number, length = 256): string[] {
  const first = Math.max(0, Math.min(around, bytes.length) - (length >> 1)) & ~15
  const lines: string[] = []
  for (let at = first; at < Math.min(bytes.length, first + length); at += 16) {
    const row = bytes.subarray(at, Math.min(bytes.length, at + 16))
    const hex = Array.from(row, (byte) => byte.toString(16).padStart(2, '0')).join(' ')
    const text = Array.from(row, (byte) => (byte >= 32 && byte < 127 ? String.fromCharCode(byte) : '.')).join(
      '',
    )
    const mark = around >= at && around < at + 16 ? '>' : ' '
    lines.push(`${mark}${at.toString(16).padStart(8, '0')}  ${hex.padEnd(47)}  |${text}|`)
  }
  return lines
}

/** The byte that a letter's place names, 0 when it names none. */
export const byteOf = (place: string): number => Number(/\bbyte (\d+)/.exec(place)?.[1] ?? 0)
