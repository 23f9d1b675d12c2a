import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { writeArrow } from '../support/arrow-files.js'
import { columnsText, writeBundle } from '../support/bundles.js'
import { streamOf } from '../support/messages.js'
import { linear } from '../support/onnx.js'
import {
  header,
  pipelineIn,
  readLetters,
  readParts,
  root,
  temporary,
  valuesOf,
} from '../support/pipelines.js'
import { Child, type Ended } from '../support/processes.js'

const LIMIT = 300_000
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
