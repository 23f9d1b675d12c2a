#!/usr/bin/env node
// Swaps models in one process, without Kafka, NATS and trials, while events stream, and shows what its threads hold:
// node test/swaps/loop.mjs --swaps 1000
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { setFlagsFromString } from 'node:v8'
import { BroadcastChannel } from 'node:worker_threads'
import { folderRegistry } from '../../dist/models/registry-folder.js'
import { loadPipeline } from '../../dist/stream/config/load.js'
import { ModelFeed } from '../../dist/stream/control/feed.js'
import { Engine } from '../../dist/stream/engine.js'
import { Metrics } from '../../dist/stream/metrics.js'
import { setRuntimeFlags } from '../../dist/stream/runtime-flags.js'
import { NO_MARK } from '../../dist/stream/sink.js'
import { FileSource } from '../../dist/stream/sources/file-source.js'
import { sample } from '../chaos/events.mjs'
import { collector, holding, mapped } from './heaps.mjs'
import { versioned } from './models.mjs'
import { slopeOf } from './slope.mjs'

const help = `node test/swaps/loop.mjs [options]

Swaps a model for itself, read anew from a registry each time, in a pipeline from a file to nowhere, and shows after every
twentieth part of the swaps what the main thread and the workers hold.

  --swaps N     (1000)
  --rate R      events per second (5000)
  --workers W   worker threads (2)
  --pause MS    between two swaps (50)
  --collect     a whole collection in every thread after every swap: what is left is no garbage
  --flags F     V8's flags in place of a scorer's: '' for V8's defaults

The last line is JSON: resident memory and its slope over the second half with its standard error, and what is left in
each thread after a collection.`

const { values } = parseArgs({
  options: {
    help: { type: 'boolean', default: false },
    swaps: { type: 'string', default: '1000' },
    rate: { type: 'string', default: '5000' },
    workers: { type: 'string', default: '2' },
    pause: { type: 'string', default: '50' },
    collect: { type: 'boolean', default: false },
    flags: { type: 'string' },
  },
})
if (values.help) {
  console.log(help)
  process.exit(0)
}
const [swaps, rate, workers, pause] = ['swaps', 'rate', 'workers', 'pause'].map((name) =>
  Number(values[name]),
)

if (values.flags === undefined) setRuntimeFlags()
else for (const flag of values.flags.split(' ').filter(Boolean)) setFlagsFromString(flag)
const gc = collector()
const folder = mkdtempSync(join(tmpdir(), 'spillway-loop-'))
const registry = folderRegistry(join(folder, 'registry'))
const entry = await registry.publish(versioned(10))
const file = join(folder, 'loop.yaml')
writeFileSync(
  file,
  `name: loop
source: { files: ${resolve(sample)}, rate: ${rate}, repeat: 0 }
steps: [{ name: pol, model: { registry: registry, name: polarization } }]
sink: { scores: { files: out }, dead_letters: { files: dead }, commit: { interval_ms: 50 } }
workers: { count: ${workers} }
`,
)
const { config } = loadPipeline(file)
const feed = await ModelFeed.open(config.steps[0].model, folder)
const metrics = new Metrics('loop')
let events = 0
const lane = {
  open: async () => ({ next: null, mark: NO_MARK }),
  commit: async (done) => {
    for (const { outcome } of done) events += outcome.rows
  },
  mark: async () => {},
  close: async () => {},
}
const engine = await Engine.start({
  config,
  folder,
  source: await FileSource.open([resolve(sample)], { rate, repeat: 0 }),
  sink: { lane: () => lane, describe() {}, close: async () => {} },
  metrics,
  events: {},
  worker: new URL('./worker.mjs', import.meta.url),
  bundles: new Map([['pol', await feed.take(entry)]]),
})
const channel = new BroadcastChannel('swaps')
let tell = () => {}
channel.onmessage = ({ data }) => tell(data)
/** What every thread holds; `collect` has each collect its garbage first. */
async function holdings(collect) {
  const found = []
  const all = new Promise((resolve) => {
    tell = (one) => {
      if (found.push(one) === workers) resolve()
    }
  })
  channel.postMessage({ collect })
  await all
  const start = performance.now()
  if (collect) gc()
  const ms = performance.now() - start
  return [{ sessions: 0, ms, ...holding() }, ...found.sort((a, b) => a.thread - b.thread)]
}
const mb = (bytes) => Number((bytes / 2 ** 20).toFixed(1))
const short = ({ thread, sessions, ms, heapUsed, heapTotal, external, malloced, contexts }) => ({
  thread,
  sessions,
  collect_ms: Number(ms.toFixed(1)),
  heap: `${mb(heapUsed)}/${mb(heapTotal)}`,
  external: mb(external),
  malloced: mb(malloced),
  contexts: contexts.join('/'),
})

const ended = engine.run()
ended.catch((error) => {
  console.error(error)
  process.exit(1)
})
const rss = []
const slowest = []
for (let swap = 1; swap <= swaps; swap++) {
  const bundle = await feed.take(entry)
  const key = `pol#${swap}`
  const start = performance.now()
  await engine.lineUps.change({ step: 'pol', models: () => ({ live: key }), bundles: { [key]: bundle } })
  slowest.push(performance.now() - start)
  await sleep(pause)
  if (values.collect) await holdings(true)
  rss.push(process.memoryUsage.rss() / 1024)
  if (swap % Math.max(1, Math.floor(swaps / 20)) === 0) {
    const line = {
      swap,
      events,
      rss: mb(rss.at(-1) * 1024),
      ms: Number(Math.max(...slowest.splice(0)).toFixed(0)),
    }
    console.error(JSON.stringify({ ...line, ...(existsSync('/proc/self/smaps') && { mapped: mapped() }) }))
    for (const one of await holdings(false)) console.error('  ', JSON.stringify(short(one)))
  }
}
const after = await holdings(true)
const series = (await metrics.registry.metrics()).split('\n').length
const trend = slopeOf(rss.slice(rss.length >> 1))
console.log(
  JSON.stringify({
    swaps,
    events,
    rss_mb: {
      first: mb(rss[0] * 1024),
      middle: mb(rss[rss.length >> 1] * 1024),
      last: mb(rss.at(-1) * 1024),
    },
    rss_slope_kb_per_swap: trend === null ? null : Number(trend.slope.toFixed(2)),
    rss_slope_error: trend === null ? null : Number(trend.error.toFixed(2)),
    collected: after.map(short),
    rss_collected_mb: mb(process.memoryUsage.rss()),
    series,
  }),
)
await engine.stop(1_000)
await ended
await engine.close()
await feed.close()
await registry.close()
channel.close()
rmSync(folder, { recursive: true, force: true })
