import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import kafkajs from 'kafkajs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { type KafkaServer, startKafka } from '../../scripts/servers/kafka.mjs'
import { type NatsServer, startNats } from '../../scripts/servers/nats.mjs'
import { freePorts } from '../../scripts/servers/process.mjs'
import { until } from '../support/kafka.js'
import { temporary } from '../support/pipelines.js'
import { Child } from '../support/processes.js'
import { startPrometheus } from '../support/prometheus.js'
import { needServers } from '../support/servers.js'
import { root, textOf } from '../support/sources.js'

const LIMIT = 240_000

interface Service {
  readonly command: readonly string[]
  readonly environment: Readonly<Record<string, string>>
}
const { services } = parse(textOf('deploy/compose.yaml'), { merge: true }) as {
  readonly services: Readonly<Record<string, Service>>
}

/** What compose.yaml runs in containers, as processes: the same commands, on a broker and a nats-server started here. */
describe.skipIf(!needServers('kafka', 'nats', 'prometheus'))(
  'the commands of compose.yaml',
  { timeout: LIMIT },
  () => {
    let kafka: KafkaServer
    let nats: NatsServer
    const children: Child[] = []

    /** A service; `kafka` and `nats` are these servers, /app is this tree. */
    const start = (name: string, more: Readonly<Record<string, string>> = {}): Child => {
      const here = (text: string) =>
        text
          .replace('nats://nats:4222', nats.url)
          .replace('kafka:9092', kafka.bootstrap)
          .replace('/app/', root)
      const { command, environment } = services[name]
      const env = Object.fromEntries(Object.entries(environment).map(([key, value]) => [key, here(value)]))
      const child = new Child([`${root}dist/cli/main.js`, ...command.map(here)], { ...env, ...more })
      children.push(child)
      return child
    }

    beforeAll(async () => {
      ;[kafka, nats] = await Promise.all([startKafka({ heap: '384m' }), startNats()])
    }, LIMIT)
    afterAll(async () => {
      for (const child of children) child.kill('SIGKILL')
      await Promise.all([kafka?.stop(), nats?.stop()])
    }, LIMIT)

    it('score the produced events in two processes, and end in order', async () => {
      for (const round of ['first', 'again']) {
        const { code, text } = await start('publish').ended
        expect(code, `${round}: ${text}`).toBe(0)
      }
      const producer = start('producer')
      // A scorer that begins before its topic is there ends, and compose.yaml starts it again.
      const admin = new kafkajs.Kafka({
        brokers: [kafka.bootstrap],
        logLevel: kafkajs.logLevel.NOTHING,
      }).admin()
      await admin.connect()
      await until(async () => (await admin.listTopics()).includes('events'), 'the topic', 60_000)
      await admin.disconnect()
      const ports = await freePorts(2)
      const scorers = ports.map((port) =>
        start('scorer', { HTTP_HOST: '127.0.0.1', HTTP_PORT: String(port) }),
      )
      const prometheus = await startPrometheus(ports.map((port) => `127.0.0.1:${port}`))
      const positive = async (query: string) => (await prometheus.query(`${query} > 0`)).length
      try {
        await until(
          async () => (await positive('rate(spillway_events_total[5s])')) === 2,
          'two that score',
          120_000,
        )
        expect(await positive('spillway_model_version{step="pol",model="polarization"}')).toBe(2)
        expect(await positive('spillway_chain_events_total')).toBeGreaterThan(0)
        for (const port of ports)
          expect((await fetch(`http://127.0.0.1:${port}/healthz/ready`)).status).toBe(200)
      } catch (error) {
        throw new Error(children.map(({ text }) => text).join('\n---\n'), { cause: error })
      } finally {
        await prometheus.stop()
      }
      for (const child of [...scorers, producer]) child.kill('SIGTERM')
      for (const child of [...scorers, producer]) expect((await child.ended).code, child.text).toBe(0)
    })
  },
)

describe.skipIf(!needServers('promtool'))("compose.yaml's Prometheus", () => {
  it('has a valid configuration', () => {
    const folder = temporary()
    for (const name of ['rules.yaml', 'alerts.yaml'])
      writeFileSync(join(folder, name), textOf(`deploy/prometheus/${name}`))
    writeFileSync(join(folder, 'prometheus.yml'), textOf('deploy/compose/prometheus.yaml'))
    const said = String(execFileSync('promtool', ['check', 'config', join(folder, 'prometheus.yml')]))
    expect(said).toContain('SUCCESS')
  })
})
