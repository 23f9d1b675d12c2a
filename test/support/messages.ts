import { crc32 } from 'node:zlib'
import { ArrowFile, encodeColumns, encodeSubset } from '#spillway/ingest/arrow/index.js'
import type { ColumnType } from '#spillway/ingest/columns.js'
import type { Message } from '#spillway/ingest/message.js'
import { type Cells, eventsOf } from './events.js'
import { root } from './pipelines.js'

/** A table of events as an Arrow IPC stream. Paths stay as they are: `jets.pt` is a list named so. */
export function streamOf(
  table: Readonly<Record<string, readonly [ColumnType, Cells]>>,
  metadata: ReadonlyMap<string, string> = new Map(),
): Uint8Array {
  const events = eventsOf(table)
  const columns = new Map(Object.keys(table).map((path) => [path, events.column(path)]))
  const offsets = new Map(events.schema.axes.map((axis) => [axis, events.offsets(axis)]))
  return encodeColumns(events.rows, columns, offsets, metadata)
}

/** A message with its checksum, as a producer sends it. */
export function messageOf(value: Uint8Array | null, offset: number, more: Partial<Message> = {}): Message {
  const checksum = value === null ? '' : crc32(value).toString(16).padStart(8, '0')
  return {
    topic: 'events',
    partition: 0,
    offset: BigInt(offset),
    key: null,
    value,
    headers: new Map(value === null ? [] : [['crc32', Buffer.from(checksum)]]),
    timestamp: Date.now(),
    ...more,
  }
}

export const demo = {
  zj: `${root}demo/data/zj.arrow`,
  largeR: `${root}demo/data/largeR.arrow`,
  polarization: `${root}test/data/models/polarization`,
  jetTagger: `${root}test/data/models/jet-tagger`,
  jetTaggerSingle: `${root}test/data/models/jet-tagger-single`,
} as const

/** Messages of so many rows from an Arrow file, event numbers as they are or from `first` on. */
export async function messagesOfFile(
  path: string,
  rows: number,
  count: number,
  first?: number,
): Promise<Uint8Array[]> {
  const found: Uint8Array[] = []
  await using file = await ArrowFile.open(path)
  for await (const batch of file.batches()) {
    for (let at = 0; at < batch.rows && found.length < count; at += rows) {
      const size = Math.min(rows, batch.rows - at)
      const chosen = Int32Array.from({ length: size }, (_, k) => at + k)
      const cut = encodeSubset(batch.bytes, chosen)
      if (first === undefined) found.push(cut)
      else {
        const base = first + found.length * rows
        const values = BigUint64Array.from({ length: size }, (_, k) => BigInt(base + k))
        const event = { axis: '', type: 'uint64' as const, values, valid: null }
        found.push(encodeSubset(cut, null, new Map([['event', event]])))
      }
    }
    if (found.length >= count) break
  }
  return found
}
