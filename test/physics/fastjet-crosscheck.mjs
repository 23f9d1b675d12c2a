// Compares clustering and Lund planes with FastJet on the jets of Arrow files and on generated events:
// npm run build && node test/physics/fastjet-crosscheck.mjs [--jets FILE.arrow]... [--limit N] [--events N]
// [--seed N] Jets are reclustered with Cambridge/Aachen; events of 20 to 400 particles are clustered with
// anti-kt, kt and Cambridge/Aachen, R = 0.4. Prints one JSON line a sample; ends with status 1 when anything
// differs.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { fromPtEtaPhiE } from '#spillway/physics/convert.js'
import { Clusterer } from '#spillway/physics/jets/clusterer.js'
import { antiKt, cambridgeAachen, kt, WHOLE_JET } from '#spillway/physics/jets/definition.js'
import { readJets } from '../support/arrow-jets.mjs'
import { compareWithFastjet, FASTJET_COLUMNS } from './compare-fastjet.mjs'
import { generateEvents } from './generate-events.mjs'

const CHUNK = 10_000
const TOLERANCE = 1e-5

const { values } = parseArgs({
  options: {
    jets: { type: 'string', multiple: true, default: [] },
    limit: { type: 'string', default: 'Infinity' },
    events: { type: 'string', default: '1000' },
    seed: { type: 'string', default: '1' },
  },
})

const clusterer = new Clusterer()
let failed = false
for (const path of values.jets) {
  const { offsets, constituents } = readJets(path, Number(values.limit))
  check(path, fromPtEtaPhiE(constituents), offsets, cambridgeAachen(WHOLE_JET))
}
const definitions = [antiKt(0.4), kt(0.4), cambridgeAachen(0.4), antiKt(1)]
const share = Math.ceil(Number(values.events) / definitions.length)
for (const [k, definition] of definitions.entries()) {
  const { p4, offsets } = generateEvents(share, Number(values.seed) + k)
  check(`generated events, p ${definition.p} R ${definition.radius}`, p4, offsets, definition)
}
process.exitCode = failed ? 1 : 0

function check(sample, p4, offsets, definition) {
  for (let from = 0; from + 1 < offsets.length; from += CHUNK) {
    const part = offsets.subarray(from, from + CHUNK + 1)
    const [first, end] = [part[0], part.at(-1)]
    const own = Object.fromEntries(
      Object.entries(p4).map(([name, column]) => [name, column.subarray(first, end)]),
    )
    const lists = part.map((at) => at - first)
    const result = compareWithFastjet(
      clusterer.cluster(own, lists, definition),
      fastjet(own, lists, definition),
    )
    const bad = result.different.history + result.different.jets + result.different.lund
    if (bad > 0 || Object.values(result.worst).some((w) => !(w < TOLERANCE))) failed = true
    process.stdout.write(`${JSON.stringify({ sample, from, ...result })}\n`)
  }
}

function fastjet(p4, offsets, { p, radius }) {
  const folder = mkdtempSync(join(tmpdir(), 'spillway-fastjet-'))
  try {
    const columns = { ...p4, offsets: Float64Array.from(offsets), definition: Float64Array.of(p, radius) }
    for (const [name, column] of Object.entries(columns)) {
      writeFileSync(join(folder, `${name}.f64`), new Uint8Array(Float64Array.from(column).buffer))
    }
    const script = fileURLToPath(new URL('fastjet_history.py', import.meta.url))
    execFileSync(process.env.SPILLWAY_PYTHON ?? 'python3', [script, folder], {
      stdio: ['ignore', 'ignore', 'inherit'],
    })
    const read = (name) => new Float64Array(new Uint8Array(readFileSync(join(folder, `${name}.f64`))).buffer)
    return Object.fromEntries(FASTJET_COLUMNS.map((name) => [name, read(name)]))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
