import { fileURLToPath } from 'node:url'
import { crc32 } from 'node:zlib'
import { expect, test } from 'vitest'
import { decodeMessage, defaultLimits } from '#spillway/ingest/arrow/index.js'
import type { BatchProducer, KafkaRecord } from '#spillway/stream/kafka/port.js'
import { countRows, type ProduceOptions, produceFiles } from '#spillway/stream/produce.js'
import { PLAIN_VIEW } from '#spillway/stream/sources/file-input.js'
import { tinyEvents } from '../support/bundle.js'
import { temporaryFolder } from '../support/cli.js'

const folder = temporaryFolder()
const count = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i)
const files = [
  folder.file('a.arrow', tinyEvents(count(0, 250))),
  folder.file('b.arrow', tinyEvents(count(250, 300))),
]

/** A producer that keeps what it is given, with the time. */
function keeper(): BatchProducer & {
  readonly kept: { readonly record: KafkaRecord; readonly at: number }[]
} {
  const kept: { record: KafkaRecord; at: number }[] = []
  return {
    kept,
    async send(records) {
      kept.push(...records.map((record) => ({ record, at: performance.now() })))
    },
    async close() {},
  }
}

const options = (more: Partial<ProduceOptions> = {}): ProduceOptions => ({
  view: PLAIN_VIEW,
  topic: 't',
  partitions: 3,
  rate: null,
  rows: 100,
  key: null,
  loops: 1,
  signal: new AbortController().signal,
  progress() {},
  ...more,
})

test('files are cut to messages of so many rows, in order, round the partitions, with their checksum', async () => {
  const producer = keeper()
  const done = await produceFiles(producer, files, options())
  expect(await countRows(files, PLAIN_VIEW)).toBe(300)
  const messages = producer.kept.map(({ record }) => record)
  const x = messages.map(({ value }) =>
    [...decodeMessage(value!, defaultLimits).column('x').values].map(Number),
  )
  expect(x.map((values) => values.length)).toEqual([100, 100, 50, 50])
  expect(x.flat()).toEqual(count(0, 300))
  expect(messages.map(({ partition }) => partition)).toEqual([0, 1, 2, 0])
  for (const { value, headers } of messages) {
    expect(Number.parseInt(new TextDecoder().decode(headers!.get('crc32')), 16)).toBe(crc32(value!))
  }
  expect(done).toMatchObject({ messages: 4, events: 300 })
})

test('a key is the first event of a message and leaves the partition to the client', async () => {
  const producer = keeper()
  await produceFiles(producer, files, options({ key: 'x', rows: 50 }))
  const keys = producer.kept.map(({ record }) => new TextDecoder().decode(record.key!))
  expect(keys).toEqual(['0', '50', '100', '150', '200', '250'])
  expect(producer.kept.every(({ record }) => record.partition === undefined)).toBe(true)
  const wrong = produceFiles(keeper(), files, options({ key: 'evnt' }))
  await expect(wrong).rejects.toMatchObject({ code: 'COLUMN_MISSING', remedy: 'Key by event, or by none.' })
})

test('the rate holds: the n-th event goes out when it is due, and never before', async () => {
  const producer = keeper()
  const rate = 600
  const done = await produceFiles(producer, files, options({ rate, rows: 10, loops: 2 }))
  const start = producer.kept[0].at
  producer.kept.forEach(({ at }, message) => {
    // The first message waits for nothing: the clock starts when it is acknowledged.
    expect(at - start).toBeGreaterThan(((message * 10) / rate) * 1e3 - 5)
  })
  expect(done.events).toBe(600)
  expect(done.seconds).toBeGreaterThan(590 / rate - 0.02)
  expect(done.seconds).toBeLessThan(590 / rate + 0.5)
})

test('looping goes round the files, for ever until it is told to stop', async () => {
  const stop = new AbortController()
  const producer = keeper()
  const progress = (events: number) => {
    if (events >= 1_000) stop.abort()
  }
  const done = await produceFiles(producer, files, options({ loops: 0, signal: stop.signal, progress }))
  expect(done.events).toBeGreaterThanOrEqual(1_000)
  expect(done.events).toBeLessThan(1_400)
})

test('what the broker refuses ends it', async () => {
  const producer: BatchProducer = {
    async send() {
      throw new Error('no')
    },
    async close() {},
  }
  await expect(produceFiles(producer, files, options())).rejects.toThrow('no')
})

test('files of other formats are sent through a map, cut to so many rows', async () => {
  const producer = keeper()
  const input = fileURLToPath(new URL('../data/raw/h4l_ggF_300.root', import.meta.url))
  const view = { ...PLAIN_VIEW, map: 'nanoaod' }
  expect(await countRows([input], view)).toBe(300)
  const done = await produceFiles(producer, [input], options({ view, key: 'event' }))
  expect(done).toMatchObject({ messages: 3, events: 300 })
  const events = producer.kept.map(({ record }) => decodeMessage(record.value!, defaultLimits))
  expect(events.map(({ rows }) => rows)).toEqual([100, 100, 100])
  expect(events[1].column('event').values[0]).toBe(100n)
  expect(events[1].has('jets.pt')).toBe(true)
})
