import { spawn } from 'node:child_process'
import { connect } from 'nats'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findExecutable, freePorts } from '../../scripts/servers/process.mjs'
import { until } from '../support/kafka.js'
import { type Bench, eventsFrom, openBench, ROWS, range } from '../support/kafka-bench.js'
import { needServers } from '../support/servers.js'
import { checked, eventsOfAll, follow } from '../support/topics.js'

const LIMIT = 300_000

function needNats(): boolean {
  if (findExecutable('nats-server') !== null) return true
  if (process.env['SPILLWAY_REQUIRE_ALL'] === '1') throw new Error('nats-server is not on PATH')
  console.error('SKIPPED: tests of decisions on NATS: they need nats-server on PATH')
  return false
}

describe.skipIf(!needServers('kafka'))('decisions', () => {
  let bench: Bench
  beforeAll(async () => {
    bench = await openBench()
  }, LIMIT)
  afterAll(() => bench?.close(), LIMIT)

  it.skipIf(!needNats())(
    'decisions on NATS say what was committed',
    async () => {
      const [port] = await freePorts(1)
      const server = spawn('nats-server', ['-a', '127.0.0.1', '-p', String(port)], { stdio: 'ignore' })
      try {
        const servers = `127.0.0.1:${port}`
        const connection = await connect({ servers, waitOnFirstConnect: true, maxReconnectAttempts: 100 })
        const run = await bench.setUp(
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
        const accepted = await follow(bench.client, run.accepted)
        const child = bench.start(run.file)
        await bench.produce(range(8).map((i) => checked(run.input, 0, eventsFrom(ROWS * i))))
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
