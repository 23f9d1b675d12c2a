import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { ArrowFile, encodeSubset } from '#spillway/ingest/arrow/index.js'
import type { Events } from '#spillway/ingest/columns.js'
import { type BundleText, columnsText, writeBundle } from '../support/bundles.js'
import { demo, messagesOfFile } from '../support/messages.js'
import { linear, node, onnx, valueInfo } from '../support/onnx.js'
import { temporary } from '../support/pipelines.js'
import { apart, eventsIn, scorerOf, scoresOf } from '../support/scorers.js'

/** However an event is batched, its scores differ by no more than this (absolute; float32 sums in another order). */
const INVARIANCE = 1e-6
const LIMIT = 120_000

const cut = (bytes: Uint8Array, from: number, count: number): Events =>
  eventsIn(
    encodeSubset(
      bytes,
      Array.from({ length: count }, (_, i) => from + i),
    ),
  )

describe('demo bundles', () => {
  it.each([
    ['polarization', demo.polarization],
    ['jet-tagger', demo.jetTagger],
    ['jet-tagger-single, without a batch axis', demo.jetTaggerSingle],
  ])('%s gives the answers of its probe', async (_name, folder) => {
    const scorer = await scorerOf(folder)
    await using file = await ArrowFile.open(join(folder, 'probe.arrow'))
    const { bytes, rows } = await file.batch(0)
    const events = eventsIn(bytes)
    const [scores] = await scoresOf(scorer, [events])
    const answers = scorer.columns.map((name) => events.column(`answer.${name}`).values as Float32Array)
    const wanted = Array.from({ length: rows }, (_, row) => answers.map((column) => column[row])).flat()
    const { absolute, relative } = scorer.manifest.tolerance
    expect(rows).toBeGreaterThan(8)
    scores.forEach((score, i) => {
      expect(Math.abs(score - wanted[i])).toBeLessThanOrEqual(absolute + relative * Math.abs(wanted[i]))
    })
  })

  it('the model without a batch axis agrees with the one that has it', async () => {
    const [message] = await messagesOfFile(demo.largeR, 20, 1)
    const events = eventsIn(message)
    const [batched] = await scoresOf(await scorerOf(demo.jetTagger), [events])
    const [single] = await scoresOf(await scorerOf(demo.jetTaggerSingle), [events])
    expect(apart(batched, single)).toBeLessThan(1e-5)
  })
})

describe.each([
  ['polarization', demo.polarization, demo.zj, 4096],
  ['jet-tagger (ragged)', demo.jetTagger, demo.largeR, 256],
])('batch invariance of %s', (_name, folder, data, most) => {
  let messages: Uint8Array[]
  let message: Uint8Array
  let total: number
  let reference: number[]

  beforeAll(async () => {
    messages = await messagesOfFile(data, most, 4)
    message = messages[0]
    total = eventsIn(message).rows
    ;[reference] = await scoresOf(await scorerOf(folder), [eventsIn(message)])
  }, LIMIT)

  const width = () => reference.length / total
  const wanted = (from: number, count: number) => reference.slice(from * width(), (from + count) * width())

  it.each([1, 3, 128])(
    'calls of %i items give the same scores',
    async (rows) => {
      const some = Math.min(total, rows * 32, 256)
      const scorer = await scorerOf(folder, { rows, tokens: 100_000 })
      const [scores] = await scoresOf(scorer, [cut(message, 0, some)])
      expect(apart(scores, wanted(0, some))).toBeLessThan(INVARIANCE)
    },
    LIMIT,
  )

  it(
    'one call of all gives the same scores',
    async () => {
      const scorer = await scorerOf(folder, { rows: 65_536, tokens: 10_000_000 })
      const [scores, ...others] = await scoresOf(scorer, messages.map(eventsIn))
      expect(apart(scores, reference)).toBeLessThan(INVARIANCE)
      expect(others.flat().length).toBeGreaterThan(2 * reference.length)
    },
    LIMIT,
  )

  it(
    'other neighbours, and messages cut otherwise, give the same scores',
    async () => {
      const scorer = await scorerOf(folder, { rows: 7, tokens: 300 })
      const sizes = [5, 1, 30, 2, 11]
      const starts = sizes.map((_size, i) => sizes.slice(0, i).reduce((sum, size) => sum + size, 40))
      const parts = sizes.map((size, i) => cut(message, starts[i], size)).reverse()
      const scores = (await scoresOf(scorer, parts)).reverse()
      sizes.forEach((size, i) => {
        expect(apart(scores[i], wanted(starts[i], size))).toBeLessThan(INVARIANCE)
      })
    },
    LIMIT,
  )

  it(
    'reproducible scores are equal to the bit, alone, together and in another order of messages',
    async () => {
      const scorer = await scorerOf(folder, { rows: 16, reproducible: true })
      const parts = [cut(message, 0, 20), cut(message, 20, 3), cut(message, 23, 16)]
      const together = await scoresOf(scorer, parts)
      const turned = (await scoresOf(scorer, [...parts].reverse())).reverse()
      const other = await scorerOf(folder, { rows: 16, reproducible: true })
      const alone: number[][] = []
      for (const part of parts) alone.push(...(await scoresOf(other, [part])))
      expect(turned).toEqual(together)
      expect(alone).toEqual(together)
      expect(apart(together[0], wanted(0, 20))).toBeLessThan(INVARIANCE)
    },
    LIMIT,
  )
})

describe('bindings', () => {
  const plain = columnsText(['a', 'b'])
  const model = linear([1, 2])
  const fixed = onnx({
    nodes: [node('Identity', ['x'], ['y'])],
    inputs: [valueInfo('x', [4, 1])],
    outputs: [valueInfo('y', [4, 1])],
  })
  const flat = onnx({
    nodes: [node('Identity', ['x'], ['y'])],
    inputs: [valueInfo('x', ['n'])],
    outputs: [valueInfo('y', ['n'])],
  })
  it.each<[string, Uint8Array, BundleText, RegExp]>([
    [
      'an input that the graph lacks',
      model,
      { ...plain, inputs: { x: 'x', z: 'x' } },
      /no input z; it has x/,
    ],
    ['a graph input that nothing feeds', model, { ...plain, inputs: {} }, /graph input x is not bound/],
    ['a tensor that the builder lacks', model, { ...plain, inputs: { x: 'q' } }, /no tensor q; it has x/],
    [
      'an output that the graph lacks',
      model,
      { ...plain, outputs: [{ name: 'q', columns: ['y'] }] },
      /no output q; it has y/,
    ],
    ['a width that differs', model, columnsText(['a', 'b', 'c']), /2 wide on axis 1, tensor x is 3/],
    ['a fixed batch', fixed, columnsText(['a']), /fixed batch of 4/],
    ['another rank', flat, columnsText(['a']), /1 axes, tensor x has 2/],
  ])('refuse %s', async (_what, bytes, text, message) => {
    const folder = writeBundle(temporary(), bytes, text)
    await expect(scorerOf(folder)).rejects.toMatchObject({
      code: 'MODEL_INVALID',
      message: expect.stringMatching(message),
      place: expect.stringContaining(folder),
    })
  })

  it('refuse a file that is no model at all', async () => {
    const folder = writeBundle(temporary(), Buffer.from('not a model'), plain)
    await expect(scorerOf(folder)).rejects.toMatchObject({ code: 'MODEL_INVALID' })
  })
})
