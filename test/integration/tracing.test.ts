import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Message } from '#spillway/ingest/message.js'
import { loadPipeline } from '#spillway/stream/config/load.js'
import type { KafkaClient, KafkaRecord } from '#spillway/stream/kafka/port.js'
import { assemble } from '#spillway/stream/run.js'
import { readAll, until } from '../support/kafka.js'
import { type Bench, eventsFrom, openBench, ROWS, topics } from '../support/kafka-bench.js'
import { startCollector } from '../support/otel-collector.js'
import { otlpReceiver, waysOf } from '../support/otlp.js'
import { header } from '../support/pipelines.js'
import { needServers } from '../support/servers.js'
import { checked } from '../support/topics.js'

const LIMIT = 120_000
const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736'
const OTHER = '0af7651916cd43dd8448eb211c80319c'
const SPAN = '00f067aa0ba902b7'
/** INTERNAL 1, SERVER 2, CLIENT 3, PRODUCER 4, CONSUMER 5. */
const CONSUMER = 5

function traced(record: KafkaRecord, traceparent: string, tracestate?: string): KafkaRecord {
  const more = { traceparent, ...(tracestate !== undefined && { tracestate }) }
  const headers = Object.entries(more).map(([name, text]) => [name, Buffer.from(text)] as const)
  return { ...record, headers: new Map([...record.headers!, ...headers]) }
}

/** So many messages of a topic, once they are there. */
async function read(client: KafkaClient, topic: string, count: number): Promise<readonly Message[]> {
  await until(async () => (await readAll(client, topic)).length === count, topic, 60_000)
  return readAll(client, topic)
}

describe.skipIf(!needServers('kafka'))('traces of a pipeline from topic to topic', { timeout: LIMIT }, () => {
  let bench: Bench
  let collector: Awaited<ReturnType<typeof startCollector | typeof otlpReceiver>>
  beforeAll(async () => {
    collector = needServers('collector') ? await startCollector() : await otlpReceiver()
    bench = await openBench()
  }, LIMIT)
  afterAll(async () => {
    await bench?.close()
    await collector?.close()
  }, LIMIT)

  /** Scores messages: one sampled by its producer, one not, one without a trace, one broken. @returns what came out */
  async function score(tracing: string, delivery = 'exactly_once') {
    const { input, scores, dead, file, id } = await bench.setUp(1, (names) =>
      topics(names, `, delivery: ${delivery}`),
    )
    const message = (index: number) => checked(input, 0, eventsFrom(ROWS * index))
    await bench.produce([
      traced(message(0), `00-${TRACE}-${SPAN}-01`, 'vendor=1'),
      traced(message(1), `00-${OTHER}-${SPAN}-00`),
      message(2),
      traced(checked(input, 0, Buffer.from('no Arrow stream')), `00-${TRACE}-${SPAN}-01`),
    ])
    const seen = collector.spans().length
    const running = await assemble(loadPipeline(file, [`tracing=${tracing}`]))
    const run = running.run()
    const out = {
      id,
      input,
      scores: await read(bench.client, scores, 3),
      dead: await read(bench.client, dead, 1),
    }
    await running.stop(5_000)
    await run
    await running.close()
    await new Promise((resolve) => setTimeout(resolve, 500))
    return { ...out, ways: waysOf(collector.spans().slice(seen)) }
  }

  it('go on from the producer that sampled the message, and on to who reads the scores', async () => {
    const { id, input, scores, dead, ways } = await score(`{ endpoint: "${collector.url}", sample: 0 }`)
    expect(ways).toHaveLength(2)
    const [{ message, parts }, broken] = ways
    expect(message).toMatchObject({ name: `process ${input}`, kind: CONSUMER, traceId: TRACE, parent: SPAN })
    expect(message.attributes).toMatchObject({
      'messaging.system': 'kafka',
      'messaging.operation.type': 'process',
      'messaging.destination.name': input,
      'messaging.destination.partition.id': '0',
      'messaging.kafka.offset': 0,
      'messaging.consumer.group.name': id,
      'spillway.rows': ROWS,
    })
    expect(message.attributes['spillway.message.age']).toBeGreaterThan(0)
    expect(parts.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['read', 'queue', 'decode', 'build lin', 'infer lin', 'encode', 'commit']),
    )
    expect(parts.every(({ traceId }) => traceId === TRACE)).toBe(true)
    // Of a message that is not followed, the decision is passed on.
    const [first, second, third] = scores.map((one) => header(one, 'traceparent'))
    expect(first).toBe(`00-${TRACE}-${message.spanId}-01`)
    expect(header(scores[0], 'tracestate')).toBe('vendor=1')
    expect(second).toMatch(new RegExp(`^00-${OTHER}-(?!${SPAN})[0-9a-f]{16}-00$`))
    expect(third).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/)
    // A dead letter keeps the headers that it came with, and its span says why.
    expect(header(dead[0], 'traceparent')).toBe(`00-${TRACE}-${SPAN}-01`)
    expect(broken.message).toMatchObject({ status: 2, attributes: { 'error.type': 'MESSAGE_UNDECODABLE' } })
  })

  it('begin anew and are linked, where the producer is not to decide', async () => {
    const tracing = `{ endpoint: "${collector.url}", sample: 1, parent: link }`
    const { ways, scores } = await score(tracing, 'at_least_once')
    expect(ways).toHaveLength(4)
    for (const { message } of ways) expect(message.parent).toBe('')
    expect(ways.map(({ message }) => message.links)).toEqual([
      [{ traceId: TRACE, spanId: SPAN }],
      [{ traceId: OTHER, spanId: SPAN }],
      [],
      [{ traceId: TRACE, spanId: SPAN }],
    ])
    expect(ways.map(({ message }) => message.traceId)).not.toContain(TRACE)
    expect(header(scores[0], 'traceparent')).toBe(
      `00-${ways[0].message.traceId}-${ways[0].message.spanId}-01`,
    )
  })
})

describe.skipIf(!needServers('kafka'))('a pipeline without tracing', { timeout: LIMIT }, () => {
  it('passes the trace of a message on as it came', async () => {
    const bench = await openBench()
    try {
      const { input, scores, file } = await bench.setUp(1, topics)
      await bench.produce([traced(checked(input, 0, eventsFrom(0)), `00-${TRACE}-${SPAN}-01`, 'vendor=1')])
      const running = await assemble(loadPipeline(file))
      const run = running.run()
      const [out] = await read(bench.client, scores, 1)
      expect(header(out, 'traceparent')).toBe(`00-${TRACE}-${SPAN}-01`)
      expect(header(out, 'tracestate')).toBe('vendor=1')
      await running.stop(5_000)
      await run
      await running.close()
    } finally {
      await bench.close()
    }
  })
})
