import { expect, test } from 'vitest'
import type { Message } from '#spillway/ingest/message.js'
import { Deliveries } from '#spillway/stream/kafka/deliveries.js'

const message = (offset: number): Message => ({
  topic: 't',
  partition: 0,
  offset: BigInt(offset),
  key: null,
  value: new Uint8Array(40),
  headers: new Map(),
  timestamp: -1,
})

/** What a handler gets of five messages of 40 bytes, the last after a gap, 100 bytes at once; `each` is called from it. */
async function delivered(each: (deliveries: Deliveries, count: number) => void) {
  const seen: [offsets: number[], next: number][] = []
  const deliveries: Deliveries = new Deliveries(
    [{ topic: 't', partition: 0 }],
    { pause() {}, resume() {}, seek() {} },
    {
      handler: {
        assigned: async () => {},
        messages: async (_topic, _partition, messages, next) => {
          seen.push([messages.map(({ offset }) => Number(offset)), Number(next)])
          each(deliveries, seen.length)
        },
        revoked: async () => {},
      },
      prefetchBytes: 1_000,
      maxBytesPerPartition: 100,
      drainMs: 100,
      fail: (error) => {
        throw error
      },
    },
  )
  await deliveries.open()
  deliveries.push('t', 0, [0, 1, 2, 3, 7].map(message), 9n, 9n)
  await new Promise(setImmediate)
  return { seen, position: deliveries.progress()[0].position }
}

test('what came at once is handed on in parts, the last with the end of the whole', async () => {
  const { seen, position } = await delivered(() => {})
  expect(seen).toEqual([
    [[0, 1], 2],
    [[2, 3], 7],
    [[7], 9],
  ])
  expect(position).toBe(9n)
})

test('after a seek from the handler nothing of before it comes', async () => {
  const { seen, position } = await delivered((deliveries, count) => {
    if (count === 1) deliveries.seek('t', 0, 5n)
  })
  expect(seen).toEqual([[[0, 1], 2]])
  expect(position).toBe(5n)
})
