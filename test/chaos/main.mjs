#!/usr/bin/env node
// Streams events through two scorers while they are killed and the broker restarts, and counts what comes out:
// npm run chaos -- --events 200000 --partitions 4 --kills 50 --restarts 2
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { openKafka } from '../../dist/stream/kafka/index.js'
import { startKafka } from '../../scripts/servers/kafka.mjs'
import { messages, reference } from './events.mjs'
import { Oracle } from './oracle.mjs'
import { Scorer } from './scorer.mjs'

const help = `npm run chaos -- [options]
  --events N        events to stream (200000)
  --partitions P    of the input and of the output (4)
  --kills K         SIGKILLs of scorers (50)
  --restarts R      of the broker, killed and stopped in turn (2)
  --processes N     scorers (2)
  --client NAME     kafkajs or confluent (kafkajs)
  --seed N          of the moments to kill at (1)
  --give-up-s N     without progress after the last kill (180)
It ends with one line of JSON, and with 1 where an event was lost, doubled or wrong.`

const { values } = parseArgs({
  options: {
    help: { type: 'boolean', default: false },
    events: { type: 'string', default: '200000' },
    partitions: { type: 'string', default: '4' },
    kills: { type: 'string', default: '50' },
    restarts: { type: 'string', default: '2' },
    processes: { type: 'string', default: '2' },
    client: { type: 'string', default: 'kafkajs' },
    seed: { type: 'string', default: '1' },
    'give-up-s': { type: 'string', default: '180' },
  },
})
if (values.help) {
  console.log(help)
  process.exit(0)
}
const number = (name) => {
  const value = Number(values[name])
  if (!Number.isInteger(value) || value < 0)
    throw new Error(`--${name} ${values[name]}: a whole number is needed`)
  return value
}
const [total, partitions, kills, restarts, processes] = [
  'events',
  'partitions',
  'kills',
  'restarts',
  'processes',
].map(number)
const giveUpMs = number('give-up-s') * 1e3

/** Numbers in [0, 1) that a seed fixes (mulberry32). */
let state = number('seed')
function random() {
  state = (state + 0x6d2b79f5) | 0
  let t = Math.imul(state ^ (state >>> 15), 1 | state)
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
  return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
}
const note = (line) => console.error(`${new Date().toISOString().slice(11, 23)} ${line}`)

const folder = mkdtempSync(join(tmpdir(), 'spillway-chaos-'))
const expected = await reference()
const broker = await startKafka({ dataDir: join(folder, 'kafka') })
note(`broker ${broker.bootstrap}, logs in ${folder}`)
const client = await openKafka({
  brokers: [broker.bootstrap],
  clientId: 'chaos',
  client: 'kafkajs',
  connectionTimeoutMs: 5_000,
  requestTimeoutMs: 30_000,
})
const admin = client.admin()
for (const topic of ['events', 'scores', 'dead']) await admin.create(topic, { partitions })
const pipeline = join(folder, 'chaos.yaml')
writeFileSync(
  pipeline,
  `name: chaos
source: { topic: events }
steps: [{ name: pol, model: ${resolve('test/data/models/polarization')} }]
sink:
  scores: { topic: scores }
  dead_letters: { topic: dead }
  commit: { interval_ms: 100 }
kafka: { brokers: ['${broker.bootstrap}'], client: ${values.client}, session_timeout_ms: 1500 }
workers: { count: 1 }
`,
)
const oracle = new Oracle(total, expected)
await oracle.start(client, 'scores')

/** Produces in step with the kills, so that there is always work when a process dies. */
let allowed = 0
const producing = (async () => {
  const producer = client.producer()
  let sent = 0
  let partition = 0
  for await (const { value, events } of messages(total)) {
    while (sent >= allowed) await sleep(20)
    // The broker may be restarting: an event that is not acknowledged is sent again by the client itself.
    await producer.send([{ topic: 'events', partition, key: null, value }])
    partition = (partition + 1) % partitions
    sent += events
  }
  await producer.close()
  note(`all ${sent} events are produced`)
})()
producing.catch((error) => {
  note(`producer: ${error.message}`)
  process.exit(1)
})

/** A moment to kill at: now and then while processes start, mostly while they work. */
async function moment() {
  if (random() < 0.25) return sleep(random() * 1_500)
  const seen = oracle.seen
  for (const deadline = Date.now() + 8_000; oracle.seen === seen && Date.now() < deadline; ) await sleep(20)
  return sleep(random() * 400)
}

const scorers = Array.from(
  { length: processes },
  (_, k) => new Scorer(pipeline, join(folder, `scorer-${k}.log`)),
)
for (const scorer of scorers) scorer.start()
// Nothing that was started here outlives this process, however it ends; the broker has a watchdog.
process.once('exit', () => {
  for (const scorer of scorers) scorer.kill()
})
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(130))
let killed = 0
let restarted = 0
let unplanned = 0
const step = total / (kills + 1)
while (killed < kills) {
  allowed = Math.min(total, Math.ceil(step * (killed + 1)))
  await moment()
  const victim = scorers[Math.floor(random() * scorers.length)]
  if (victim.running) {
    await victim.end('SIGKILL')
    killed++
    if (killed % 10 === 0) note(`${killed} kills, ${oracle.seen} events seen`)
  }
  // One that ended by itself (exit 75 while the broker was away) is what a supervisor starts again.
  for (const scorer of scorers) {
    if (!scorer.running && scorer !== victim) unplanned++
    scorer.start()
  }
  if (restarted < restarts && killed >= ((restarted + 1) * kills) / (restarts + 1)) {
    restarted++
    note(`restarting the broker (${restarted})`)
    if (restarted % 2 === 1) await broker.kill()
    else await broker.stop()
    await broker.restart()
  }
}
allowed = total
oracle.lastProgress = Date.now()
while (oracle.seen < total && Date.now() - oracle.lastProgress < giveUpMs) {
  await sleep(200)
  for (const scorer of scorers) {
    if (!scorer.running) unplanned++
    scorer.start()
  }
}
// Whatever would come twice must have the time to come.
await sleep(3_000)
const ends = await Promise.all(scorers.map((scorer) => scorer.end('SIGTERM')))
await sleep(500)
await oracle.close()
const dead = (await admin.offsets('dead')).reduce((sum, { begin, end }) => sum + Number(end - begin), 0)
await client.close()
await broker.stop()
const { lost, doubled, wrong } = oracle.verdict
note(
  `largest difference of a score: ${oracle.largestDifference.toExponential(2)}; dead letter offsets: ${dead}; unplanned ends: ${unplanned}; ends on SIGTERM: ${ends.map(({ code, signal }) => code ?? signal).join(', ')}`,
)
console.log(JSON.stringify({ events: total, lost, doubled, wrong, kills: killed, restarts: restarted }))
process.exit(lost + doubled + wrong === 0 ? 0 : 1)
