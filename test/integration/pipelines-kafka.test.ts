import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { connect } from 'nats'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseKafkaConfig } from '#spillway/stream/kafka/config.js'
import { openKafka } from '#spillway/stream/kafka/index.js'
import type { KafkaClient, KafkaRecord } from '#spillway/stream/kafka/port.js'
import { type KafkaServer, startKafka } from '../../scripts/servers/kafka.mjs'
import { findExecutable, freePorts } from '../../scripts/servers/process.mjs'
import { writeArrow } from '../support/arrow-files.js'
import { columnsText, writeBundle } from '../support/bundles.js'
import { sleep, until } from '../support/kafka.js'
import { streamOf } from '../support/messages.js'
import { mutate } from '../support/mutate.js'
import { linear } from '../support/onnx.js'
import { header, readParts, temporary, valuesOf } from '../support/pipelines.js'
import { type Child, spillway } from '../support/processes.js'
import { needServers } from '../support/servers.js'
import { checked, eventsOfAll, follow, sorted } from '../support/topics.js'

const LIMIT = 300_000
const range = (count: number, first = 0) => Array.from({ length: count }, (_, i) => first + i)
const ROWS = 5

const events = (first: number, rows = ROWS) =>
  streamOf({
    event: ['uint64', range(rows, first)],
    a: ['float32', range(rows)],
    b: ['float32', range(rows, first)],
  })

function needNats(): boolean {
  if (findExecutable('nats-server') !== null) return true
  if (process.env['SPILLWAY_REQUIRE_ALL'] === '1') throw new Error('nats-server is not on PATH')
  console.error('SKIPPED: tests of decisions on NATS: they need nats-server on PATH')
  return false
}

describe.skipIf(!needServers('kafka'))('pipelines on Kafka', () => {
  let broker: KafkaServer
  let client: KafkaClient
  let count = 0
  const children: Child[] = []

  beforeAll(async () => {
    broker = await startKafka({ heap: '512m' })
    client = await openKafka(parseKafkaConfig({ brokers: [broker.bootstrap] }))
  }, LIMIT)

  afterAll(async () => {
    for (const child of children) child.kill('SIGKILL')
    await client?.close()
    await broker?.stop()
  }, LIMIT)

  /** Topics of a test, and a pipeline between them. */
  async function setUp(partitions: number, text: (names: Names) => string) {
    const id = `t${++count}`
    const names = {
      id,
      input: `${id}-in`,
      scores: `${id}-scores`,
      dead: `${id}-dead`,
      accepted: `${id}-accepted`,
    }
    const admin = client.admin()
    for (const topic of [names.input, names.scores, names.dead, names.accepted])
      await admin.create(topic, { partitions })
    const folder = temporary()
    writeBundle(join(folder, 'lin'), linear([2, 1]), columnsText(['a', 'b']))
    const file = join(folder, 'pipeline.yaml')
    writeFileSync(
      file,
      `name: ${id}
kafka: { brokers: ['${broker.bootstrap}'], session_timeout_ms: 3000 }
workers: { count: 1 }
${text(names)}
`,
    )
    return { ...names, folder, file, client: client as KafkaClient }
  }
  interface Names {
    readonly id: string
    readonly input: string
    readonly scores: string
    readonly dead: string
    readonly accepted: string
  }

  const STEPS = 'steps: [{ name: lin, model: lin }]'
  const topics = ({ input, scores, dead }: Names, more = '') => `${STEPS}
source: { topic: ${input} }
sink: { scores: { topic: ${scores} }, dead_letters: { topic: ${dead} }, commit: { interval_ms: 50 }${more} }`

  function start(file: string, ...args: string[]): Child {
    const child = spillway('run', file, '--quiet', ...args)
    children.push(child)
    return child
  }

  async function produce(records: readonly KafkaRecord[]): Promise<void> {
    const producer = client.producer()
    await producer.send(records)
    await producer.close()
  }

  it.each(['exactly_once', 'at_least_once'])(
    'from topic to topic, %s: scores, dead letters with their headers, and an orderly end on SIGTERM',
    async (delivery) => {
      const run = await setUp(2, (names) => topics(names, `, delivery: ${delivery}`))
      const good = range(20).map((i) => checked(run.input, i % 2, events(ROWS * i)))
      const corrupt = { ...checked(run.input, 0, events(9_000)), value: mutate(events(9_000), 3).bytes }
      const bad: KafkaRecord[] = [
        { topic: run.input, partition: 1, key: Buffer.from('gone'), value: null },
        {
          topic: run.input,
          partition: 0,
          key: null,
          value: Buffer.from('noise'),
          headers: new Map([['mine', Buffer.from([255, 0])]]),
        },
        corrupt,
      ]
      // Headers of other programs say nothing about the bytes.
      const odd = {
        ...checked(run.input, 1, events(ROWS * 20)),
        headers: new Map([
          ['crc32', Buffer.from([0, 159])],
          ['', Buffer.alloc(300, 1)],
        ]),
      }
      const scores = await follow(client, run.scores)
      const dead = await follow(client, run.dead)
      const child = start(run.file)
      await produce([...good.slice(0, 10), ...bad, ...good.slice(10), odd])
      await scores.events(ROWS * 21)
      await dead.atLeast(3)
      child.kill('SIGTERM')
      const { code, text } = await child.ended
      expect(code, text).toBe(0)
      await sleep(200)
      expect(sorted(eventsOfAll(scores.messages()))).toEqual(range(ROWS * 21))
      expect(
        scores.messages().every((message) => /^t\d+-in\/[01]\/\d+$/.test(header(message, 'spillway.source'))),
      ).toBe(true)
      expect(
        dead
          .messages()
          .map((message) => header(message, 'spillway.code'))
          .sort(),
      ).toEqual(['MESSAGE_CORRUPT', 'MESSAGE_EMPTY', 'MESSAGE_UNDECODABLE'])
      for (const letter of dead.messages()) {
        expect(header(letter, 'spillway.pipeline')).toBe(run.id)
        expect(header(letter, 'spillway.topic')).toBe(run.input)
        expect(header(letter, 'spillway.message')).not.toBe('')
      }
      const byCode = new Map(dead.messages().map((message) => [header(message, 'spillway.code'), message]))
      expect(byCode.get('MESSAGE_EMPTY')).toMatchObject({ value: null, key: Buffer.from('gone') })
      expect(Buffer.from(byCode.get('MESSAGE_UNDECODABLE')!.headers.get('mine')!)).toEqual(
        Buffer.from([255, 0]),
      )
      expect(Buffer.compare(byCode.get('MESSAGE_CORRUPT')!.value!, corrupt.value)).toBe(0)
      const again = start(run.file)
      await produce([checked(run.input, 0, events(5_000))])
      await until(() => eventsOfAll(scores.messages()).includes(5_000), 'the event that came last')
      again.kill('SIGTERM')
      expect((await again.ended).code).toBe(0)
      const all = eventsOfAll(scores.messages())
      expect(new Set(all).size).toBe(ROWS * 22)
      if (delivery === 'exactly_once') expect(all).toHaveLength(ROWS * 22)
      await Promise.all([scores.stop(), dead.stop()])
    },
    LIMIT,
  )

  // GroupConsumer.commit is refused once `stop` has begun, so what was done since the last interval comes twice.
  it.todo('at least once, an orderly end commits the offsets of everything that was written')

  it(
    'from files to a topic, each event once, also when it is run again',
    async () => {
      const run = await setUp(
        1,
        ({ scores, dead }) => `${STEPS}
source: { files: input.arrow }
sink: { scores: { topic: ${scores} }, dead_letters: { topic: ${dead} } }`,
      )
      await writeArrow(
        join(run.folder, 'input.arrow'),
        range(12).map((i) => events(ROWS * i)),
      )
      const scores = await follow(client, run.scores)
      for (const _time of range(2)) {
        const { code, text } = await start(run.file).ended
        expect(code, text).toBe(0)
      }
      await scores.events(ROWS * 12)
      await sleep(300)
      expect(eventsOfAll(scores.messages())).toEqual(range(ROWS * 12))
      await scores.stop()
    },
    LIMIT,
  )

  it(
    'from a topic to files, killed and started again, each event in one part',
    async () => {
      const run = await setUp(
        2,
        ({ input }) => `${STEPS}
source: { topic: ${input} }
sink: { scores: { files: scores }, dead_letters: { files: dead }, commit: { interval_ms: 20 } }`,
      )
      const seen = () => {
        try {
          return valuesOf(readParts(join(run.folder, 'scores')), 'event').map(Number)
        } catch {
          return []
        }
      }
      await produce(range(20).map((i) => checked(run.input, i % 2, events(ROWS * i))))
      const first = start(run.file)
      await until(() => seen().length > 0, 'the first part', 120_000)
      first.kill('SIGKILL')
      await first.ended
      await produce(range(10, 20).map((i) => checked(run.input, i % 2, events(ROWS * i))))
      const second = start(run.file)
      await until(() => seen().length >= ROWS * 30, 'all parts', 120_000)
      second.kill('SIGTERM')
      expect((await second.ended).code).toBe(0)
      expect(sorted(seen())).toEqual(range(ROWS * 30))
    },
    LIMIT,
  )

  it(
    'two processes share the partitions; one killed, the other takes over, each event once',
    async () => {
      const run = await setUp(4, (names) => topics(names))
      const scores = await follow(client, run.scores)
      const [first, second] = [start(run.file, '--set', 'http.port=0'), start(run.file)]
      let sent = 0
      const batch = async (messages: number) => {
        await produce(range(messages, sent).map((i) => checked(run.input, i % 4, events(ROWS * i))))
        sent += messages
        await scores.events(ROWS * sent)
      }
      await batch(40)
      await produce(range(200, sent).map((i) => checked(run.input, i % 4, events(ROWS * i))))
      sent += 200
      first.kill('SIGKILL')
      await scores.events(ROWS * sent)
      await batch(20)
      second.kill('SIGTERM')
      expect((await second.ended).code).toBe(0)
      expect(sorted(eventsOfAll(scores.messages()))).toEqual(range(ROWS * sent))
      await scores.stop()
    },
    LIMIT,
  )

  it(
    'a flood of damaged messages among good ones: every one in the dead letters byte for byte',
    async () => {
      const run = await setUp(2, (names) => `${topics(names)}\ndead_letters: { max_in_window: 100000 }`)
      const base = events(0)
      const { headers } = checked(run.input, 0, base)
      const damaged = range(600)
        .map((seed) => mutate(base, seed).bytes)
        .filter((bytes) => Buffer.compare(bytes, base) !== 0)
      const scores = await follow(client, run.scores)
      const dead = await follow(client, run.dead)
      const child = start(run.file)
      await produce(
        damaged.flatMap((value, i): KafkaRecord[] => {
          const bad = { topic: run.input, partition: i % 2, key: null, value, headers }
          return i % 10 === 0 ? [bad, checked(run.input, i % 2, events(i))] : [bad]
        }),
      )
      const good = range(Math.ceil(damaged.length / 10)).flatMap((i) => range(ROWS, 10 * i))
      await scores.events(good.length)
      await dead.atLeast(damaged.length)
      child.kill('SIGTERM')
      expect((await child.ended).code).toBe(0)
      expect(sorted(eventsOfAll(scores.messages()))).toEqual(sorted(good))
      const hex = (bytes: Uint8Array | null) => Buffer.from(bytes ?? []).toString('hex')
      expect(
        dead
          .messages()
          .map(({ value }) => hex(value))
          .sort(),
      ).toEqual(damaged.map(hex).sort())
      await Promise.all([scores.stop(), dead.stop()])
    },
    LIMIT,
  )

  it.skipIf(!needNats())(
    'decisions on NATS say what was committed',
    async () => {
      const [port] = await freePorts(1)
      const server = spawn('nats-server', ['-a', '127.0.0.1', '-p', String(port)], { stdio: 'ignore' })
      try {
        const servers = `127.0.0.1:${port}`
        const connection = await connect({ servers, waitOnFirstConnect: true, maxReconnectAttempts: 100 })
        const run = await setUp(
          1,
          ({ input, scores, dead, accepted }) => `
steps: [{ name: lin, model: lin }, { select: { chains: { high: { when: lin.y > 20 } } } }]
source: { topic: ${input} }
sink: { scores: { topic: ${scores} }, accepted: { topic: ${accepted} }, dead_letters: { topic: ${dead} } }
nats: { servers: ['${servers}'] }`,
        )
        const news: {
          events: number
          accepted: number
          chains: { high: number }
          decisions: { event: string; chains: string[] }[]
        }[] = []
        connection.subscribe(`spillway.${run.id}.decisions`, {
          callback: (_error, message) => void news.push(message.json()),
        })
        await connection.flush()
        const accepted = await follow(client, run.accepted)
        const child = start(run.file)
        await produce(range(8).map((i) => checked(run.input, 0, events(ROWS * i))))
        await until(() => news.length >= 8, 'decisions', 120_000)
        // y = 2 (row in the message) + event number.
        const wanted = range(ROWS * 8).filter((event) => 2 * (event % ROWS) + event > 20)
        await accepted.events(wanted.length)
        child.kill('SIGTERM')
        expect((await child.ended).code).toBe(0)
        expect(eventsOfAll(accepted.messages())).toEqual(wanted)
        const decisions = news.flatMap((one) => one.decisions)
        expect(decisions.map(({ event }) => Number(event))).toEqual(wanted)
        expect(decisions.every(({ chains }) => chains.join() === 'high')).toBe(true)
        const sum = (pick: (one: (typeof news)[number]) => number) =>
          news.reduce((total, one) => total + pick(one), 0)
        expect([sum((one) => one.events), sum((one) => one.accepted), sum((one) => one.chains.high)]).toEqual(
          [ROWS * 8, wanted.length, wanted.length],
        )
        await accepted.stop()
        await connection.close()
      } finally {
        server.kill()
      }
    },
    LIMIT,
  )
})
