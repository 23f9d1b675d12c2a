import { join } from 'node:path'
import { folderRegistry } from '#spillway/models/registry-folder.js'
import { freePorts } from '../../scripts/servers/process.mjs'
import { sleep, until } from './kafka.js'
import { type Bench, range } from './kafka-bench.js'
import { streamOf } from './messages.js'
import { normals, uniform } from './random.js'
import { scaled } from './registries.js'
import { checked } from './topics.js'

export const TOKEN = 'a-token-for-tests'
const ROWS = 40

/** Events with a jet or more, a missing momentum and a normal `x`. */
function events(first: number): Uint8Array {
  const next = uniform(first)
  const jets = range(ROWS).map(() => 1 + Math.floor(3 * next()))
  const list = (of: () => number) => jets.map((count) => range(count).map(of))
  return streamOf({
    event: ['uint64', range(ROWS, first)],
    x: ['float32', [...normals(ROWS, first + 1)]],
    'jets.pt': ['float32', list(() => 25 + 80 * next())],
    'jets.eta': ['float32', list(() => 5 * next() - 2.5)],
    'jets.phi': ['float32', list(() => 6.28 * next() - 3.14)],
    'met.pt': ['float32', range(ROWS).map(() => 20 + 30 * next())],
    'met.phi': ['float32', range(ROWS).map(() => 6.28 * next() - 3.14)],
  })
}

/** Edges of 10 bins, equally likely for a standard normal number. */
const NORMAL = [-1.282, -0.842, -0.524, -0.253, 0, 0.253, 0.524, 0.842, 1.282]
const references = { 'score.y': { edges: NORMAL, counts: new Array<number>(10).fill(100) } }

/**
 * Two processes of a pipeline on Kafka that know each other over NATS and follow a registry, and a stream of about 800
 * events a second. Version 1 gives y = x, as its references say; newer ones are on trial as shadows for good.
 */
export async function liveKafka(bench: Bench, nats: string) {
  const run = await bench.setUp(
    4,
    ({ input, scores, dead }) => `description: events of a test, on two processes
source: { topic: ${input} }
steps:
  - name: tag
    model: { registry: registry, name: tiny, poll_s: 1, rollout: { mode: shadow, events: 1000000000 } }
    drift: { every: 2 }
  - select: { chains: { high: { when: tag.y > 1 }, few: { when: tag.y > 0, prescale: 10 } } }
sink: { scores: { topic: ${scores} }, dead_letters: { topic: ${dead} }, commit: { interval_ms: 100 } }
nats: { servers: ['${nats}'], decisions: false }
http: { group: true, group_actions: true, token: ${TOKEN} }`,
  )
  const registry = folderRegistry(join(run.folder, 'registry'))
  await registry.publish(scaled(1, 1, { references }))
  const ports = await freePorts(2)
  const urls = ports.map((port) => `http://127.0.0.1:${port}`)
  const children = ports.map((port) => bench.start(run.file, '--set', `http.port=${port}`))
  const producer = bench.client.producer()
  let going = true
  let sent = 0
  const feed = (async () => {
    while (going) {
      await producer.send(range(4).map((i) => checked(run.input, i, events(ROWS * sent++))))
      await sleep(200)
    }
    await producer.close()
  })()
  await until(
    async () =>
      (await Promise.all(urls.map((url) => fetch(url).catch(() => null)))).every((answer) => answer?.ok),
    'both pages',
    120_000,
  )
  return {
    ...run,
    urls,
    children,
    registry,
    /** What cannot be read. */
    spoil: (count: number) =>
      bench.produce(
        range(count).map((i) => ({
          topic: run.input,
          partition: i % 4,
          key: null,
          value: Buffer.from('noise'),
        })),
      ),
    /** The newcomer: a little different. */
    publishNext: () => registry.publish(scaled(2, 1.2, { references })),
    async stop() {
      going = false
      await feed
      for (const child of children) child.kill('SIGTERM')
      return Promise.all(children.map(({ ended }) => ended))
    },
  }
}
