import { describe, expect, it } from 'vitest'
import { decodeMessage, defaultLimits } from '#spillway/ingest/arrow/index.js'
import { Processor } from '#spillway/stream/processor.js'
import type { TaskReply } from '#spillway/stream/work.js'
import { columnsText, writeBundle } from '../support/bundles.js'
import { demo, messagesOfFile, streamOf } from '../support/messages.js'
import { linear } from '../support/onnx.js'
import { cells, pipelineIn, temporary } from '../support/pipelines.js'

/** Runs the steps of a pipeline over messages, with models `lin` y = 2a + b, `next` y = -lin.y, `jet` y = 3 jets.pt, `flat` y = 3 pts. */
async function run(text: string, messages: readonly Uint8Array[]): Promise<TaskReply> {
  const folder = temporary()
  writeBundle(`${folder}/lin`, linear([2, 1]), columnsText(['a', 'b']))
  writeBundle(`${folder}/next`, linear([-1]), columnsText(['lin.y']))
  writeBundle(`${folder}/jet`, linear([3]), columnsText(['jets.pt'], 'jets'))
  writeBundle(`${folder}/flat`, linear([3]), columnsText(['pts'], 'pts'))
  const { config } = pipelineIn(folder, text)
  const processor = await Processor.create(config, folder)
  const items = messages.map((value, i) => ({
    value: Uint8Array.from(value),
    place: `t/0/${i}`,
    crc32: null,
  }))
  return processor.process({ id: 1, items })
}

const column = ({ outcomes }: TaskReply, path: string, message = 0) => {
  const { scores, rejects } = outcomes[message]
  expect(rejects).toEqual([])
  return cells(decodeMessage(scores!, defaultLimits).column(path))
}
const calls = ({ cost }: TaskReply, step: string) =>
  cost.steps.filter((one) => one.step === step).flatMap((one) => [...one.calls])
const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0)
const rejected = ({ outcomes }: TaskReply) =>
  outcomes.flatMap(({ rejects }) => rejects.map(({ code, message }) => `${code}: ${message}`))

const events = streamOf({
  event: ['uint64', [1, 2, 3, 4]],
  a: ['float32', [1, 2, 3, 4]],
  b: ['float32', [0, 0, 10, 10]],
})

describe('when', () => {
  it('scores the events that pass, null elsewhere', async () => {
    const reply = await run("steps: [{ name: lin, model: lin, when: 'a > 1 and b < 5' }]", [events])
    expect(column(reply, 'lin.y')).toEqual([null, 4, null, null])
    expect(calls(reply, 'lin')).toEqual([1])
  })

  it('passes nothing, and then runs nothing', async () => {
    const reply = await run("steps: [{ name: lin, model: lin, when: 'a > 100' }]", [events])
    expect(column(reply, 'lin.y')).toEqual([null, null, null, null])
    expect(calls(reply, 'lin')).toEqual([])
  })

  it('lets a second model read the first, and pay only for what passes it', async () => {
    const text = `steps:
  - { name: lin, model: lin }
  - { name: next, model: next, when: lin.y > 10 }`
    const reply = await run(text, [events, events])
    for (const message of [0, 1]) expect(column(reply, 'next.y', message)).toEqual([null, null, -16, -18])
    expect(sum(calls(reply, 'lin'))).toBe(8)
    expect(sum(calls(reply, 'next'))).toBe(4)
  })

  it('does not reject an event for a feature that no model reads', async () => {
    const odd = streamOf({
      event: ['uint64', [1, 2]],
      a: ['float32', [1, Number.NaN]],
      b: ['float32', [1, 0]],
    })
    const reply = await run("steps: [{ name: lin, model: lin, when: 'b > 0' }]", [odd])
    expect(column(reply, 'lin.y')).toEqual([3, null])
  })
})

describe('jets', () => {
  async function sample() {
    const [message] = await messagesOfFile(demo.zj, 50, 1)
    const input = decodeMessage(message, defaultLimits)
    const pt = Array.from(input.column('jets.pt').values as Float32Array)
    return { message, pt, offsets: input.offsets('jets'), input }
  }
  const tripled = (value: number) => Math.fround(3 * value)

  it('are scored along their list', async () => {
    const { message, pt, offsets } = await sample()
    const reply = await run('steps: [{ name: jet, model: jet }]', [message])
    expect(column(reply, 'jet.y')).toEqual(pt.map(tripled))
    const scores = decodeMessage(reply.outcomes[0].scores!, defaultLimits)
    expect(scores.offsets('jet.y')).toEqual(offsets)
  })

  it('are chosen one by one by a condition along the list', async () => {
    const { message, pt } = await sample()
    const reply = await run("steps: [{ name: jet, model: jet, when: 'jets.pt > 60' }]", [message])
    expect(column(reply, 'jet.y')).toEqual(pt.map((value) => (value > 60 ? tripled(value) : null)))
    expect(sum(calls(reply, 'jet'))).toBe(pt.filter((value) => value > 60).length)
  })

  it('are chosen all together by a condition on the event', async () => {
    const { message, pt, offsets, input } = await sample()
    const met = input.column('met.pt').values as Float32Array
    const limit = [...met].sort((a, b) => a - b)[25]
    const reply = await run(`steps: [{ name: jet, model: jet, when: 'met.pt > ${limit}' }]`, [message])
    const rows = pt.map((_value, i) => offsets.findIndex((end) => end > i) - 1)
    expect(column(reply, 'jet.y')).toEqual(
      pt.map((value, i) => (met[rows[i]] > limit ? tripled(value) : null)),
    )
  })

  it('may be hundreds of thousands in one event, and none in the next', async () => {
    const pts = Array.from({ length: 300_000 }, (_, i) => i % 1_000)
    const message = streamOf({ event: ['uint64', [1, 2, 3]], pts: ['float32', [[], pts, [7]]] })
    const reply = await run('steps: [{ name: flat, model: flat }]', [message])
    expect(column(reply, 'flat.y')).toEqual([...pts, 7].map((pt) => 3 * pt))
    expect([...decodeMessage(reply.outcomes[0].scores!, defaultLimits).offsets('flat.y')]).toEqual([
      0, 0, 300_000, 300_001,
    ])
  })
})

describe('replace', () => {
  it('gives calibrated values to later steps and to the output, the old ones where the model did not run', async () => {
    const text = `steps:
  - { name: lin, model: lin, when: a > 2, replace: { b: y } }
  - { name: again, model: lin }
sink: { scores: { files: s }, dead_letters: { files: d }, columns: [event, b] }`
    const reply = await run(text, [events])
    expect(column(reply, 'b')).toEqual([0, 0, 16, 18])
    expect(column(reply, 'again.y')).toEqual([2, 4, 6 + 16, 8 + 18])
  })

  it('replaces numbers of other types, whole and in part', async () => {
    const wide = streamOf({ event: ['uint64', [1, 2]], a: ['float32', [1, 2]], b: ['int64', [5, 6]] })
    const whole = 'steps: [{ name: lin, model: lin, replace: { b: y } }, { name: again, model: lin }]'
    expect(column(await run(whole, [wide]), 'again.y')).toEqual([2 + 7, 4 + 10])
    const half = `steps: [{ name: lin, model: lin, when: a > 1, replace: { b: y } }, { name: again, model: lin }]`
    expect(column(await run(half, [wide]), 'again.y')).toEqual([2 + 5, 4 + 10])
  })

  it('is written into accepted events, in place', async () => {
    const [message] = await messagesOfFile(demo.zj, 20, 1)
    const text = `steps:
  - { name: jet, model: jet, replace: { jets.pt: y } }
  - select: { chains: { any: { when: "jets.pt[0] > 0" } } }
sink: { scores: { files: s }, accepted: { files: a }, dead_letters: { files: d } }`
    const { outcomes } = await run(text, [message])
    const before = decodeMessage(message, defaultLimits).column('jets.pt').values as Float32Array
    const accepted = decodeMessage(outcomes[0].accepted!, defaultLimits)
    expect(outcomes[0].acceptedRows).toBe(20)
    expect(cells(accepted.column('jets.pt'))).toEqual(Array.from(before, (value) => Math.fround(3 * value)))
    expect(cells(accepted.column('jet.y'))).toEqual(cells(accepted.column('jets.pt')))
  })

  it('refuses a column that runs along another list', async () => {
    const [message] = await messagesOfFile(demo.zj, 5, 1)
    const reply = await run('steps: [{ name: jet, model: jet, replace: { met.pt: y } }]', [message])
    expect(rejected(reply)).toEqual([
      'SCHEMA_MISMATCH: column met.pt runs along events, one along jets is needed',
    ])
  })
})
