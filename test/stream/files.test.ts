import { copyFileSync, readdirSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { decodeMessage, defaultLimits, encodeSubset } from '#spillway/ingest/arrow/index.js'
import { assemble } from '#spillway/stream/run.js'
import { FileSource } from '#spillway/stream/sources/file-source.js'
import { writeArrow } from '../support/arrow-files.js'
import { columnsText, writeBundle } from '../support/bundles.js'
import { runEngine } from '../support/engines.js'
import { type Fault, MemorySink, ScriptedLaneSink } from '../support/memory.js'
import { streamOf } from '../support/messages.js'
import { linear } from '../support/onnx.js'
import {
  header,
  pipelineIn,
  readLetters,
  readParts,
  runToEnd,
  temporary,
  valuesOf,
} from '../support/pipelines.js'

const range = (count: number, first = 0) => Array.from({ length: count }, (_, i) => first + i)
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
