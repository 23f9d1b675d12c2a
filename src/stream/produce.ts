import { SpillwayError } from '../errors.js'
import { type Cut, decodeMessage, recut, SchemaMemory } from '../ingest/arrow/index.js'
import { eventFormats } from '../ingest/event-file.js'
import { formatOf } from '../ingest/format-of.js'
import { nearest } from '../ingest/nearest.js'
import { openReader, type Reader } from '../ingest/reader/thread.js'
import type { BatchProducer, KafkaRecord } from './kafka/port.js'
import { checksum } from './sinks/records.js'
import { type InputView, openInput } from './sources/file-input.js'

export interface ProduceOptions {
  /** How the files are looked at. */
  readonly view: InputView
  readonly topic: string
  readonly partitions: number
  /** Events per second; as fast as the broker takes them when `null`. */
  readonly rate: number | null
  /** Events of one message. */
  readonly rows: number
  /** Column whose first value keys a message, which then chooses the partition; `null`: partitions in turn. */
  readonly key: string | null
  /** How often the files are sent; 0 for ever. */
  readonly loops: number
  readonly signal: AbortSignal
  readonly progress: (events: number) => void
}

export interface Produced {
  readonly messages: number
  readonly events: number
  readonly bytes: number
  readonly seconds: number
  /** Largest delay of a send behind its due time, in seconds; 0 without a rate. */
  readonly lateSeconds: number
}

/** Bytes in flight: enough to keep the broker busy, few enough to stop soon. */
const WINDOW_BYTES = 8 << 20
const LIMITS = { maxBytes: Number.MAX_SAFE_INTEGER, maxRows: Number.MAX_SAFE_INTEGER, maxRatio: 1 }
const utf8 = new TextEncoder()

/**
 * Looks at the schema of every file. @returns the rows of all together; `null` where they cannot be counted beforehand
 * @throws SpillwayError as `openInput`
 */
export async function countRows(files: readonly string[], view: InputView): Promise<number | null> {
  const reader = openReader()
  try {
    let rows: number | null = 0
    for (const path of files) {
      const input = await openInput(path, view, reader)
      rows = rows === null || input.rows === null ? null : rows + input.rows
    }
    return rows
  } finally {
    await reader.close()
  }
}

/**
 * Publishes files of any format as messages of `rows` events, in order, each with the `crc32` of its bytes. With a rate, a
 * message goes out when its first event is due, so that the rate holds exactly over any time that the broker keeps up.
 * @throws SpillwayError SINK_UNAVAILABLE, MESSAGE_TOO_LARGE, FILE_UNREADABLE, COLUMN_MISSING
 */
export async function produceFiles(
  producer: BatchProducer,
  files: readonly string[],
  options: ProduceOptions,
): Promise<Produced> {
  const { rate, signal, progress } = options
  const keyOf = options.key === null ? () => null : keyReader(options.key)
  const window = new Window(WINDOW_BYTES)
  const totals = { messages: 0, events: 0, bytes: 0, late: 0 }
  let start = performance.now()
  for await (const { path, rows, bytes } of messages(files, options)) {
    if (rate !== null && totals.messages > 0) {
      const due = start + (totals.events / rate) * 1e3
      await sleepUntil(due, signal)
      totals.late = Math.max(totals.late, performance.now() - due)
    }
    if (signal.aborted) break
    await window.room(bytes.length)
    window.add(bytes.length, producer.send([recordOf(bytes, keyOf(bytes, path), totals.messages, options)]))
    if (totals.messages === 0) {
      // The first send connects: the clock starts when it is done.
      await window.empty()
      start = performance.now()
    }
    totals.messages++
    totals.bytes += bytes.length
    totals.events += rows
    progress(totals.events)
  }
  await window.empty()
  const { late, ...sums } = totals
  return { ...sums, seconds: (performance.now() - start) / 1e3, lateSeconds: late / 1e3 }
}

function recordOf(
  value: Uint8Array,
  key: Uint8Array | null,
  index: number,
  { topic, partitions }: ProduceOptions,
): KafkaRecord {
  const headers = new Map([['crc32', utf8.encode(checksum(value))]])
  const record = { topic, key, value, headers }
  return key === null ? { ...record, partition: index % partitions } : record
}

async function* messages(
  files: readonly string[],
  options: ProduceOptions,
): AsyncGenerator<{ readonly path: string; readonly rows: number; readonly bytes: Uint8Array }> {
  const { loops, signal } = options
  const reader = openReader()
  try {
    for (let loop = 0; loops === 0 || loop < loops; loop++) {
      for (const path of files) {
        for await (const cut of messagesOf(path, options, reader)) {
          yield { path, ...cut }
          if (signal.aborted) return
        }
      }
      if (signal.aborted) return
    }
  } finally {
    await reader.close()
  }
}

/** Arrow files are cut by their bytes; others are decoded in a thread of their own. */
async function* messagesOf(
  path: string,
  { rows, signal, view }: ProduceOptions,
  reader: Reader,
): AsyncGenerator<Cut> {
  const { map, columns, folder } = view
  if (map === null && columns === null && formatOf(path, eventFormats).name === 'arrow') {
    yield* recut(path, { batchRows: rows, signal })
    return
  }
  const whole = { first: 0, rows, bytes: Number.MAX_SAFE_INTEGER }
  for await (const message of reader.messages({ path, map, columns, folder }, whole))
    if (message.bytes !== null) yield { rows: message.rows, bytes: message.bytes }
}

/** Reads a message's key: the first event's value of a column, as text. */
function keyReader(column: string): (bytes: Uint8Array, path: string) => Uint8Array {
  const schemas = new SchemaMemory(4)
  return (bytes, path) => {
    const events = decodeMessage(bytes, LIMITS, schemas)
    const spec = events.schema.columns.find((one) => one.path === column)
    if (spec === undefined || spec.axis !== '') {
      const names = events.schema.columns.filter(({ axis }) => axis === '').map((one) => one.path)
      const near = nearest(column, names)
      throw new SpillwayError('COLUMN_MISSING', `there is no column ${column} with one value per event`, {
        place: path,
        remedy:
          near.length > 0 ? `Key by ${near.join(' or ')}, or by none.` : 'Key by another column, or by none.',
      })
    }
    const { values, dictionary } = events.column(column)
    return utf8.encode(dictionary?.[Number(values[0])] ?? String(values[0]))
  }
}

/** Sends under way, counted by their bytes. A failed one shows at the next call. */
class Window {
  readonly #limit: number
  readonly #pending = new Set<Promise<void>>()
  #bytes = 0
  #error: unknown

  constructor(limit: number) {
    this.#limit = limit
  }

  add(bytes: number, sent: Promise<void>): void {
    this.#bytes += bytes
    const settled = sent
      .catch((error: unknown) => {
        this.#error ??= error
      })
      .finally(() => {
        this.#bytes -= bytes
        this.#pending.delete(settled)
      })
    this.#pending.add(settled)
  }

  /** Resolves when so many bytes fit. @throws what a send threw */
  async room(bytes: number): Promise<void> {
    while (this.#bytes > 0 && this.#bytes + bytes > this.#limit) await Promise.race(this.#pending)
    if (this.#error !== undefined) throw this.#error
  }

  async empty(): Promise<void> {
    await Promise.all(this.#pending)
    if (this.#error !== undefined) throw this.#error
  }
}

/** Timers are a millisecond coarse and late under load: the due times are absolute, so nothing adds up. */
async function sleepUntil(due: number, signal: AbortSignal): Promise<void> {
  const wait = due - performance.now()
  if (wait <= 0 || signal.aborted) return
  await new Promise<void>((resolve) => {
    const done = (): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, wait)
    signal.addEventListener('abort', done)
  })
}
