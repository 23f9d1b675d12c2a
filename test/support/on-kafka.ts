import {
  batches,
  decodeMessage,
  defaultLimits,
  encodeSubset,
  type FileBatch,
} from '#spillway/ingest/arrow/index.js'
import type { Events } from '#spillway/ingest/columns.js'
import { loadPipeline } from '#spillway/stream/config/load.js'
import { writeArrow } from './arrow-files.js'
import { cells } from './pipelines.js'

/**
 * `--set`s that put a pipeline of files on topics: `<id>-in`, `<id>-scores`, `<id>-dead_letters`, and
 * `<id>-accepted` where it writes accepted events.
 */
export function onTopics(
  file: string,
  id: string,
  bootstrap: string,
  env: Readonly<Record<string, string>> = {},
): string[] {
  const { accepted } = loadPipeline(file, [], env).config.sink
  const outputs = ['scores', 'dead_letters', ...(accepted === undefined ? [] : ['accepted'])]
  return [
    `source={topic: ${id}-in}`,
    ...outputs.map((name) => `sink.${name}={topic: ${id}-${name}}`),
    'sink.commit={interval_ms: 50}',
    `kafka={brokers: ["${bootstrap}"], session_timeout_ms: 6000}`,
    'workers.count=1',
  ].flatMap((set) => ['--set', set])
}

export const eventsOf = (messages: readonly { readonly value: Uint8Array | null }[]): Events[] =>
  messages.map(({ value }) => decodeMessage(value!, defaultLimits))

/** All record batches of an Arrow file, each as a message. */
export async function batchesOf(path: string) {
  const found: FileBatch[] = []
  for await (const batch of batches(path)) found.push(batch)
  return found
}

/** The bytes of a message with its events numbered from `first` on. */
export function numbered({ bytes, rows }: FileBatch, first: number): Uint8Array {
  const values = BigUint64Array.from({ length: rows }, (_, row) => BigInt(first + row))
  return encodeSubset(bytes, null, new Map([['event', { axis: '', type: 'uint64', values, valid: null }]]))
}

/** A copy of an Arrow file in which no two events have one number. */
export async function numberedFile(path: string, copy: string): Promise<string> {
  const streams: Uint8Array[] = []
  let first = 0
  for (const batch of await batchesOf(path)) {
    streams.push(numbered(batch, first))
    first += batch.rows
  }
  return writeArrow(copy, streams)
}

/** All events of an Arrow file. */
export const eventsIn = async (path: string): Promise<Events[]> =>
  (await batchesOf(path)).map(({ bytes }) => decodeMessage(bytes, defaultLimits))

/**
 * The columns `<prefix>.<name>` by event number, of the events where they are not null.
 * @throws when an event is there twice
 */
export function scoresByEvent(
  parts: readonly Events[],
  prefix: string,
  names: readonly string[],
): ReadonlyMap<bigint, readonly number[]> {
  const found = new Map<bigint, readonly number[]>()
  for (const events of parts) {
    const columns = names.map((name) => cells(events.column(`${prefix}.${name}`)))
    cells(events.column('event')).forEach((number, row) => {
      const event = BigInt(number!)
      const scores = columns.map((column) => column[row])
      if (scores.some((score) => score === null)) return
      if (found.has(event)) throw new Error(`event ${event} is there twice`)
      found.set(event, scores.map(Number))
    })
  }
  return found
}
