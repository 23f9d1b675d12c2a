// Events with known answers: the demo sample over and over, each event with a number of its own.
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { ArrowFile, decodeMessage, defaultLimits, encodeSubset } from '../../dist/ingest/arrow/index.js'
import { loadPipeline } from '../../dist/stream/config/load.js'
import { assemble } from '../../dist/stream/run.js'

const ROWS = 256
export const sample = resolve('demo/data/zj.arrow')

/** Scores of the sample from a run that nothing disturbs: r_l and r_t by row. */
export async function reference() {
  const folder = mkdtempSync(join(tmpdir(), 'spillway-reference-'))
  const file = join(folder, 'pipeline.yaml')
  writeFileSync(
    file,
    `name: reference
source: { files: ${sample} }
steps: [{ name: pol, model: ${resolve('test/data/models/polarization')} }]
sink: { scores: { files: scores }, dead_letters: { files: dead-letters } }
workers: { count: 1 }
`,
  )
  const running = await assemble(loadPipeline(file))
  await running.run()
  await running.close()
  const r_l = []
  const r_t = []
  const scores = join(folder, 'scores')
  for (const name of readdirSync(scores)
    .filter((part) => part.endsWith('.arrow'))
    .sort()) {
    const events = decodeMessage(readFileSync(join(scores, name)), defaultLimits)
    r_l.push(...events.column('pol.r_l').values)
    r_t.push(...events.column('pol.r_t').values)
  }
  return { rows: r_l.length, r_l: Float32Array.from(r_l), r_t: Float32Array.from(r_t) }
}

/** Messages of `ROWS` events, numbered from 0 to `total` - 1: event n is row n modulo the sample's rows. */
export async function* messages(total) {
  const pieces = []
  const file = await ArrowFile.open(sample)
  for await (const { bytes, rows } of file.batches()) {
    for (let first = 0; first < rows; first += ROWS) {
      const chosen = Int32Array.from({ length: Math.min(ROWS, rows - first) }, (_, k) => first + k)
      pieces.push({ bytes: encodeSubset(bytes, chosen), rows: chosen.length })
    }
  }
  await file.close()
  for (let next = 0, piece = 0; next < total; piece = (piece + 1) % pieces.length) {
    const { bytes, rows } = pieces[piece]
    const count = Math.min(rows, total - next)
    const numbers = BigUint64Array.from({ length: rows }, (_, k) => BigInt(next + k))
    const chosen = count === rows ? null : Int32Array.from({ length: count }, (_, k) => k)
    const event = { axis: '', type: 'uint64', values: numbers, valid: null }
    yield { value: encodeSubset(bytes, chosen, new Map([['event', event]])), events: count }
    next += count
  }
}
