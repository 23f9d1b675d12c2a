#!/usr/bin/env node
// Swaps models under load on real Kafka and NATS, hostile bundles among them, and counts what comes out:
// npm run swaps -- --swaps 200 --events 1000000 --rate 5000
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { connect } from 'nats'
import { entryOf } from '../../dist/models/registry.js'
import { openRegistry } from '../../dist/models/registry-open.js'
import { openKafka } from '../../dist/stream/kafka/index.js'
import { startKafka } from '../../scripts/servers/kafka.mjs'
import { startNats } from '../../scripts/servers/nats.mjs'
import { freePorts } from '../../scripts/servers/process.mjs'
import { messages, reference } from '../chaos/events.mjs'
import { Scorer } from '../chaos/scorer.mjs'
import { firstOfSample, hostile, publicKey, signed, versioned } from './models.mjs'
import { Oracle, quantile } from './oracle.mjs'
import { slopeOf } from './slope.mjs'

const help = `npm run swaps -- [options]

Swaps models under load on a real broker and a real nats-server, hostile bundles among them, and counts what comes out.

  --swaps N          versions that must go live (200)
  --events M         events to stream at least (1000000); a quarter of them, or 5 s, before the first swap
  --rate R           events per second (5000)
  --partitions P     of the topic (4)
  --workers W        worker threads of the scorer (2)
  --hostile-every K  a hostile bundle before every K-th swap (5)
  --minutes T        swap no longer than that: fewer versions are then live in the end, and it exits 1 (600)
  --give-up-s S      how long to wait for a version to be live (120)
  --heaps FILE       every thread's heap each second, one JSON line each

The last line is JSON. Zeros are wanted for lost, doubled, wrong, mixed, unpublished, dead_letters and not_refused; with
them, and every swap made, it exits 0. p99_ratio is that of the latencies sent during the swaps to those before them.
rss_mb is the scorer's resident memory after the first swap, in the middle and after the last. rss_slope_kb_per_swap is
fitted over the second half of the swaps, in which heaps and caches no longer grow to what they need, and
rss_slope_error is its standard error: memory that rises and falls with every collection fits no line well. A slope
within two errors of zero is none.`

const { values } = parseArgs({
  options: {
    help: { type: 'boolean', default: false },
    heaps: { type: 'string' },
    swaps: { type: 'string', default: '200' },
    events: { type: 'string', default: '1000000' },
    rate: { type: 'string', default: '5000' },
    partitions: { type: 'string', default: '4' },
    workers: { type: 'string', default: '2' },
    'hostile-every': { type: 'string', default: '5' },
    minutes: { type: 'string', default: '600' },
    'give-up-s': { type: 'string', default: '120' },
  },
})
if (values.help) {
  console.log(help)
  process.exit(0)
}
const number = (name) => {
  const value = Number(values[name])
  if (!Number.isInteger(value) || value < 1)
    throw new Error(`--${name} ${values[name]}: a whole number above 0 is needed`)
  return value
}
const [swaps, total, rate, partitions] = ['swaps', 'events', 'rate', 'partitions'].map(number)
const every = number('hostile-every')
const minutes = number('minutes')
const giveUpMs = number('give-up-s') * 1e3
const note = (line) => console.error(`${new Date().toISOString().slice(11, 23)} ${line}`)
/** Versions are this far apart: what is hostile, older or a flood has room between. */
const STEP = 10

const folder = mkdtempSync(join(tmpdir(), 'spillway-swaps-'))
const expected = await reference()
const oracle = new Oracle({ ...expected, first: await firstOfSample() })
const [broker, nats, [port]] = [
  await startKafka({ dataDir: join(folder, 'kafka') }),
  await startNats(),
  await freePorts(1),
]
note(`broker ${broker.bootstrap}, ${nats.url}, logs in ${folder}`)
const client = await openKafka({
  brokers: [broker.bootstrap],
  clientId: 'swaps',
  client: 'kafkajs',
  connectionTimeoutMs: 5_000,
  requestTimeoutMs: 30_000,
})
const admin = client.admin()
for (const topic of ['events', 'scores', 'dead']) await admin.create(topic, { partitions })
const registry = await openRegistry(`${nats.url}/models`, folder)
const connection = await connect({ servers: nats.url })
const [objects, keys] = [
  await connection.jetstream().views.os('models'),
  await connection.jetstream().views.kv('models'),
]

let live = STEP
const published = new Set([live])
await registry.publish(signed(versioned(live)))
writeFileSync(join(folder, 'key.pem'), publicKey.export({ type: 'spki', format: 'pem' }))
const pipeline = join(folder, 'swaps.yaml')
writeFileSync(
  pipeline,
  `name: swaps
source: { topic: events }
steps:
  - name: pol
    model:
      registry: ${nats.url}/models
      name: polarization
      require_signed: true
      public_key: key.pem
      poll_s: 5
      trial_s: 8
sink: { scores: { topic: scores }, dead_letters: { topic: dead }, commit: { interval_ms: 50 } }
kafka: { brokers: ['${broker.bootstrap}'] }
workers: { count: ${number('workers')} }
http: { port: ${port} }
`,
)
await oracle.start(client, 'scores', (version) => published.has(version))
const log = join(folder, 'scorer.log')
const scorer = new Scorer(pipeline, log)
if (values.heaps !== undefined) {
  process.env.SWAPS_HEAPS = resolve(values.heaps)
  process.env.NODE_OPTIONS = `--import ${new URL('./heaps.mjs', import.meta.url)}`
}
scorer.start()

let phase = 'warm-up'
let producing = true
let sent = 0
const producer = (async () => {
  const producer = client.producer()
  let partition = 0
  let due = performance.now()
  for await (const { value, events } of messages(Number.MAX_SAFE_INTEGER)) {
    if (!producing) break
    const late = performance.now() - due
    if (late < 0) await sleep(-late)
    // A pause of the machine is not made up for by a burst.
    due = Math.max(due, performance.now() - 200) + (events / rate) * 1e3
    oracle.produced.set(sent, { at: Date.now(), phase })
    await producer.send([{ topic: 'events', partition, key: null, value }])
    partition = (partition + 1) % partitions
    sent += events
  }
  await producer.close()
})()
producer.catch((error) => {
  note(`producer: ${error.stack}`)
  process.exit(1)
})

const metrics = async () => {
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()
  const sum = (name) =>
    [...text.matchAll(new RegExp(`^${name}(?:\\{.*\\})? (\\S+)$`, 'gm'))].reduce(
      (all, [, n]) => all + Number(n),
      0,
    )
  return { refused: sum('spillway_model_refused_total'), swapped: sum('spillway_model_swaps_total') }
}
async function until(check, what, limitMs = giveUpMs) {
  for (const end = Date.now() + limitMs; !(await check()); await sleep(25))
    if (Date.now() > end) {
      note(`gave up after ${limitMs / 1e3} s: ${what}`)
      return false
    }
  return true
}
const rss = () => {
  const found = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${scorer.pid}/status`, 'utf8'))
  return Number(found[1])
}

await until(() => oracle.seen > 0, 'the first scores')
await sleep(3_000)
phase = 'baseline'
const baselineUntil = sent + Math.max(5 * rate, 0.25 * total)
await until(() => sent >= baselineUntil, 'the baseline', 3_600_000)
phase = 'swaps'
note(`baseline done, ${sent} events`)

let done = 0
let stuck = 0
const notRefused = []
const memory = []
const kinds = Object.keys(hostile)
let attacks = 0
const enough = Date.now() + minutes * 60e3
while (done < swaps && Date.now() < enough) {
  if (done % every === every - 1) await attack(kinds[attacks++ % kinds.length])
  const version = live + STEP
  published.add(version)
  const start = performance.now()
  await registry.publish(signed(versioned(version)))
  if (await until(() => oracle.newest >= version, `version ${version} to be live`)) {
    done++
    memory.push(rss())
  } else if (++stuck > 3) break
  live = version
  if (done % 20 === 0)
    note(
      `${done} swaps, ${oracle.seen} events, ${memory.at(-1)} kB, ${(performance.now() - start).toFixed(0)} ms`,
    )
}
await until(() => sent >= total, 'all events', 3_600_000)
phase = 'end'
producing = false
await producer
await until(
  () => oracle.seen >= sent || Date.now() - oracle.lastProgress > giveUpMs,
  'all events to come out',
)
// Whatever would come twice must have the time to come.
await sleep(2_000)
const { code, signal } = await scorer.end('SIGTERM')
await sleep(500)
await oracle.close()
const dead = (await admin.offsets('dead')).reduce((sum, { begin, end }) => sum + Number(end - begin), 0)
await connection.close()
await registry.close()
await client.close()
await broker.stop()
await nats.stop()

/** Publishes something hostile above the live version and waits until it is refused. */
async function attack(kind) {
  const version = live + 1
  const { files, damage, more = [], silent = false } = hostile[kind](version, live - 3)
  const before = (await metrics()).refused
  if (damage !== undefined) await forge(files, damage)
  else for (const one of [files, ...more]) await registry.publish(one)
  if (silent) await sleep(1_500)
  else if (!(await until(async () => (await metrics()).refused > before, `${kind} to be refused`, 60_000)))
    notRefused.push(kind)
  live += more.length > 0 ? more.length + 1 : 1
}

/** Publishes as a registry would, but for the bytes of the model. */
async function forge(files, damage) {
  const entry = entryOf(files, 'forged', new Date())
  for (const { name, sha256 } of entry.files)
    await objects.putBlob({ name: sha256 }, name === 'model.onnx' ? damage(files.get(name)) : files.get(name))
  await keys.create(`${entry.name}.${entry.version}`, JSON.stringify(entry))
}

// In the first half of the swaps heaps and caches grow to what they need.
const trend = slopeOf(memory.slice(memory.length >> 1))
const p99 = {
  baseline: quantile(oracle.latencies.baseline, 0.99),
  swaps: quantile(oracle.latencies.swaps, 0.99),
}
note(
  `largest difference of a score: ${oracle.largestDifference.toExponential(2)}; end of the scorer: ${code ?? signal}; log ${log}`,
)
const lost = sent - oracle.seen
const closing = {
  events: sent,
  swaps: done,
  lost,
  doubled: oracle.doubled,
  wrong: oracle.wrong,
  mixed: oracle.mixed,
  unpublished: oracle.unknown,
  dead_letters: dead,
  versions: oracle.versions.size,
  hostile: attacks,
  not_refused: notRefused.length,
  p50_ms: {
    baseline: quantile(oracle.latencies.baseline, 0.5),
    swaps: quantile(oracle.latencies.swaps, 0.5),
  },
  p99_ms: p99,
  p99_ratio:
    p99.baseline === null || p99.swaps === null ? null : Number((p99.swaps / p99.baseline).toFixed(2)),
  rss_mb: { first: mb(memory[0]), middle: mb(memory[memory.length >> 1]), last: mb(memory.at(-1)) },
  rss_slope_kb_per_swap: trend === null ? null : Number(trend.slope.toFixed(1)),
  rss_slope_error: trend === null ? null : Number(trend.error.toFixed(1)),
}
console.log(JSON.stringify(closing))
const sound = lost + oracle.doubled + oracle.wrong + oracle.mixed + oracle.unknown + dead === 0
process.exit(sound && done === swaps && notRefused.length === 0 && code === 0 ? 0 : 1)

function mb(kb) {
  return kb === undefined ? null : Math.round(kb / 1024)
}
