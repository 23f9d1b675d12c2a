import { copyFileSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ArrowFile, decodeMessage, defaultLimits, encodeSubset } from '#spillway/ingest/arrow/index.js'
import { assemble } from '#spillway/stream/run.js'
import { FileSource } from '#spillway/stream/sources/file-source.js'
import { writeArrow } from '../support/arrow-files.js'
import { columnsText, writeBundle } from '../support/bundles.js'
import { runEngine } from '../support/engines.js'
import { until } from '../support/kafka.js'
import { type Fault, MemorySink, ScriptedLaneSink } from '../support/memory.js'
import { demo, messagesOfFile, streamOf } from '../support/messages.js'
import { linear } from '../support/onnx.js'
import {
  header,
  pipelineIn,
  readLetters,
  readParts,
  root,
  runToEnd,
  temporary,
  valuesOf,
} from '../support/pipelines.js'
import { Child, type Ended, spillway } from '../support/processes.js'

const LIMIT = 300_000
const range = (count: number, first = 0) => Array.from({ length: count }, (_, i) => first + i)
const golden = (name: string) =>
  decodeMessage(readFileSync(new URL(`../data/golden-${name}.arrows`, import.meta.url)), defaultLimits)

/** A demo pipeline that writes into `folder`, in small commits. */
function demoIn(folder: string, name: string, commitMs = 50): string {
  const text = readFileSync(`${root}demo/pipelines/${name}.yaml`, 'utf8')
    .replaceAll('../data', `${root}demo/data`)
    .replaceAll('../models', `${root}demo/models`)
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

describe('demo pipelines', () => {
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
      const progress = join(folder, 'zjets/scores/.progress-part.json')
      const next = (): number => {
        try {
          return Number(JSON.parse(readFileSync(progress, 'utf8')).next ?? 0)
        } catch {
          return 0
        }
      }
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

const LINEAR = (folder: string) => writeBundle(join(folder, 'lin'), linear([2, 1]), columnsText(['a', 'b']))
const numbers = (rows: number, first: number, more = {}) =>
  streamOf({
    event: ['uint64', range(rows, first)],
    a: ['float32', range(rows)],
    b: ['float32', range(rows, first)],
    ...more,
  })
const STEPS = 'steps: [{ name: lin, model: lin }]'

describe('files', () => {
  it('reads several files by their names, and rows in order', async () => {
    const folder = temporary()
    LINEAR(folder)
    await writeArrow(join(folder, 'in-b.arrow'), [numbers(3, 200), numbers(2, 300)])
    await writeArrow(join(folder, 'in-a.arrow'), [numbers(4, 100)])
    await runToEnd(pipelineIn(folder, `${STEPS}\nsource: { files: 'in-*.arrow' }`))
    const parts = readParts(join(folder, 'scores'))
    expect(valuesOf(parts, 'event').map(Number)).toEqual([...range(4, 100), ...range(3, 200), 300, 301])
    expect(valuesOf(parts, 'lin.y').slice(0, 4)).toEqual([100, 103, 106, 109])
  })

  it('keeps files whose columns differ in one run, those with more in files of their own', async () => {
    const folder = temporary()
    LINEAR(folder)
    await writeArrow(join(folder, 'in-1.arrow'), [numbers(2, 0)])
    await writeArrow(join(folder, 'in-2.arrow'), [numbers(2, 10, { extra: ['float32', [1, 2]] })])
    await writeArrow(join(folder, 'in-3.arrow'), [numbers(2, 20, { a: ['float64', [0, 1]] })])
    const text = `${STEPS.replace(']', ', { select: { chains: { all: { when: lin.y > -1 } } } }]')}
source: { files: 'in-*.arrow' }
sink: { scores: { files: scores }, accepted: { files: accepted }, dead_letters: { files: dead }, commit: { interval_ms: 60000 } }`
    await runToEnd(pipelineIn(folder, text))
    const events = [0, 1, 10, 11, 20, 21]
    expect(valuesOf(readParts(join(folder, 'scores')), 'event').map(Number)).toEqual(events)
    const accepted = readParts(join(folder, 'accepted'))
    expect(valuesOf(accepted, 'event').map(Number)).toEqual(events)
    expect(accepted.map((part) => part.has('extra'))).toContain(true)
  })

  it('refuses the unfinished output of other input, and takes the finished', async () => {
    const folder = temporary()
    LINEAR(folder)
    const input = join(folder, 'input.arrow')
    await writeArrow(
      input,
      range(20).map((i) => numbers(2, 2 * i)),
    )
    const text = `${STEPS}\nsink: { scores: { files: scores }, dead_letters: { files: dead }, commit: { interval_ms: 0 } }
limits: { in_flight_bytes: 1 }`
    const pipeline = pipelineIn(folder, text)
    let commits = 0
    const running = await assemble(pipeline, { committed: () => void (++commits === 2 && running.stop(0)) })
    await running.run()
    await running.close()
    const done = valuesOf(readParts(join(folder, 'scores')), 'event').length
    expect(done).toBeGreaterThan(0)
    expect(done).toBeLessThan(40)
    renameSync(input, join(folder, 'other.arrow'))
    await writeArrow(input, [numbers(5, 0)])
    await expect(runToEnd(pipeline)).rejects.toMatchObject({ code: 'OUTPUT_EXISTS' })
    renameSync(join(folder, 'other.arrow'), input)
    await runToEnd(pipeline)
    expect(valuesOf(readParts(join(folder, 'scores')), 'event').map(Number)).toEqual(range(40))
    copyFileSync(input, join(folder, 'copy.arrow'))
    await runToEnd(pipelineIn(folder, `${text}\nsource: { files: copy.arrow }`))
    expect(valuesOf(readParts(join(folder, 'scores')), 'event').map(Number)).toEqual(range(40))
  })

  it.each<[string, Fault[]]>([
    ['fails', ['ok', 'ok', 'lost']],
    ['has an unknown end', ['ok', 'ok', 'done']],
    ['fails again and again', ['ok', 'ok', 'lost', 'ok', 'ok', 'lost', 'ok', 'down']],
  ])('loses nothing when the commit at the end of the input %s', async (_what, faults) => {
    const folder = temporary()
    LINEAR(folder)
    // All of the input is read before its first commit ends.
    const input = await writeArrow(
      join(folder, 'input.arrow'),
      range(3).map((i) => numbers(2, 2 * i)),
    )
    const source = await FileSource.open([input])
    const sink = new MemorySink((lane) => new ScriptedLaneSink(lane, faults))
    const { ended } = await runEngine(folder, STEPS, source, sink)
    expect(ended).toBe(true)
    const scored = sink.of('', 0).visible.map(({ outcome }) => decodeMessage(outcome.scores!, defaultLimits))
    expect(valuesOf(scored, 'event').map(Number)).toEqual(range(6))
  })

  it('leaves no gap when it is sent back while it reads', async () => {
    const folder = temporary()
    LINEAR(folder)
    const input = await writeArrow(
      join(folder, 'input.arrow'),
      range(200).map((i) => numbers(1, i)),
    )
    const faults = range(12).flatMap((i): Fault[] => ['ok', 'ok', 'ok', i % 2 === 0 ? 'lost' : 'done'])
    const source = await FileSource.open([input])
    const sink = new MemorySink((lane) => new ScriptedLaneSink(lane, faults))
    const commit = 'sink: { scores: { files: s }, dead_letters: { files: d }, commit: { interval_ms: 0 } }'
    await runEngine(folder, `${STEPS}\n${commit}\ngather: { rows: 4 }`, source, sink)
    expect(sink.of('', 0).offsets).toEqual(range(200))
  })

  it('keeps a bad event in the dead letters and scores the rest of its file', async () => {
    const folder = temporary()
    LINEAR(folder)
    const bad = streamOf({
      event: ['uint64', [7, 8, 9]],
      a: ['float32', [1, Number.NaN, 1]],
      b: ['float32', [1, 1, 1]],
    })
    await writeArrow(join(folder, 'input.arrow'), [numbers(2, 0), bad])
    await runToEnd(pipelineIn(folder, STEPS))
    expect(valuesOf(readParts(join(folder, 'scores')), 'event').map(Number)).toEqual([0, 1, 7, 9])
    const letters = readLetters(join(folder, 'dead-letters'))
    expect(letters).toHaveLength(1)
    const [letter] = letters
    expect(['code', 'row', 'offset', 'pipeline'].map((name) => header(letter, `spillway.${name}`))).toEqual([
      'SCORE_NOT_FINITE',
      '1',
      '1',
      'test',
    ])
    expect(Buffer.compare(letter.value!, encodeSubset(bad, [1]))).toBe(0)
  })

  it('stops with DEAD_LETTERS_TOO_MANY, with the last cause, and what was committed stays', async () => {
    const folder = temporary()
    LINEAR(folder)
    const bad = (first: number) =>
      streamOf({ event: ['uint64', [first]], a: ['float32', [Number.NaN]], b: ['float32', [0]] })
    await writeArrow(join(folder, 'input.arrow'), range(40).map(bad))
    const text = `${STEPS}
dead_letters: { max_in_window: 10 }
sink: { scores: { files: scores }, dead_letters: { files: dead-letters }, commit: { interval_ms: 0 } }`
    await expect(runToEnd(pipelineIn(folder, text))).rejects.toMatchObject({
      code: 'DEAD_LETTERS_TOO_MANY',
      cause: { code: 'SCORE_NOT_FINITE' },
    })
    expect(readLetters(join(folder, 'dead-letters')).length).toBeGreaterThan(10)
  })

  it('runs an input without rows', async () => {
    const folder = temporary()
    LINEAR(folder)
    await writeArrow(join(folder, 'input.arrow'), [numbers(0, 0)])
    await runToEnd(pipelineIn(folder, STEPS))
    expect(readdirSync(join(folder, 'scores')).filter((name) => name.endsWith('.arrow'))).toEqual([])
  })
})

describe('a message that ends the whole process', () => {
  it(
    'is a dead letter after it has done so alone `attempts` times; all others are scored once',
    async () => {
      const folder = temporary()
      LINEAR(folder)
      const input = await writeArrow(
        join(folder, 'input.arrow'),
        range(30).map((i) => numbers(2, 2 * i)),
      )
      const guilty = [0, 13]
      const text = `description: ${guilty.map((offset) => `segfault=${input}/0/${offset}`).join(' ')}
${STEPS}
limits: { attempts: 2 }
sink: { scores: { files: scores }, dead_letters: { files: dead-letters }, commit: { interval_ms: 0 } }`
      const { file } = pipelineIn(folder, text)
      const ends: Ended[] = []
      // Each restart commits something, marks, or tries: never more than so many.
      const bound = guilty.length * (2 + 1 + 4) + 1
      do ends.push(await new Child([`${root}test/support/workers/run-with.mjs`, file]).ended)
      while (ends.at(-1)!.code !== 0 && ends.length <= bound)
      expect(ends.slice(0, -1).map(({ signal }) => signal)).toEqual(ends.slice(1).map(() => 'SIGSEGV'))
      expect(ends.at(-1)!.code, ends.at(-1)!.text).toBe(0)
      expect(ends.length).toBeGreaterThanOrEqual(2 * guilty.length + 1)
      const letters = readLetters(join(folder, 'dead-letters'))
      expect(letters.map((letter) => header(letter, 'spillway.code'))).toEqual([
        'MESSAGE_CRASHES',
        'MESSAGE_CRASHES',
      ])
      expect(
        letters.map((letter) => Number(header(letter, 'spillway.offset'))).sort((a, b) => a - b),
      ).toEqual(guilty)
      const scored = valuesOf(readParts(join(folder, 'scores')), 'event').map(Number)
      expect(scored).toEqual(range(60).filter((event) => !guilty.includes(event >> 1)))
    },
    LIMIT,
  )
})
