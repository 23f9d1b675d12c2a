import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { KafkaRecord } from '#spillway/stream/kafka/port.js'
import { writeArrow } from '../support/arrow-files.js'
import { sleep, until } from '../support/kafka.js'
import { type Bench, eventsFrom, openBench, ROWS, range, STEPS, topics } from '../support/kafka-bench.js'
import { mutate } from '../support/mutate.js'
import { header, readParts, valuesOf } from '../support/pipelines.js'
import { needServers } from '../support/servers.js'
import { checked, eventsOfAll, follow, sorted } from '../support/topics.js'

const LIMIT = 300_000

describe.skipIf(!needServers('kafka'))('pipelines on Kafka', () => {
  let bench: Bench
  beforeAll(async () => {
    bench = await openBench()
  }, LIMIT)
  afterAll(() => bench?.close(), LIMIT)

  it.each(['exactly_once', 'at_least_once'])(
    'from topic to topic, %s: scores, dead letters with their headers, and an orderly end on SIGTERM',
    async (delivery) => {
      const run = await bench.setUp(2, (names) => topics(names, `, delivery: ${delivery}`))
      const good = range(20).map((i) => checked(run.input, i % 2, eventsFrom(ROWS * i)))
      const corrupt = {
        ...checked(run.input, 0, eventsFrom(9_000)),
        value: mutate(eventsFrom(9_000), 3).bytes,
      }
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
        ...checked(run.input, 1, eventsFrom(ROWS * 20)),
        headers: new Map([
          ['crc32', Buffer.from([0, 159])],
          ['', Buffer.alloc(300, 1)],
        ]),
      }
      const scores = await follow(bench.client, run.scores)
      const dead = await follow(bench.client, run.dead)
      const child = bench.start(run.file)
      await bench.produce([...good.slice(0, 10), ...bad, ...good.slice(10), odd])
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
      const again = bench.start(run.file)
      await bench.produce([checked(run.input, 0, eventsFrom(5_000))])
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

  it(
    'from files to a topic, each event once, also when it is run again',
    async () => {
      const run = await bench.setUp(
        1,
        ({ scores, dead }) => `${STEPS}
source: { files: input.arrow }
sink: { scores: { topic: ${scores} }, dead_letters: { topic: ${dead} } }`,
      )
      await writeArrow(
        join(run.folder, 'input.arrow'),
        range(12).map((i) => eventsFrom(ROWS * i)),
      )
      const scores = await follow(bench.client, run.scores)
      for (const _time of range(2)) {
        const { code, text } = await bench.start(run.file).ended
        expect(code, text).toBe(0)
      }
      await scores.events(ROWS * 12)
      await sleep(300)
      expect(eventsOfAll(scores.messages())).toEqual(range(ROWS * 12))
      await scores.stop()
    },
    LIMIT,
  )

  /** A pipeline from a topic to files, and the events that are in its parts. */
  const intoFiles = async (partitions: number) => {
    const run = await bench.setUp(
      partitions,
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
    return { run, seen }
  }

  it(
    'from a topic to files, killed and started again, each event in one part',
    async () => {
      const { run, seen } = await intoFiles(2)
      await bench.produce(range(20).map((i) => checked(run.input, i % 2, eventsFrom(ROWS * i))))
      const first = bench.start(run.file)
      await until(() => seen().length > 0, 'the first part', 120_000)
      first.kill('SIGKILL')
      await first.ended
      await bench.produce(range(10, 20).map((i) => checked(run.input, i % 2, eventsFrom(ROWS * i))))
      const second = bench.start(run.file)
      await until(() => seen().length >= ROWS * 30, 'all parts', 120_000)
      second.kill('SIGTERM')
      expect((await second.ended).code).toBe(0)
      expect(sorted(seen())).toEqual(range(ROWS * 30))
    },
    LIMIT,
  )

  it(
    'two processes write one folder; one sleeps through a rebalance, one is killed, each event in one part',
    async () => {
      const { run, seen } = await intoFiles(4)
      let sent = 0
      const batch = async (messages: number) => {
        await bench.produce(range(messages, sent).map((i) => checked(run.input, i % 4, eventsFrom(ROWS * i))))
        sent += messages
      }
      const [sleeper, killed] = [bench.start(run.file), bench.start(run.file)]
      await batch(40)
      await until(() => seen().length >= ROWS * sent, 'the first parts', 120_000)
      // It has work under way, and wakes up in the belief that its partitions are its own.
      await batch(200)
      await sleep(50)
      sleeper.kill('SIGSTOP')
      await until(() => seen().length >= ROWS * sent, 'the partitions of the sleeper', 120_000)
      await batch(200)
      sleeper.kill('SIGCONT')
      await sleep(100)
      killed.kill('SIGKILL')
      await batch(40)
      await until(() => seen().length >= ROWS * sent, 'all parts', 120_000)
      await sleep(500)
      sleeper.kill('SIGTERM')
      const { code, text } = await sleeper.ended
      expect(code, text).toBe(0)
      expect(sorted(seen())).toEqual(range(ROWS * sent))
    },
    LIMIT,
  )

  it(
    'two processes share the partitions; one killed, the other takes over, each event once',
    async () => {
      const run = await bench.setUp(4, (names) => topics(names))
      const scores = await follow(bench.client, run.scores)
      const [first, second] = [bench.start(run.file, '--set', 'http.port=0'), bench.start(run.file)]
      let sent = 0
      const batch = async (messages: number) => {
        await bench.produce(range(messages, sent).map((i) => checked(run.input, i % 4, eventsFrom(ROWS * i))))
        sent += messages
        await scores.events(ROWS * sent)
      }
      await batch(40)
      await bench.produce(range(200, sent).map((i) => checked(run.input, i % 4, eventsFrom(ROWS * i))))
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
      const run = await bench.setUp(2, (names) => `${topics(names)}\ndead_letters: { max_in_window: 100000 }`)
      const base = eventsFrom(0)
      const { headers } = checked(run.input, 0, base)
      const damaged = range(600)
        .map((seed) => mutate(base, seed).bytes)
        .filter((bytes) => Buffer.compare(bytes, base) !== 0)
      const scores = await follow(bench.client, run.scores)
      const dead = await follow(bench.client, run.dead)
      const child = bench.start(run.file)
      await bench.produce(
        damaged.flatMap((value, i): KafkaRecord[] => {
          const bad = { topic: run.input, partition: i % 2, key: null, value, headers }
          return i % 10 === 0 ? [bad, checked(run.input, i % 2, eventsFrom(i))] : [bad]
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
})
