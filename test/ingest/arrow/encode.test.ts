import { tableFromIPC } from 'apache-arrow'
import { describe, expect, it } from 'vitest'
import {
  decodeMessage,
  defaultLimits,
  EncoderMemory,
  encodeColumns,
  encodeSubset,
} from '#spillway/ingest/arrow/index.js'
import type { Column, ColumnType, Values } from '#spillway/ingest/columns.js'
import { fixture } from '../../support/fixtures.js'
import { flattened, referenceOf } from '../../support/reference.js'
import { walkEvents } from '../../support/walk.js'

const decode = (bytes: Uint8Array) => decodeMessage(bytes, { ...defaultLimits, maxRatio: 10_000 })
const column = (axis: string, type: ColumnType, values: Values, valid: Uint8Array | null = null): Column => ({
  axis,
  type,
  values,
  valid,
})

describe('encodeColumns', () => {
  const offsets = new Map([
    ['jets', Int32Array.of(0, 2, 2, 3)],
    ['jets.tracks', Int32Array.of(0, 1, 1, 4)],
  ])
  const text = { ...column('jets', 'utf8', Int32Array.of(1, 0, 1)), dictionary: ['χ²', ''] }
  const columns = new Map<string, Column>([
    ['event', column('', 'uint64', BigUint64Array.of(1n, 2n, 2n ** 63n))],
    ['pol.l', column('', 'float32', Float32Array.of(0.25, Number.NaN, -0), Uint8Array.of(1, 0, 1))],
    ['pass', column('', 'bool', Uint8Array.of(1, 0, 1))],
    ['count', column('', 'int16', Int16Array.of(-1, 0, 1))],
    ['tagger.p_w', column('jets', 'float32', Float32Array.of(1, 2, 3))],
    ['name', text],
    ['tracks.w', column('jets.tracks', 'float64', Float64Array.of(1, 2, 3, 4), Uint8Array.of(1, 1, 0, 1))],
  ])
  const metadata = new Map([['model', 'pol 3']])

  it('is read by apache-arrow: nulls, lists named by their path, metadata', () => {
    const table = tableFromIPC(encodeColumns(3, columns, offsets, metadata))
    expect(table.schema.metadata).toEqual(metadata)
    const { values, counts } = referenceOf(table)
    expect(values.get('event')).toEqual([1n, 2n, 2n ** 63n])
    expect(values.get('pol.l')).toEqual([0.25, null, -0])
    expect(values.get('pass')).toEqual([true, false, true])
    expect(values.get('tagger.p_w')).toEqual([1, 2, 3])
    expect(counts.get('tagger.p_w')).toEqual([2, 0, 1])
    expect(values.get('name')).toEqual(['', 'χ²', ''])
    expect(counts.get('tracks.w.item')).toEqual([1, 0, 3])
    expect(values.get('tracks.w')).toEqual([1, 2, null, 4])
  })

  it('is read back by decodeMessage', () => {
    const events = decode(encodeColumns(3, columns, offsets, metadata))
    walkEvents(events)
    expect(flattened(events)).toEqual(referenceOf(tableFromIPC(encodeColumns(3, columns, offsets, metadata))))
    expect(events.schema.metadata).toEqual(metadata)
  })

  it('gives the same bytes with a memory, whatever it wrote before', () => {
    const memory = new EncoderMemory()
    const one = new Map([['x', column('', 'float32', Float32Array.of(1))]])
    const two = new Map([['x', column('', 'float64', Float64Array.of(1))]])
    for (const [columns, meta] of [
      [one, metadata],
      [two, metadata],
      [two, new Map([['model', 'pol 4']])],
      [one, metadata],
      [one, metadata],
    ] as const)
      expect(encodeColumns(1, columns, new Map(), meta, memory)).toEqual(
        encodeColumns(1, columns, new Map(), meta),
      )
  })

  it('lays every buffer on a multiple of 8 bytes', () => {
    const bytes = encodeColumns(3, columns, offsets, metadata)
    expect(bytes.length % 8).toBe(0)
    expect(decode(bytes).column('event').values.buffer).toBe(bytes.buffer)
  })

  it('refuses lengths that do not fit', () => {
    const short = new Map([['x', column('', 'float32', new Float32Array(2))]])
    expect(() => encodeColumns(3, short, offsets, metadata)).toThrow(/x has 2 values, not 3/)
    const lost = new Map([['x', column('muons', 'float32', new Float32Array(3))]])
    expect(() => encodeColumns(3, lost, offsets, metadata)).toThrow(/axis muons/)
  })
})

describe('encodeSubset', () => {
  for (const name of [
    'zj_lo.arrow',
    'h4l.arrows',
    'types.arrows',
    'types-zstd.arrows',
    'dictionary-replaced.arrows',
    'dictionary-delta.arrows',
  ]) {
    it(`${name}: all rows are the events, and some rows are those events`, () => {
      const bytes = fixture(name)
      const events = decode(bytes)
      const whole = decode(encodeSubset(bytes, null))
      walkEvents(whole)
      expect(flattened(whole)).toEqual(flattened(events))
      expect(whole.schema).toEqual(events.schema)
      const rows = Array.from({ length: events.rows }, (_, i) => i).filter((i) => i % 3 === 1)
      const some = decode(encodeSubset(bytes, rows))
      walkEvents(some)
      const numbers = events.column('event').values
      expect([...some.column('event').values]).toEqual(rows.map((row) => numbers[row]))
      // Cut twice is cut once: every column and offset of the rows left comes along.
      const twice = decode(
        encodeSubset(
          encodeSubset(bytes, rows),
          rows.map((_, i) => i),
        ),
      )
      expect(flattened(twice)).toEqual(flattened(some))
    })
  }

  it('agrees with apache-arrow row by row', () => {
    const bytes = fixture('h4l.arrows')
    const rows = [0, 3, 4, 11, 47]
    const [cut, whole] = [tableFromIPC(encodeSubset(bytes, rows)), tableFromIPC(bytes)]
    expect(rows.map((row) => String(whole.get(row)))).toEqual(Array.from(rows, (_, i) => String(cut.get(i))))
    expect(cut.schema.metadata).toEqual(whole.schema.metadata)
  })

  it('no rows, and all rows but one', () => {
    const bytes = fixture('types.arrows')
    const none = decode(encodeSubset(bytes, []))
    walkEvents(none)
    expect(none.rows).toBe(0)
    const events = decode(bytes)
    const rows = Array.from({ length: events.rows }, (_, i) => i).filter((i) => i !== 21)
    expect(decode(encodeSubset(bytes, rows)).rows).toBe(events.rows - 1)
  })

  it('adds columns of events and along lists, in every batch, also for some rows', () => {
    const bytes = fixture('types.arrows')
    const events = decode(bytes)
    const count = (axis: string) => (axis === '' ? events.rows : events.offsets(axis).at(-1)!)
    const ramp = (axis: string) =>
      column(
        axis,
        'float32',
        Float32Array.from({ length: count(axis) }, (_, i) => i),
      )
    const extra = new Map([
      ['score', ramp('')],
      ['tagger.p', ramp('jets')],
      ['cell.p', ramp('jets.cells')],
      ['p4.p', ramp('p4')],
    ])
    const whole = decode(encodeSubset(bytes, null, extra))
    walkEvents(whole)
    for (const [path, { values }] of extra) expect(whole.column(path).values).toEqual(values)
    expect(whole.offsets('tagger.p')).toEqual(events.offsets('jets'))
    expect(whole.offsets('cell.p.item')).toEqual(events.offsets('jets.cells'))
    const rows = [1, 7, 8, 19, 20, 30, 36]
    const some = decode(encodeSubset(bytes, rows, extra))
    walkEvents(some)
    expect([...some.column('score').values]).toEqual(rows)
    const jets = events.offsets('jets')
    const expected = rows.flatMap((row) =>
      Array.from({ length: jets[row + 1] - jets[row] }, (_, i) => jets[row] + i),
    )
    expect([...some.column('tagger.p').values]).toEqual(expected)
    expect(some.offsets('jets')).toEqual(some.offsets('tagger.p'))
  })

  it('replaces columns in place, under null lists and structs too', () => {
    const bytes = fixture('types.arrows')
    const events = decode(bytes)
    const pt = events.column('jets.pt')
    const calibrated = Float64Array.from(pt.values as Float32Array, (value) => 2 * value)
    const extra = new Map<string, Column>([
      ['jets.pt', { axis: 'jets', type: 'float64', values: calibrated, valid: pt.valid }],
      [
        'kind',
        { ...events.column('kind'), values: Int32Array.from(events.column('kind').values as Int32Array) },
      ],
    ])
    const after = decode(encodeSubset(bytes, null, extra))
    walkEvents(after)
    expect(after.schema.columns.map(({ path }) => path)).toEqual(
      events.schema.columns.map(({ path }) => path),
    )
    expect(after.column('jets.pt').values).toEqual(calibrated)
    const text = (of: typeof events) => flattened(of).values.get('kind')
    expect(text(after)).toEqual(text(events))
    const { values, counts } = flattened(events)
    const now = flattened(after)
    expect(now.counts).toEqual(counts)
    for (const [path, old] of values)
      if (path !== 'jets.pt') expect([path, now.values.get(path)]).toEqual([path, old])
  })

  it('refuses rows out of order and columns that do not fit', () => {
    const bytes = fixture('h4l.arrows')
    for (const rows of [[1, 1], [2, 1], [-1], [48], [0, 100]])
      expect(() => encodeSubset(bytes, rows)).toThrow(/row/)
    const extra = (axis: string, length: number) =>
      new Map([['x', column(axis, 'float32', new Float32Array(length))]])
    expect(() => encodeSubset(bytes, null, extra('', 47))).toThrow(/47 values, not 48/)
    expect(() => encodeSubset(bytes, null, extra('muons', 1))).toThrow(/'muons'/)
    expect(() => encodeSubset(fixture('opaque.arrows'), [0])).toThrow(/utf8View/)
  })
})
