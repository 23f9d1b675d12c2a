import { execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import * as zlib from 'node:zlib'
import { convertFiles } from '#spillway/ingest/convert.js'
import { formats } from '#spillway/ingest/formats/index.js'
import { decoderThreads } from '#spillway/ingest/formats/shared/threads.js'
import { loads } from './engine/loads.mjs'
import { ceilingBatch } from './engine/tune.mjs'

const python = process.env.SPILLWAY_PYTHON ?? 'python3'
const script = fileURLToPath(new URL('formats.py', import.meta.url))
/** Before Node 22.15 zstd is unpacked in JavaScript: then its lines have no target. */
const hasZstd = 'zstdDecompressSync' in zlib
const files = [
  { id: 'root-zlib', format: 'root', file: 'zlib.root', target: 0.5 },
  { id: 'root-lz4', format: 'root', file: 'lz4.root', target: 0.5 },
  { id: 'root-zstd', format: 'root', file: 'zstd.root', target: hasZstd ? 0.5 : undefined },
  { id: 'parquet-snappy', format: 'parquet', file: 'snappy.parquet', target: 0.5 },
  { id: 'parquet-zstd', format: 'parquet', file: 'zstd.parquet', target: hasZstd ? 0.5 : undefined },
  { id: 'hdf5-gzip', format: 'hdf5', file: 'gzip.h5', target: 0.5 },
]
/** Columns of Z + jet events that the demo's MLP is fed with, and as often as makes a file worth reading. */
const [MLP_COLUMNS, MLP_COPIES] = [['event', 'weight', 'leptons', 'jets'], 12]

/**
 * Reading ROOT, Parquet and HDF5 against uproot, pyarrow and h5py: per CPU-second of all threads, one process a side,
 * interleaved, medians; imports, compilation and the start of threads are over before. And against the demo's MLP: how
 * many times as fast as raw ONNX Runtime scores them events come out of a file of each format.
 */
export async function run({ json = null, quick = false } = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'spillway-bench-'))
  const threads = decoderThreads()
  const peer = startPeer()
  try {
    const [rows, repeats] = quick ? [50_000, 3] : [200_000, 9]
    execFileSync(python, [script, 'make', folder, String(rows)])
    const lines = []
    for (const file of files) lines.push(await compare(file, { folder, rows, repeats, peer, threads }))
    const pipeline = await comparePipeline(folder, quick ? 3 : 7, threads)
    const targets = [...lines, ...pipeline].flatMap(({ id, ratio, target }) =>
      target === undefined ? [] : [{ id, target, value: Number(ratio.toFixed(3)), ok: ratio >= target }],
    )
    print(lines, pipeline)
    const machine = { cpu: cpus()[0]?.model, cores: cpus().length, node: process.version, load: loadavg() }
    if (json !== null)
      writeFileSync(
        json,
        `${JSON.stringify({ bench: 'formats', machine, lines, pipeline, targets }, null, 2)}\n`,
      )
    return targets
  } finally {
    peer.stop()
    await threads.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

function startPeer() {
  const child = spawn(python, [script, 'serve'], { stdio: ['pipe', 'pipe', 'inherit'] })
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  return {
    async seconds(format, path) {
      child.stdin.write(`${format} ${path}\n`)
      return Number((await answers.next()).value)
    },
    stop: () => child.stdin.end(),
  }
}

/** CPU seconds of this process, its threads too, to read a file. */
async function ours(name, path, threads) {
  const format = formats.find((one) => one.name === name)
  const start = process.cpuUsage()
  let rows = 0
  for await (const batch of format.read(path, { batchRows: 16_384, threads })) rows += batch.numRows
  const { user, system } = process.cpuUsage(start)
  return { rows, seconds: (user + system) / 1e6 }
}

const WARM_UP = 4

async function compare({ id, format, file, target }, { folder, rows, repeats, peer, threads }) {
  const path = join(folder, file)
  const [mine, theirs] = [[], []]
  for (let i = -WARM_UP; i < repeats; i++) {
    const { seconds } = await ours(format, path, threads)
    const other = await peer.seconds(format, path)
    if (i < 0) continue
    mine.push(seconds)
    theirs.push(other)
  }
  const [own, other] = [median(mine), median(theirs)]
  return {
    id,
    unit: 'events per CPU-second',
    ours: rows / own,
    reference: rows / other,
    ratio: other / own,
    target,
    megabytes: statSync(path).size / 1e6,
  }
}

async function comparePipeline(folder, repeats, threads) {
  const { tried } = await ceilingBatch('mlp', { rows: 2048 })
  const scoring = Math.max(...tried.map(({ rate }) => rate))
  const paths = Object.fromEntries(
    ['root', 'parquet', 'hdf5'].map((format) => [
      format,
      join(folder, `mlp.${format}`.replace('hdf5', 'h5')),
    ]),
  )
  const copies = Array.from({ length: MLP_COPIES }, () => loads.mlp.data)
  for (const format of ['root', 'parquet'])
    await convertFiles(copies, paths[format], { columns: MLP_COLUMNS })
  execFileSync(python, [script, 'dumper', paths.parquet, paths.hdf5])
  const lines = []
  for (const [format, path] of Object.entries(paths)) {
    const rates = []
    for (let i = -WARM_UP; i < repeats; i++) {
      const { rows, seconds } = await ours(format, path, threads)
      if (i >= 0) rates.push(rows / seconds)
    }
    const reading = median(rates)
    lines.push({ id: `${format}-feeds-mlp`, reading, scoring, ratio: reading / scoring, target: 1 })
  }
  return lines
}

function print(lines, pipeline) {
  const k = (rate) => `${(rate / 1e3).toFixed(0)}k`.padStart(6)
  const goal = ({ ratio, target }) =>
    target === undefined ? '' : ` (target ${target}: ${ratio >= target ? 'met' : 'not met'})`
  for (const line of lines) {
    const rates = `${k(line.ours)} events per CPU-second, reference ${k(line.reference)}`
    process.stdout.write(`${line.id.padEnd(18)} ${rates}  ratio ${line.ratio.toFixed(2)}${goal(line)}\n`)
  }
  for (const line of pipeline) {
    const rates = `${k(line.reading)} events per CPU-second read, ${k(line.scoring)} scored at most`
    process.stdout.write(`${line.id.padEnd(18)} ${rates}  ratio ${line.ratio.toFixed(2)}${goal(line)}\n`)
  }
}

const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1]
