// Physics kernels against their Python peers, interleaved in one run, per CPU-second of each process:
//   npm run bench -- physics [--json FILE] [--quick] [--jets FILE.arrow] [--limit N] [--rounds N]
// SPILLWAY_PYTHON names a Python with fastjet, awkward, vector and numpy (default python3).
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { fromPtEtaPhiE } from '#spillway/physics/convert.js'
import { Clusterer } from '#spillway/physics/jets/clusterer.js'
import { antiKt, cambridgeAachen, WHOLE_JET } from '#spillway/physics/jets/definition.js'
import { inclusiveJets } from '#spillway/physics/jets/jets.js'
import { lundTree, primaryLundPlane } from '#spillway/physics/jets/lund.js'
import { PairKinematics, pairFeatures } from '#spillway/physics/pairs/pair-kinematics.js'
import { generateEvents } from '../physics/generate-events.mjs'
import { readJets } from '../support/arrow-jets.mjs'

const SMALL = fileURLToPath(new URL('../data/largeR_jets_small.arrow', import.meta.url))
const LUNDNET_JETS = 100
const WARM_UP = 5

/**
 * Runs the benchmark and prints it; gives (and writes to `json`) medians, ratios and targets. Of `argv`: `--jets FILE`,
 * an Arrow file of large-R jets, `--limit` of them, and `--rounds`.
 */
export async function run({ json = null, quick = false, argv = [] } = {}) {
  const { values } = parseArgs({ args: argv, strict: false, options })
  const rounds = Number(values.rounds ?? (quick ? 3 : 9))
  const work = prepare(values.jets ?? SMALL, Number(values.limit ?? 10_000))
  const folder = mkdtempSync(join(tmpdir(), 'spillway-bench-'))
  const peer = await startPeer(folder, work)
  try {
    const lines = []
    for (const task of tasks(work)) {
      lines.push(await measure(task, peer, rounds))
      print(lines.at(-1))
    }
    const machine = { cpu: cpus()[0]?.model, cores: cpus().length, node: process.version, load: loadavg() }
    const report = {
      bench: 'physics',
      machine,
      peers: peer.versions,
      rounds,
      lines,
      targets: targets(lines),
    }
    if (json !== null) writeFileSync(json, `${JSON.stringify(report, null, 2)}\n`)
    return report
  } finally {
    peer.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

const options = { jets: { type: 'string' }, rounds: { type: 'string' }, limit: { type: 'string' } }

function print({ id, peer, unit, perCpuSecond, peerPerCpuSecond, ratio, target }) {
  const goal = target === undefined ? '' : `  (target ${target}: ${ratio >= target ? 'met' : 'not met'})`
  process.stdout.write(
    `${id}: ${perCpuSecond} ${unit} per CPU-second, ${peer} ${peerPerCpuSecond}: ${ratio.toFixed(2)} x${goal}\n`,
  )
}

/**
 * What is asked of the kernels: ours, the peer's task of the same work, and the ratio to reach (absent:
 * reported only).
 */
function tasks({ jets, few, events, long, pairs, pairsLarge, pairs32, pairsLarge32 }) {
  const clusterer = new Clusterer()
  const kinematics = new PairKinematics()
  const whole = cambridgeAachen(WHOLE_JET)
  const lund = (l) => primaryLundPlane(clusterer.cluster(l.p4, l.offsets, whole)).lnKt.length
  const tree = (l) => lundTree(clusterer.cluster(l.p4, l.offsets, whole)).lnKt.length
  const find = (l) => inclusiveJets(clusterer.cluster(l.p4, l.offsets, antiKt(0.4)), 5).node.length
  const features = (batch) => {
    for (let k = 0; k < batch.repeat; k++) leadingPairs(kinematics, batch.columns, batch.into)
    return batch.repeat
  }
  const rows = (batch) => batch.repeat * (batch.columns.offsets.length - 1)
  return [
    {
      id: 'ca-lund',
      unit: 'jets',
      count: jets.offsets.length - 1,
      ours: () => lund(jets),
      peer: 'fastjet-lund',
      target: 1,
    },
    {
      id: 'lund-tree',
      unit: 'jets',
      count: few.offsets.length - 1,
      ours: () => tree(few),
      peer: 'lundnet',
      times: 20,
    },
    {
      id: 'antikt-events',
      unit: 'events',
      count: events.offsets.length - 1,
      ours: () => find(events),
      peer: 'fastjet-events',
    },
    {
      id: 'antikt-long-events',
      unit: 'events',
      count: long.offsets.length - 1,
      ours: () => find(long),
      peer: 'fastjet-long',
    },
    ...Object.entries({ pairs, pairsLarge, pairs32, pairsLarge32 }).flatMap(([name, batch]) => {
      const line = (peer, target) => ({
        id: `kinematics-${name}-${peer}`,
        unit: 'events',
        count: rows(batch),
        ours: () => features(batch),
        peer: `${peer}-${name}`,
        target,
      })
      // In single precision numpy's helicity cosine is off by up to 0.4: another answer, so only reported.
      const single = name.endsWith('32') ? [line('numpy-single')] : []
      return [line('vector', 2), line('numpy', 2), ...single]
    }),
  ]
}

/**
 * Eight features of the two leading leptons, from the columns of a batch: the work of the kinematics lines. The memory
 * for them is used again from batch to batch, which numpy's allocator does for numpy.
 */
function leadingPairs(kinematics, { offsets, ...leptons }, into) {
  const first = offsets.subarray(0, -1)
  const { second, features } = into
  for (let i = 0; i < second.length; i++) second[i] = first[i] + 1
  return kinematics.compute(leptons, first, second, features)
}

function prepare(path, limit) {
  const { constituents, offsets } = readJets(path, limit)
  const jets = { p4: fromPtEtaPhiE(constituents), offsets }
  const few = { p4: jets.p4, offsets: offsets.slice(0, LUNDNET_JETS + 1) }
  return {
    jets,
    few: { p4: cut(few.p4, few.offsets.at(-1)), offsets: few.offsets },
    events: generateEvents(300, 1),
    long: merged(generateEvents(320, 2), 16),
    pairs: leptonPairs(4096, 100, Float64Array),
    pairsLarge: leptonPairs(65_536, 6, Float64Array),
    pairs32: leptonPairs(4096, 100, Float32Array),
    pairsLarge32: leptonPairs(65_536, 6, Float32Array),
  }
}

const cut = (p4, end) =>
  Object.fromEntries(Object.entries(p4).map(([name, column]) => [name, column.subarray(0, end)]))

/** Joins every `count` events into one, as pile-up does. */
function merged({ p4, offsets }, count) {
  return { p4, offsets: offsets.filter((_, l) => l % count === 0) }
}

/** Events of two or three leptons, pT-ordered, as columns of doubles or, as files have them, of floats. */
function leptonPairs(count, repeat, Column) {
  const { p4, offsets } = generateEvents(Math.ceil(count / 50), 3)
  const lists = new Int32Array(count + 1)
  const columns = { pt: [], eta: [], phi: [], mass: [] }
  for (let l = 0, i = 0; l < count; l++) {
    for (let k = 0; k < 2 + (l % 4 === 0 ? 1 : 0); k++, i = (i + 1) % offsets.at(-1)) {
      const pt = 20 + Math.hypot(p4.px[i], p4.py[i])
      columns.pt.push(pt)
      columns.eta.push(Math.asinh(p4.pz[i] / Math.hypot(p4.px[i], p4.py[i])) / 2)
      columns.phi.push(Math.atan2(p4.py[i], p4.px[i]))
      columns.mass.push(0.10566)
    }
    lists[l + 1] = columns.pt.length
  }
  const typed = Object.fromEntries(
    Object.entries(columns).map(([name, column]) => [name, Column.from(column)]),
  )
  const into = { second: new Int32Array(count), features: pairFeatures(count) }
  return { columns: { ...typed, offsets: lists }, repeat, into }
}

async function startPeer(folder, work) {
  const write = (name, column) =>
    writeFileSync(join(folder, `${name}.f64`), new Uint8Array(Float64Array.from(column).buffer))
  for (const [name, { p4, offsets }] of Object.entries({
    jets: work.jets,
    events: work.events,
    long: work.long,
  })) {
    for (const [component, column] of Object.entries(p4)) write(`${name}_${component}`, column)
    write(`${name}_offsets`, offsets)
  }
  for (const name of ['pairs', 'pairsLarge', 'pairs32', 'pairsLarge32']) {
    const { repeat, columns } = work[name]
    for (const [key, column] of Object.entries(columns)) write(`${name}_${key}`, column)
    writeFileSync(join(folder, `repeat_${name}`), String(repeat))
  }
  writeFileSync(join(folder, 'few'), String(LUNDNET_JETS))
  const script = fileURLToPath(new URL('physics_peers.py', import.meta.url))
  const child = spawn(process.env.SPILLWAY_PYTHON ?? 'python3', [script, folder], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, OMP_NUM_THREADS: '1', OPENBLAS_NUM_THREADS: '1' },
  })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const answer = async () => {
    for (;;) {
      const { value, done } = await lines.next()
      if (done) throw new Error('The Python peer ended; it needs fastjet, awkward, vector and numpy.')
      // FastJet prints a banner.
      if (value.startsWith('{')) return JSON.parse(value)
    }
  }
  const { ready } = await answer()
  return {
    versions: ready,
    ask: async (task) => {
      child.stdin.write(`${task}\n`)
      return answer()
    },
    stop: () => child.stdin.end(),
  }
}

/**
 * Some rounds to warm up and then `rounds` of ours, theirs, ours, theirs, …: medians of the CPU seconds per unit.
 */
async function measure({ id, unit, count, ours, peer: name, times = 1, target }, peer, rounds) {
  const own = []
  const other = []
  for (let r = -WARM_UP; r < rounds; r++) {
    const before = process.cpuUsage()
    for (let k = 0; k < times; k++) ours()
    const { user, system } = process.cpuUsage(before)
    const { cpu } = await peer.ask(name)
    if (r < 0) continue
    own.push((user + system) / 1e6 / times / count)
    other.push(cpu / count)
  }
  const [spillway, theirs] = [median(own), median(other)]
  const ratio = theirs / spillway
  return {
    id,
    peer: name,
    unit,
    perCpuSecond: Math.round(1 / spillway),
    peerPerCpuSecond: Math.round(1 / theirs),
    ratio,
    target,
  }
}

function targets(lines) {
  return lines
    .filter((line) => line.target !== undefined)
    .map(({ id, target, ratio }) => ({ id, target, value: Number(ratio.toFixed(3)), ok: ratio >= target }))
}

const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1]
