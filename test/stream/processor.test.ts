import { beforeAll, describe, expect, it } from 'vitest'
import { decodeMessage, defaultLimits, encodeSubset } from '#spillway/ingest/arrow/index.js'
import type { ColumnType } from '#spillway/ingest/columns.js'
import { Processor } from '#spillway/stream/processor.js'
import type { Outcome, Task } from '#spillway/stream/work.js'
import { columnsText, writeBundle } from '../support/bundles.js'
import type { Cells } from '../support/events.js'
import { messageOf, streamOf } from '../support/messages.js'
import { linear, lookup } from '../support/onnx.js'
import { cells, pipelineIn, temporary } from '../support/pipelines.js'

type Table = Readonly<Record<string, readonly [ColumnType, Cells]>>

/** y = 2a + b, then z = table[k] of three entries: it throws for every other k. */
const STEPS = `
steps:
  - { name: lin, model: lin }
  - { name: pick, model: pick }
dead_letters: { max_in_window: 100000 }
`
const RENAMED = { ...columnsText(['k']), outputs: [{ name: 'y', columns: ['z'] }] }

const numbers = (rows: number, first = 0): Table => ({
  event: ['uint64', Array.from({ length: rows }, (_, i) => first + i)],
  a: ['float32', Array.from({ length: rows }, (_, i) => i / 4)],
  b: ['float32', Array.from({ length: rows }, (_, i) => -i)],
  k: ['float32', Array.from({ length: rows }, (_, i) => i % 3)],
})

const withCells = (table: Table, path: string, changes: Readonly<Record<number, number>>): Table => {
  const [type, old] = table[path]
  return { ...table, [path]: [type, (old as number[]).map((cell, row) => changes[row] ?? cell)] }
}

let processor: Processor

/** Outcomes of one task of these messages. */
async function outcomes(values: readonly (Uint8Array | Table)[], crc32: number | null = null) {
  const items = values.map((value, offset) => {
    const bytes = value instanceof Uint8Array ? value : streamOf(value)
    return { value: Uint8Array.from(bytes), place: `t/0/${offset}`, crc32 }
  })
  const { outcomes } = await processor.process({ id: 1, items } satisfies Task)
  return outcomes
}

const column = ({ scores }: Outcome, path: string) =>
  scores === null ? [] : cells(decodeMessage(scores, defaultLimits).column(path))
const codes = ({ rejects }: Outcome) => rejects.map(({ row, code }) => ({ row, code }))

describe('processor', () => {
  beforeAll(async () => {
    const { folder, config } = prepared()
    processor = await Processor.create(config, folder)
  })

  it('scores the messages of a task together and gives each its own rows back', async () => {
    const results = await outcomes([numbers(5), numbers(0), numbers(7, 100)])
    expect(results.map(({ rows }) => rows)).toEqual([5, 0, 7])
    expect(column(results[0], 'lin.y')).toEqual([0, -0.5, -1, -1.5, -2])
    expect(column(results[2], 'pick.z')).toEqual([10, 20, 30, 10, 20, 30, 10])
    expect(column(results[2], 'event')).toEqual([100n, 101n, 102n, 103n, 104n, 105n, 106n])
    expect(results[1]).toMatchObject({ scores: null, rejects: [] })
  })

  it('cuts an event with a NaN out, byte for byte the event, and scores the others', async () => {
    const bad = streamOf(withCells(numbers(6), 'a', { 4: Number.NaN }))
    const [first, second] = await outcomes([numbers(3), bad])
    expect(codes(second)).toEqual([{ row: 4, code: 'SCORE_NOT_FINITE' }])
    expect(second.rejects[0].value).toEqual(encodeSubset(bad, [4]))
    expect(second.rejects[0].place).toBe('t/0/1')
    expect(column(second, 'event')).toEqual([0n, 1n, 2n, 3n, 5n])
    expect(column(second, 'lin.y')).toEqual([0, -0.5, -1, -1.5, -2.5])
    expect([first.rows, first.rejects]).toEqual([3, []])
  })

  it.each([
    ['an infinity', Number.POSITIVE_INFINITY],
    ['minus infinity', Number.NEGATIVE_INFINITY],
    ['a number that overflows in the model', 3e38],
  ])('treats %s as it treats a NaN', async (_what, value) => {
    const [outcome] = await outcomes([withCells(numbers(3), 'a', { 0: value })])
    expect(codes(outcome)).toEqual([{ row: 0, code: 'SCORE_NOT_FINITE' }])
    expect(outcome.rows).toBe(2)
  })

  it('scores denormals, minus zero and large finite numbers', async () => {
    const [outcome] = await outcomes([withCells(numbers(3), 'a', { 0: 1e-42, 1: -0, 2: 1e37 })])
    expect(outcome.rejects).toEqual([])
    expect(column(outcome, 'lin.y').map(Number)).toEqual([0, -1, Math.fround(2e37)])
  })

  it('bisects to the events for which a step throws', async () => {
    const bad = streamOf(withCells(numbers(40), 'k', { 0: 3, 17: -9, 18: 5, 39: 1e6 }))
    const [before, hit, after] = await outcomes([numbers(4), bad, numbers(2)])
    expect(codes(hit)).toEqual([0, 17, 18, 39].map((row) => ({ row, code: 'EVENT_FAILED' })))
    for (const { row, value } of hit.rejects) expect(value).toEqual(encodeSubset(bad, [row!]))
    const kept = Array.from({ length: 40 }, (_, i) => i).filter((i) => ![0, 17, 18, 39].includes(i))
    expect(column(hit, 'event')).toEqual(kept.map(BigInt))
    expect(column(hit, 'pick.z')).toEqual(kept.map((i) => 10 * (1 + (i % 3))))
    expect([before.rows, after.rows, before.rejects, after.rejects]).toEqual([4, 2, [], []])
  })

  it('finds both kinds of bad events in one message', async () => {
    const table = withCells(withCells(numbers(10), 'k', { 3: 7 }), 'b', { 8: Number.NaN })
    const [outcome] = await outcomes([table])
    expect(codes(outcome).sort((a, b) => a.row! - b.row!)).toEqual([
      { row: 3, code: 'EVENT_FAILED' },
      { row: 8, code: 'SCORE_NOT_FINITE' },
    ])
    expect(outcome.rows).toBe(8)
  })

  it('rejects every event where all are bad', async () => {
    const rows = 20
    const all = Object.fromEntries(Array.from({ length: rows }, (_, i) => [i, Number.NaN]))
    const [outcome] = await outcomes([withCells(numbers(rows), 'a', all)])
    expect(outcome).toMatchObject({ rows: 0, scores: null })
    expect(codes(outcome).map(({ row }) => row)).toEqual(Array.from({ length: rows }, (_, i) => i))
  })

  it.each([
    ['of a NaN', 'a', Number.NaN],
    ['of a step that throws', 'k', 99],
  ])(
    'rejects a message as a whole where hundreds of events are bad because %s',
    async (_what, path, value) => {
      const rows = 3_000
      const most = Object.fromEntries(Array.from({ length: rows - 5 }, (_, i) => [i, value]))
      const [good, outcome] = await outcomes([numbers(2), withCells(numbers(rows), path, most)])
      expect(codes(outcome)).toEqual([{ row: null, code: 'EVENT_FAILED' }])
      expect(outcome.rejects[0].message).toContain('more than 256')
      expect(good.rows).toBe(2)
    },
  )

  it('rejects a message as a whole where thousands of events are all bad', async () => {
    const all = Object.fromEntries(Array.from({ length: 3_000 }, (_, i) => [i, Number.NaN]))
    const [outcome] = await outcomes([withCells(numbers(3_000), 'a', all)])
    expect(codes(outcome)).toEqual([{ row: null, code: 'EVENT_FAILED' }])
  })

  it('takes a message only with its own checksum', async () => {
    const [outcome] = await outcomes([numbers(3)], 0x1234_5678)
    expect(codes(outcome)).toEqual([{ row: null, code: 'MESSAGE_CORRUPT' }])
    const value = streamOf(numbers(3))
    const header = Buffer.from(messageOf(value, 0).headers.get('crc32')!).toString()
    const [fine] = await outcomes([value], Number.parseInt(header, 16))
    expect(fine.rows).toBe(3)
  })

  it.each([
    ['text', Buffer.from('no arrow here'), 'MESSAGE_UNDECODABLE'],
    ['half a message', streamOf(numbers(50)).subarray(0, 700), 'MESSAGE_UNDECODABLE'],
    ['more rows than allowed', streamOf(numbers(5_001)), 'MESSAGE_TOO_LARGE'],
  ])('rejects %s and goes on', async (_what, value, code) => {
    const [bad, good] = await outcomes([value, numbers(3)])
    expect(codes(bad)).toEqual([{ row: null, code }])
    expect(bad.rejects[0].place).toMatch(/^t\/0\/0/)
    expect([good.rows, good.rejects]).toEqual([3, []])
  })
})

describe('schema drift', () => {
  const plain = numbers(3)
  const { a, b, k, event } = plain
  const expected = [0, -0.5, -1]

  it.each<[string, Table]>([
    ['reordered columns', { k, b, a, event }],
    ['extra columns', { ...plain, extra: ['utf8', ['x', 'y', 'z']], pts: ['float32', [[1], [], [2, 3]]] }],
    ['float64 for float32', { ...plain, a: ['float64', a[1]] }],
    ['int64 for float32', { ...plain, b: ['int64', b[1]] }],
    ['int16 for float32', { ...plain, b: ['int16', b[1]] }],
    ['a column named like a score', { ...plain, 'lin.y': ['float32', [7, 7, 7]] }],
  ])('scores %s', async (_what, table) => {
    const [outcome, alike] = await outcomes([table, plain])
    expect(outcome.rejects).toEqual([])
    expect(column(outcome, 'lin.y')).toEqual(expected)
    expect(column(alike, 'lin.y')).toEqual(expected)
  })

  it.each<[string, Table, RegExp]>([
    ['a missing column', { a, k, event }, /column b is not there/],
    ['a renamed column', { a, b2: b, k, event }, /column b is not there; did you mean a or b2/],
    ['text for a number', { ...plain, b: ['utf8', ['1', '2', '3']] }, /column b is utf8/],
    ['a list for a number', { ...plain, b: ['float32', [[1], [2, 3], []]] }, /column b runs along b/],
    ['a missing column of the output', { a, b, k }, /column event is not there/],
  ])('rejects %s as SCHEMA_MISMATCH and says which', async (_what, table, message) => {
    const [outcome, good] = await outcomes([table, plain])
    expect(codes(outcome)).toEqual([{ row: null, code: 'SCHEMA_MISMATCH' }])
    expect(outcome.rejects[0].message).toMatch(message)
    expect(column(good, 'lin.y')).toEqual(expected)
  })

  it('rejects a null as a feature, for it is no number', async () => {
    const [outcome] = await outcomes([{ ...plain, b: ['float32', [0, null, -2]] }])
    expect(codes(outcome)).toEqual([{ row: 1, code: 'SCORE_NOT_FINITE' }])
  })
})

function prepared() {
  const folder = temporary()
  writeBundle(`${folder}/lin`, linear([2, 1]), columnsText(['a', 'b']))
  writeBundle(`${folder}/pick`, lookup([10, 20, 30]), RENAMED)
  return pipelineIn(folder, `${STEPS}\nlimits: { message_rows: 5000 }`)
}
