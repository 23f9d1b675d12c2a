import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Message } from '#spillway/ingest/message.js'
import { loadPipeline } from '#spillway/stream/config/load.js'
import { openKafka } from '#spillway/stream/kafka/index.js'
import type { KafkaClient } from '#spillway/stream/kafka/port.js'
import { scanTopic } from '#spillway/stream/kafka/scan.js'
import { createTopics } from '#spillway/stream/topics.js'
import { type KafkaServer, startKafka } from '../../scripts/servers/kafka.mjs'
import { tinyEvents, writeBundle } from '../support/bundle.js'
import { spillway, temporaryFolder } from '../support/cli.js'
import { until } from '../support/kafka.js'
import { needServers } from '../support/servers.js'

const folder = temporaryFolder()
const utf8 = new TextEncoder()

describe.skipIf(!needServers('kafka'))('commands on a broker', () => {
  let server: KafkaServer
  let client: KafkaClient
  let pipeline: string

  beforeAll(async () => {
    server = await startKafka({ heap: '384m' })
    client = await openKafka({
      brokers: [server.bootstrap],
      clientId: 'test',
      client: 'kafkajs',
      connectionTimeoutMs: 5_000,
      requestTimeoutMs: 30_000,
    })
    folder.file('events.arrow', tinyEvents(Array.from({ length: 1_000 }, (_, i) => i)))
    writeBundle(folder.file, 'tiny')
    pipeline = folder.file(
      'p.yaml',
      `name: tiny
source: { topic: events, schema: events.arrow }
steps: [{ name: twice, model: tiny }]
sink:
  scores: { topic: scores }
  dead_letters: { topic: dead }
kafka: { brokers: ["\${BROKER}"], session_timeout_ms: 6000 }
`,
    )
  }, 120_000)

  afterAll(async () => {
    await client?.close()
    await server?.stop()
  })

  const run = (args: readonly string[], stop?: Promise<unknown>) =>
    spillway(args, { env: { BROKER: server.bootstrap }, stop })

  const messagesOf = async (topic: string): Promise<Message[]> => {
    const found: Message[] = []
    await scanTopic(client, topic, (message) => {
      const { key, value } = message
      found.push({ ...message, key: key && Uint8Array.from(key), value: value && Uint8Array.from(value) })
    })
    return found
  }

  test('a topic that is not there, and a broker that is not there', async () => {
    const none = await run([
      'produce',
      `${folder.path}/events.arrow`,
      '--topic',
      'events',
      '--brokers',
      server.bootstrap,
    ])
    expect([none.code, none.err]).toEqual([75, expect.stringContaining('add --create-topic --partitions N')])
    const dead = await spillway(['dry-run', pipeline], { env: { BROKER: '127.0.0.1:1' } })
    expect(dead.code).toBe(75)
    expect(dead.err).toContain('no Kafka broker answers at 127.0.0.1:1')
  }, 120_000)

  test('produce makes the topic and fills its partitions in turn', async () => {
    const args = [
      'produce',
      `${folder.path}/events.arrow`,
      '--topic',
      'events',
      '--brokers',
      server.bootstrap,
    ]
    const ended = await run([
      ...args,
      '--create-topic',
      '--partitions',
      '4',
      '--rows',
      '100',
      '--compression',
      'lz4',
      '--json',
    ])
    expect(ended.code).toBe(0)
    expect(JSON.parse(ended.out)).toMatchObject({ messages: 10, events: 1_000 })
    const found = await messagesOf('events')
    const perPartition = [0, 1, 2, 3].map((one) => found.filter(({ partition }) => partition === one).length)
    expect(perPartition).toEqual([3, 3, 2, 2])
    expect(found.every(({ headers }) => headers.has('crc32'))).toBe(true)
  }, 120_000)

  test('dry-run tells every topic that is missing, and scores the newest message once they are there', async () => {
    const missing = await run(['dry-run', pipeline])
    expect(missing.code).toBe(75)
    expect(missing.err).toMatch(/topic scores does not exist[\s\S]*topic dead does not exist/)
    for (const topic of ['scores', 'dead']) await client.admin().create(topic, { partitions: 4 })
    const ended = await run(['dry-run', pipeline, '--json'])
    expect(ended.code).toBe(0)
    expect(JSON.parse(ended.out).message).toMatchObject({ events: 100, rejects: [] })
    expect(await client.admin().committed('tiny', 'events', 0)).toBeNull()
    expect(await messagesOf('scores')).toEqual([])
  }, 120_000)

  test('doctor reaches broker and topics', async () => {
    const ended = await run(['doctor', pipeline, '--json'])
    const findings = JSON.parse(ended.out) as { name: string; status: string }[]
    for (const name of ['Kafka', 'topic events', 'topic scores', 'topic dead']) {
      expect(findings.find((finding) => finding.name === name)?.status, name).toBe('ok')
    }
    expect(ended.code).toBe(0)
  }, 120_000)

  test('dead letters of a topic are listed, shown and replayed byte for byte with their headers', async () => {
    const value = utf8.encode('this is no Arrow')
    const headers = new Map([
      ['mine', utf8.encode('1')],
      ['spillway.code', utf8.encode('theirs')],
    ])
    await client.producer().send([{ topic: 'events', partition: 2, key: utf8.encode('k'), value, headers }])
    const isThere = async () => (await client.admin().offsets('dead')).some(({ begin, end }) => end > begin)
    const ended = await run(['run', pipeline, '--quiet'], until(isThere, 'a dead letter', 60_000))
    expect(ended.code).toBe(0)
    const listed = await run(['dlq', 'list', pipeline, '--all', '--json'])
    const [letter] = JSON.parse(listed.out)
    expect(letter).toMatchObject({ code: 'MESSAGE_UNDECODABLE', topic: 'events', partition: 2 })
    const shown = await run(['dlq', 'show', pipeline, letter.id])
    expect(shown.out).toContain('|this is no Arrow|')

    const dry = await run(['dlq', 'replay', pipeline, '--dry-run'])
    expect(dry.out).toContain('1 dead letters would go to topic events')
    const before = (await messagesOf('events')).length
    const sent = await run(['dlq', 'replay', pipeline, '--code', 'MESSAGE_UNDECODABLE'])
    expect(sent.out).toContain('1 dead letters sent to topic events')
    const found = (await messagesOf('events')).filter(({ partition }) => partition === 2)
    expect((await messagesOf('events')).length).toBe(before + 1)
    const replayed = found.at(-1)!
    expect(Buffer.from(replayed.value!).equals(value)).toBe(true)
    expect(Buffer.from(replayed.key!).toString()).toBe('k')
    expect([...replayed.headers].map(([name, bytes]) => [name, Buffer.from(bytes).toString()])).toEqual([
      ['mine', '1'],
      ['spillway.code', 'theirs'],
    ])
  }, 240_000)

  test('run --create-topics makes the outputs that are missing, as wide as the source', async () => {
    const env = { BROKER: server.bootstrap }
    expect(await createTopics(loadPipeline(pipeline, ['sink.scores.topic=made'], env))).toEqual(['made'])
    expect(await client.admin().partitions('made')).toBe(4)
    const nowhere = loadPipeline(pipeline, ['source.topic=nowhere'], env)
    await expect(createTopics(nowhere)).rejects.toMatchObject({ code: 'SOURCE_UNAVAILABLE' })
  }, 120_000)
})
