import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, loadavg, tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import Table from 'cli-table3'
import { parse, stringify } from 'yaml'
import { startKafka } from '../../scripts/servers/kafka.mjs'
import { sample } from './engine/cpu.mjs'
import { Topics } from './engine/topics.mjs'

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..', '..')
const main = join(root, 'dist', 'cli', 'main.js')
const PARTITIONS = 4
/** A sixth below the knee is what one would plan with; there CPU and memory are taken. */
const PLANNED = 0.85

/** Where each ramp begins, events/s: a rate that compiles what is hot before anything is measured. */
const PIPELINES = [
  { name: 'zjets', data: 'zj.arrow', from: 20_000, processes: [1, 2] },
  { name: 'h4l', data: 'h4l.arrow', from: 6_000, processes: [1] },
  { name: 'largeR', data: 'largeR.arrow', from: 1_500, processes: [1, 2] },
]

/**
 * What a process of the demo's pipelines takes from topic to topic, exactly once, with one worker: the knee of a ramp by
 * `spillway bench load`, then CPU and memory at 85 % of it. Broker, scorers and load share the machine. `--pipelines
 * zjets,largeR` takes only these.
 */
export async function run({ json = null, quick = false, argv = [] } = {}) {
  const { values } = parseArgs({ args: argv, strict: false, options: { pipelines: { type: 'string' } } })
  const names = values.pipelines?.split(',') ?? PIPELINES.map(({ name }) => name)
  const pipelines = PIPELINES.filter(({ name }) => names.includes(name))
  const [hold, factor, warm] = quick ? [3, 2, 3] : [6, 1.25, 10]
  const folder = mkdtempSync(join(tmpdir(), 'spillway-sizing-'))
  const kafka = await startKafka({ dataDir: join(folder, 'kafka') })
  const lines = []
  try {
    for (const pipeline of pipelines) {
      for (const processes of pipeline.processes) {
        const of = { ...pipeline, count: processes, folder, broker: kafka.bootstrap, hold, factor, warm }
        lines.push(await size(of))
        const { knee, perCpu, rssMb } = lines.at(-1)
        console.error(`${pipeline.name} x ${processes}: knee ${knee}, ${perCpu} per CPU s, ${rssMb} MB`)
      }
    }
  } finally {
    await kafka.stop()
    rmSync(folder, { recursive: true, force: true })
  }
  print(lines)
  const targets = pipelines
    .filter(({ processes }) => processes.length > 1)
    .map(({ name }) => {
      const [one, two] = [1, 2].map((n) => lines.find((line) => line.name === name && line.processes === n))
      const value = two.knee / one.knee / 2
      return { id: `${name}-second-process`, target: 0.8, value, ok: value >= 0.8 }
    })
  const machine = { cpu: cpus()[0]?.model, cores: cpus().length, node: process.version, load: loadavg() }
  if (json !== null)
    writeFileSync(
      json,
      `${JSON.stringify({ bench: 'sizing', machine, hold, factor, lines, targets }, null, 2)}\n`,
    )
}

async function size({ name, data, from, count, folder, broker, hold, factor, warm }) {
  const id = `${name.toLowerCase()}-${count}`
  const topics = await Topics.connect(broker, PARTITIONS)
  await topics.create(`${id}-in`, `${id}-out`, `${id}-accepted`, `${id}-dead`)
  const file = join(folder, `${id}.yaml`)
  writeFileSync(file, topicToTopic(name, id, broker))
  const scorers = Array.from({ length: count }, () => scorer(file))
  const pids = scorers.map(({ child }) => child.pid)
  const load = (...more) => bench(file, join(root, 'demo', 'data', data), folder, more)
  try {
    await load('--rates', String(from), '--hold', String(warm), '--limit', '30')
    await load('--rates', String(from * 2), '--hold', String(warm), '--limit', '30')
    const ramp = await load('--from', from, '--to', '1000000', '--factor', factor, '--hold', hold)
    const planned = Math.round(ramp.knee * PLANNED)
    const before = sample(pids)
    const { steps } = await load('--rates', planned, '--hold', hold * 2, '--limit', '5')
    const after = sample(pids)
    const [{ messages, latency }] = steps
    return {
      name,
      processes: count,
      knee: Math.round(ramp.knee),
      planned,
      p99: latency.p99,
      perCpu: Math.round((messages * ROWS) / (after.cpu - before.cpu)),
      rssMb: Math.round(after.rss / count / 2 ** 20),
      curve: ramp.steps,
    }
  } finally {
    for (const { child } of scorers) child.kill('SIGTERM')
    await Promise.all(scorers.map(({ ended }) => ended))
    await topics.close()
  }
}

const ROWS = 256

/** The demo's pipeline from topic to topic; its folder is another, so paths are made absolute. */
function topicToTopic(name, id, broker) {
  const folder = join(root, 'demo', 'pipelines')
  const { gather: _, description, steps, sink } = parse(readFileSync(join(folder, `${name}.yaml`), 'utf8'))
  return stringify({
    name: id,
    description,
    source: { topic: `${id}-in`, from: 'earliest' },
    steps: steps.map((step) => ({
      ...step,
      ...(step.model !== undefined && { model: join(folder, step.model), provider: 'cpu' }),
    })),
    sink: {
      scores: { topic: `${id}-out` },
      accepted: { topic: `${id}-accepted` },
      dead_letters: { topic: `${id}-dead` },
      columns: sink.columns,
      commit: { interval_ms: 200 },
    },
    workers: { count: 1 },
    http: { port: 0 },
    kafka: { brokers: [broker] },
  })
}

function scorer(file) {
  const child = spawn(process.execPath, [main, 'run', file], { stdio: ['ignore', 'ignore', 'inherit'] })
  return { child, ended: new Promise((done) => child.once('exit', done)) }
}

/** Runs `spillway bench load` and reads what it wrote. A rate that is not kept is a result, not an error. */
async function bench(file, data, folder, more) {
  const json = join(folder, 'curve.json')
  rmSync(json, { force: true })
  const args = [main, 'bench', 'load', data, '--config', file, '--rows', ROWS, '--json', json, ...more]
  const child = spawn(process.execPath, args.map(String), { stdio: ['ignore', 'ignore', 'inherit'] })
  const code = await new Promise((done) => child.once('exit', done))
  if (!existsSync(json))
    throw new Error(`spillway bench load on ${file} ended with ${code} and wrote no curve`)
  return JSON.parse(readFileSync(json, 'utf8'))
}

function print(lines) {
  const head = [
    'pipeline',
    'processes',
    'knee, events/s',
    'p99 at 85 %, ms',
    'events per CPU s',
    'MB a process',
  ]
  const table = new Table({ head, style: { head: [], border: [] } })
  for (const { name, processes, knee, p99, perCpu, rssMb } of lines)
    table.push([name, processes, knee, (p99 * 1e3).toFixed(0), perCpu, rssMb].map(String))
  process.stdout.write(`${table.toString()}\n`)
}
