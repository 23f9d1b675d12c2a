// Reading ROOT, Parquet and HDF5 against uproot, pyarrow and h5py: interleaved runs, per CPU-second, medians.
// Both sides end with flat values and list offsets of every column. `node test/bench/formats.mjs [--json]`
import { execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { formats } from '#spillway/ingest/formats/index.js'

const python = process.env.SPILLWAY_PYTHON ?? 'python3'
const script = fileURLToPath(new URL('formats.py', import.meta.url))
const endings = { root: '.root', parquet: '.parquet', hdf5: '.h5' }
const target = 0.5

async function ours(name, path) {
  const format = formats.find((one) => one.name === name)
  const start = process.cpuUsage()
  let rows = 0
  for await (const batch of format.read(path, { batchRows: 16_384 })) rows += batch.numRows
  const { user, system } = process.cpuUsage(start)
  return { rows, seconds: (user + system) / 1e6 }
}

const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1]

/** Runs the benchmark; gives one entry a format with rows per CPU-second of both sides and their ratio. */
export async function run({ json = false, rows = 200_000, repeats = 7 } = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'spillway-bench-'))
  execFileSync(python, [script, 'make', folder, String(rows)])
  const peer = spawn(python, [script, 'serve'], { stdio: ['pipe', 'pipe', 'inherit'] })
  const answers = createInterface({ input: peer.stdout })[Symbol.asyncIterator]()
  const results = []
  try {
    for (const [name, ending] of Object.entries(endings)) {
      const path = join(folder, `bench${ending}`)
      const [mine, theirs] = [[], []]
      // The first pair of each side warms up: imports there, compilation here.
      for (let i = 0; i <= repeats; i++) {
        const { seconds } = await ours(name, path)
        peer.stdin.write(`${name} ${path}\n`)
        const answer = Number((await answers.next()).value)
        if (i > 0) {
          mine.push(seconds)
          theirs.push(answer)
        }
      }
      const [a, b] = [median(mine), median(theirs)]
      const ratio = b / a
      results.push({
        name: `read ${name}`,
        unit: 'rows per CPU-second',
        ours: rows / a,
        reference: rows / b,
        ratio,
        target,
        met: ratio >= target,
        megabytes: statSync(path).size / 1e6,
      })
    }
  } finally {
    peer.stdin.end()
    rmSync(folder, { recursive: true })
  }
  if (json) process.stdout.write(`${JSON.stringify(results)}\n`)
  else {
    for (const { name, ours: a, reference: b, ratio, met } of results) {
      const line = `${name.padEnd(14)} ${(a / 1e3).toFixed(0).padStart(7)}k  reference ${(b / 1e3).toFixed(0).padStart(7)}k rows per CPU-second`
      process.stdout.write(
        `${line}  ratio ${ratio.toFixed(2)} (target ${target}: ${met ? 'met' : 'not met'})\n`,
      )
    }
  }
  return results
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  await run({ json: process.argv.includes('--json') })
  process.exit(0)
}
