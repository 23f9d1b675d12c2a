import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { startKafka } from '../../scripts/servers/kafka.mjs'
import { runLatency } from './engine/latency.mjs'
import { loads } from './engine/loads.mjs'
import { parseOptions, usage } from './engine/options.mjs'
import { printProfile, profile } from './engine/profile.mjs'
import { NAMES, printLatency, printSoak, printTargets, printThroughput } from './engine/report.mjs'
import { runSoak } from './engine/soak.mjs'
import { targetsOf } from './engine/targets.mjs'
import { prepare, runCeiling, runFiles, runKafka, runPython } from './engine/throughput.mjs'
import { Topics } from './engine/topics.mjs'
import { ceilingBatch, pythonChunk } from './engine/tune.mjs'
import { pythonWithPeers } from './engine/venv.mjs'

const PARTITIONS = 4
/** Rows a message; for jets, the record batches of the demo data, about 250 KB. */
const ROWS = { mlp: 2048, transformer: 256 }
/** Of the uncounted round of latencies. */
const WARM_SECONDS = 10
const note = (text) => process.stderr.write(`${text}\n`)

/** The engine against raw ONNX Runtime and a Python consumer: throughput, latency, memory. */
export async function run({ json, quick, argv }) {
  const options = parseOptions(argv, quick)
  if (options.help) return process.stdout.write(`${usage}\n`)
  const folder = mkdtempSync(join(tmpdir(), 'spillway-bench-'))
  const interpreter = options.parts.includes('profile') ? null : await pythonWithPeers()
  const kafka = await startKafka()
  let topics
  try {
    topics = await Topics.connect(kafka.bootstrap, PARTITIONS)
    const shared = { folder, topics, broker: kafka.bootstrap, workers: options.workers, interpreter }
    const results = await measure(options, shared)
    if (json !== null)
      writeFileSync(json, `${JSON.stringify({ ...machine(options), ...results }, null, 2)}\n`)
  } finally {
    await topics?.close()
    await kafka.stop()
    if (!options.parts.includes('profile')) rmSync(folder, { recursive: true, force: true })
  }
}

const machine = (options) => ({
  bench: 'engine',
  options,
  machine: { cpu: cpus()[0]?.model, cores: cpus().length, node: process.version, load: loadavg() },
  note: 'Wall figures are of this machine at that time; on a shared one compare figures per CPU second.',
})

async function measure(options, shared) {
  const results = { tuned: {}, throughput: {}, latency: {}, soak: null }
  const has = (part) => options.parts.includes(part)
  if (has('profile')) {
    const profiles = []
    for (const load of options.loads) {
      profiles.push({ load, ...(await profile(await settingsOf(load, options, shared))) })
      printProfile(profiles.at(-1))
    }
    return { profiles }
  }
  for (const load of options.loads) {
    if (!has('throughput') && load !== 'mlp') continue
    note(`${loads[load].title}: finding the best chunk sizes …`)
    results.tuned[load] = {
      python: await pythonChunk(load, shared.interpreter),
      ...(has('throughput') && { ceiling: await ceilingBatch(load, { rows: ROWS[load] }) }),
    }
    if (has('throughput')) {
      results.throughput[load] = await throughput(
        await settingsOf(load, options, shared, results.tuned[load]),
        options,
      )
      printThroughput(loads[load].title, results.throughput[load])
    }
  }
  const mlp = { ...shared, load: 'mlp', data: options.data.mlp, rate: 20_000 }
  if (has('latency')) {
    const chunk = results.tuned.mlp?.python.chunk ?? 256
    results.latency = await latency({ ...mlp, chunk, rows: 200, intervalMs: 20 }, options)
    printLatency(results.latency)
  }
  if (has('soak')) {
    note(`memory over ${options.soakMinutes} min …`)
    results.soak = await runSoak({ ...mlp, minutes: options.soakMinutes })
    printSoak(results.soak)
  }
  const targets = targetsOf(results)
  printTargets(targets)
  return { ...results, targets }
}

const settingsOf = (load, options, shared, tuned) =>
  prepare(load, {
    ...shared,
    rows: ROWS[load],
    events: options.events[load],
    data: options.data[load],
    chunk: tuned?.python.chunk,
    batch: tuned?.ceiling.batch,
  })

/** Round robin over the contestants, so that what the machine does to one it does to all. */
async function throughput(settings, { rounds }) {
  const contestants = {
    ceiling: () => runCeiling(settings),
    files: () => runFiles(settings),
    exactly_once: (round) => runKafka(settings, round, 'exactly_once'),
    at_least_once: (round) => runKafka(settings, round, 'at_least_once'),
    python: (round) => runPython(settings, round),
  }
  return robin(
    contestants,
    rounds,
    ({ rate, ratePerCpu }) => `${Math.round(rate)} events/s, ${Math.round(ratePerCpu)} per CPU s`,
  )
}

async function latency(settings, { rounds, seconds }) {
  const names = ['at_least_once', 'python', 'exactly_once']
  const one = (name) => [name, (round) => runLatency({ ...settings, seconds }, round, name)]
  const text = ({ p50, p99 }) => `p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms`
  // A broker just started compiles itself while it answers: the first round, shorter, only warms it up.
  const warm = (name) => [name, () => runLatency({ ...settings, seconds: WARM_SECONDS }, 'warm', name)]
  await robin(Object.fromEntries(names.map(warm)), 1, () => 'broker warm')
  return robin(Object.fromEntries(names.map(one)), rounds, text)
}

async function robin(contestants, rounds, text) {
  const results = Object.fromEntries(Object.keys(contestants).map((name) => [name, []]))
  for (let round = 0; round < rounds; round++) {
    for (const [name, start] of Object.entries(contestants)) {
      const result = await start(round)
      results[name].push(result)
      note(`round ${round + 1}: ${NAMES[name]}: ${text(result)}`)
    }
  }
  return results
}
