import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ArrowFile, decodeMessage, defaultLimits } from '#spillway/ingest/arrow/index.js'
import { CommitLog } from '#spillway/stream/sinks/commit-log.js'
import type { Progress } from '#spillway/stream/sinks/file-lane.js'
import { writeArrow } from '../support/arrow-files.js'
import { until } from '../support/kafka.js'
import { demo, messagesOfFile } from '../support/messages.js'
import { pipelineIn, readParts, root, runToEnd, temporary, valuesOf } from '../support/pipelines.js'
import { type Ended, spillway } from '../support/processes.js'

const LIMIT = 300_000
const golden = (name: string) =>
  decodeMessage(readFileSync(new URL(`../data/golden-${name}.arrows`, import.meta.url)), defaultLimits)

/** A pipeline of test/data that writes into `folder`, in small commits. */
function demoIn(folder: string, name: string, commitMs = 50): string {
  const text = readFileSync(`${root}test/data/pipelines/${name}.yaml`, 'utf8')
    .replaceAll('../../../demo/data', `${root}demo/data`)
    .replaceAll('../models', `${root}test/data/models`)
    .replaceAll('../out/', `${folder}/`)
    .replace('interval_ms: 10000', `interval_ms: ${commitMs}`)
  const file = join(folder, 'pipeline.yaml')
  writeFileSync(file, `${text}\nworkers: { count: 2 }\n`)
  return file
}

/** Largest difference of two columns; nulls must meet nulls. */
function difference(found: readonly (number | bigint | null)[], wanted: readonly (number | null)[]): number {
  expect(found.length).toBe(wanted.length)
  let largest = 0
  found.forEach((value, i) => {
    expect(value === null).toBe(wanted[i] === null)
    if (value !== null) largest = Math.max(largest, Math.abs(Number(value) - wanted[i]!))
  })
  return largest
}

async function inputColumn(path: string, column: string): Promise<number[]> {
  await using file = await ArrowFile.open(path)
  const values: number[] = []
  for await (const { bytes } of file.batches())
    values.push(
      ...Array.from(decodeMessage(bytes, defaultLimits).column(column).values as Float32Array, Number),
    )
  return values
}

async function checkZjets(folder: string): Promise<void> {
  const wanted = golden('zjets')
  const parts = readParts(join(folder, 'zjets/scores'))
  expect(valuesOf(parts, 'event').map(Number)).toEqual(await inputColumn(demo.zj, 'event'))
  for (const name of ['r_l', 'r_t']) {
    const answers = Array.from(wanted.column(name).values as Float32Array)
    expect(difference(valuesOf(parts, `pol.${name}`), answers)).toBeLessThan(1e-5)
  }
  const passed = valuesOf(parts, 'select.longitudinal')
  const scores = valuesOf(parts, 'pol.r_l').map(Number)
  expect(passed.map(Number)).toEqual(scores.map((score) => (score > 0.5 ? 1 : 0)))
  const accepted = readParts(join(folder, 'zjets/accepted'))
  const chosen = valuesOf(parts, 'event').filter((_event, row) => valuesOfOnce(parts)[row] === 1)
  expect(valuesOf(accepted, 'event')).toEqual(chosen)
  expect(accepted[0].has('leptons.pt')).toBe(true)
}

let acceptColumn: { parts: unknown; values: (number | bigint | null)[] } | undefined
function valuesOfOnce(parts: ReturnType<typeof readParts>): (number | bigint | null)[] {
  if (acceptColumn?.parts !== parts) acceptColumn = { parts, values: valuesOf(parts, 'select.accept') }
  return acceptColumn.values
}

describe('pipelines with models of another framework', () => {
  it(
    'zjets gives the scores of Python, once each, and says what made them',
    async () => {
      const folder = temporary()
      const { code, text } = await spillway('run', demoIn(folder, 'zjets'), '--quiet').ended
      expect(code, text).toBe(0)
      await checkZjets(folder)
      const { metadata } = readParts(join(folder, 'zjets/scores'))[0].schema
      expect(JSON.parse(metadata.get('spillway.models')!)).toMatchObject([
        { step: 'pol', name: 'polarization', version: 1, provider: 'cpu', runtime: /^onnxruntime \d/ },
      ])
    },
    LIMIT,
  )

  it(
    'largeR gives the scores of Python where `when` holds, null elsewhere',
    async () => {
      const folder = temporary()
      const file = demoIn(folder, 'largeR')
      writeFileSync(file, readFileSync(file, 'utf8').replace('jet.mass > 20 GeV', 'jet.mass > 80 GeV'))
      const { code, text } = await spillway('run', file, '--quiet').ended
      expect(code, text).toBe(0)
      const wanted = golden('largeR')
      const parts = readParts(join(folder, 'large-r/scores'))
      const mass = await inputColumn(demo.largeR, 'jet.mass')
      expect(mass.some((value) => value <= 80)).toBe(true)
      for (const name of ['p_qcd', 'p_w', 'p_z']) {
        const values = Array.from(wanted.column(name).values as Float32Array)
        const answers = values.map((value, row) => (mass[row] > 80 ? value : null))
        expect(difference(valuesOf(parts, `tag.${name}`), answers)).toBeLessThan(1e-5)
      }
    },
    LIMIT,
  )

  it(
    'zjets gives the same after it was killed again and again',
    async () => {
      const folder = temporary()
      const file = demoIn(folder, 'zjets', 0)
      const log = new CommitLog<Progress>(join(folder, 'zjets/scores/.progress-part'))
      const next = (): number => Number(log.newest()?.state.next ?? 0)
      const one: readonly string[] = ['--set', 'workers.count=1', '--set', 'gather.rows=1']
      let kills = 0
      for (;;) {
        const before = next()
        const child = spillway('run', file, '--quiet', ...one)
        let ended: Ended | undefined
        void child.ended.then((end) => {
          ended = end
        })
        await until(() => ended !== undefined || next() > before, 'progress', LIMIT)
        if (ended === undefined) child.kill('SIGKILL')
        const { code, signal, text } = await child.ended
        if (signal === 'SIGKILL') kills++
        else {
          expect(code, text).toBe(0)
          break
        }
      }
      expect(kills).toBeGreaterThan(0)
      await checkZjets(folder)
    },
    LIMIT,
  )
})

describe('a reproducible pipeline', () => {
  it.each([
    ['the MLP', demo.polarization, demo.zj],
    ['the tagger', demo.jetTagger, demo.largeR],
  ])(
    'gives the same bits for %s whatever the workers and the tasks',
    async (_what, model, data) => {
      const folder = temporary()
      await writeArrow(join(folder, 'input.arrow'), await messagesOfFile(data, 37, 10))
      const bits = async (name: string, workers: number, rows: number) => {
        const text = `reproducible: true
steps: [{ name: m, model: ${model} }]
sink: { scores: { files: ${name} }, dead_letters: { files: dead } }
workers: { count: ${workers} }
gather: { rows: ${rows}, delay_ms: ${rows === 1 ? 0 : 20} }`
        await runToEnd(pipelineIn(folder, text))
        const parts = readParts(join(folder, name))
        const columns = parts[0].schema.columns.filter(({ path }) => path.startsWith('m.'))
        return columns.map(({ path }) => valuesOf(parts, path))
      }
      const one = await bits('one', 1, 1)
      expect(one[0].length).toBeGreaterThan(300)
      expect(await bits('all', 1, 8_192)).toEqual(one)
      expect(await bits('three', 3, 100)).toEqual(one)
    },
    LIMIT,
  )
})
