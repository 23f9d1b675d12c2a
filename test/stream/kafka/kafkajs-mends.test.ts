import Runner from 'kafkajs/src/consumer/runner.js'
import Connection from 'kafkajs/src/network/connection.js'
import RequestQueue from 'kafkajs/src/network/requestQueue/index.js'
import { afterEach, expect, test, vi } from 'vitest'
import { mendKafkajs } from '#spillway/stream/kafka/kafkajs-mends.js'

mendKafkajs()
afterEach(() => vi.useRealTimers())

/** What the library does with a queue in this state when an answer has come. @returns timers it then waits for */
function timersOf(pending: readonly unknown[], throttledUntil: number): number {
  vi.useFakeTimers()
  const queue = Object.assign(
    Object.create(RequestQueue.prototype) as RequestQueue & { inflight: Set<number> },
    {
      pending: [...pending],
      throttledUntil,
      maxInFlightRequests: 1,
      inflight: new Set([1]),
    },
  )
  queue.scheduleCheckPendingRequests()
  return vi.getTimerCount()
}

test('a connection without waiting requests has no timer', () => {
  expect(timersOf([], -1)).toBe(0)
  expect(timersOf([], Date.now() + 1_000)).toBe(0)
})

test('a waiting request is looked at again', () => {
  expect(timersOf([{}], -1)).toBe(1)
})

test('answers are handed on as they came: whole, in parts, two at once; nothing of them is kept', () => {
  const seen: { correlationId: number; payload: Buffer }[] = []
  const connection = Object.assign(Object.create(Connection.prototype) as Connection, {
    chunks: [],
    bytesBuffered: 0,
    bytesNeeded: 4,
    authHandlers: null,
    requestQueue: { fulfillRequest: (answer: (typeof seen)[number]) => seen.push(answer) },
  })
  const answer = (correlationId: number, text: string): Buffer => {
    const frame = Buffer.alloc(8 + text.length)
    frame.writeInt32BE(4 + text.length)
    frame.writeInt32BE(correlationId, 4)
    frame.write(text, 8)
    return frame
  }
  const whole = [answer(1, 'first'), answer(2, 'second')]
  for (const frame of whole) connection.processData(frame)
  for (const { payload } of seen) expect(whole.some(({ buffer }) => buffer === payload.buffer)).toBe(true)
  const parted = answer(3, 'third')
  connection.processData(parted.subarray(0, 3))
  connection.processData(parted.subarray(3, 10))
  connection.processData(Buffer.concat([parted.subarray(10), answer(4, 'fourth'), answer(5, 'fifth')]))
  expect(seen.map(({ correlationId, payload }) => [correlationId, payload.toString()])).toEqual([
    [1, 'first'],
    [2, 'second'],
    [3, 'third'],
    [4, 'fourth'],
    [5, 'fifth'],
  ])
})

test('a consumer whose brokers are all gone from its list asks for them before it fetches', async () => {
  const done: string[] = []
  const brokers: string[] = []
  const runner = Object.assign(Object.create(Runner.prototype) as Runner, {
    running: true,
    fetchManager: { start: async () => void done.push(`fetch from ${brokers}`) },
    consumerGroup: {
      getNodeIds: () => brokers,
      cluster: {
        refreshMetadata: async () => {
          done.push('ask')
          brokers.push('1')
        },
      },
    },
  })
  await runner.start()
  await runner.fetchManager.start()
  await runner.fetchManager.start()
  expect(done).toEqual(['ask', 'fetch from 1', 'fetch from 1'])
})
