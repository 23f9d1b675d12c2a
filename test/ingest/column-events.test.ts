import { describe, expect, it } from 'vitest'
import { ColumnEvents } from '#spillway/ingest/column-events.js'
import type { Column } from '#spillway/ingest/columns.js'
import { nearest } from '#spillway/ingest/nearest.js'

const weight: Column = { axis: '', type: 'float64', values: Float64Array.of(1, 2), valid: null }
const pt: Column = { axis: 'jets', type: 'float32', values: Float32Array.of(5, 6, 7), valid: null }
const events = new ColumnEvents({
  rows: 2,
  columns: new Map([
    ['weight', weight],
    ['jets.pt', pt],
  ] as const),
  offsets: new Map([['jets', Int32Array.of(0, 3, 3)]]),
  units: new Map([['jets.pt', 'GeV']]),
})

describe('ColumnEvents', () => {
  it('describes its columns', () => {
    expect(events.schema.axes).toEqual(['jets'])
    expect(events.schema.columns).toEqual([
      { path: 'weight', axis: '', type: 'float64' },
      { path: 'jets.pt', axis: 'jets', type: 'float32', unit: 'GeV' },
    ])
  })

  it('shares columns with what `with` gives and stays as it was', () => {
    const more = events.with('score', { ...weight })
    expect(more.has('score')).toBe(true)
    expect(events.has('score')).toBe(false)
    expect(more.column('jets.pt').values).toBe(pt.values)
    expect(more.offsets('jets')).toBe(events.offsets('jets'))
  })

  it('names the nearest column and list', () => {
    expect(() => events.column('jet.pt')).toThrow('no column jet.pt; near: jets.pt')
    expect(() => events.offsets('jet')).toThrow('no list jet; near: jets')
    expect(() => events.column('zzzzzz')).toThrow(/^no column zzzzzz$/)
  })

  it('refuses lengths that do not fit', () => {
    expect(() => events.with('short', { ...weight, values: Float64Array.of(1) })).toThrow(
      'column short has 1 values, 2 are needed',
    )
    const offsets = new Map([['jets', Int32Array.of(0, 3)]])
    expect(() => new ColumnEvents({ rows: 2, columns: new Map(), offsets })).toThrow(
      'list jets has 2 offsets for 2 rows',
    )
  })
})

describe('nearest', () => {
  it('orders by edit distance and leaves out what is far', () => {
    expect(nearest('jets.p', ['jets.eta', 'jets.pt', 'jets.phi', 'weight'])).toEqual(['jets.pt', 'jets.phi'])
    expect(nearest('MET', ['met.pt', 'weight'])).toEqual(['met.pt'])
    expect(nearest('x', [])).toEqual([])
  })
})
