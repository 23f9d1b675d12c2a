import { tableFromArrays, tableFromIPC, tableToIPC } from 'apache-arrow'
import { describe, expect, it } from 'vitest'
import { SpillwayError } from '#spillway/errors.js'
import { decodeMessage, defaultLimits, SchemaMemory, schemaOf } from '#spillway/ingest/arrow/index.js'
import { fixture } from '../../support/fixtures.js'
import { flattened, referenceOf } from '../../support/reference.js'
import { walkEvents } from '../../support/walk.js'

const decode = (bytes: Uint8Array) => decodeMessage(bytes, defaultLimits)
const equalTo = (plain: string, packed: string) =>
  expect(flattened(decode(fixture(packed)))).toEqual(flattened(decode(fixture(plain))))

describe('decoding gives what apache-arrow gives', () => {
  for (const name of ['zj_lo.arrow', 'h4l.arrows', 'dictionary-delta.arrows'])
    it(name, () => {
      const events = decode(fixture(name))
      walkEvents(events)
      expect(flattened(events)).toEqual(referenceOf(tableFromIPC(fixture(name))))
    })

  it('types.arrows: every type and nesting, nulls everywhere, two batches', () => {
    const events = decode(fixture('types.arrows'))
    walkEvents(events)
    // apache-arrow cannot get values of a dictionary with 64-bit indices, and gives maps another shape.
    const other = /^(kind64|pairs)/
    const reference = referenceOf(tableFromIPC(fixture('types.arrows')), ['kind64', 'pairs'])
    const ours = flattened(events)
    for (const [axis, counts] of ours.counts)
      if (!other.test(axis)) expect([axis, counts]).toEqual([axis, reference.counts.get(axis)])
    expect([...ours.values.keys()].length).toBeGreaterThan(25)
    for (const [path, values] of ours.values)
      if (!other.test(path)) expect([path, values]).toEqual([path, reference.values.get(path)])
    expect(ours.values.get('kind64')).toEqual(Array.from({ length: 37 }, (_, i) => 'xy'[i % 2]))
    expect(ours.values.get('pairs.key')).toEqual(ours.values.get('pairs.value')!.map(() => 'k'))
    expect(events.offsets('pairs').at(-1)).toBe(ours.values.get('pairs.value')!.length)
  })

  it('events written by apache-arrow itself', () => {
    const table = tableFromArrays({
      event: BigUint64Array.of(1n, 2n),
      pt: Float32Array.of(1.5, 2.5),
      kind: ['a', 'b'],
    })
    const events = decode(tableToIPC(table, 'stream'))
    expect(flattened(events)).toEqual(referenceOf(table))
    expect(flattened(decode(tableToIPC(table, 'file')))).toEqual(referenceOf(table))
  })
})

describe('compressed bodies', () => {
  it('LZ4_FRAME and ZSTD give the same as each other and as plain bytes', () => {
    equalTo('types.arrows', 'types-zstd.arrows')
    equalTo('zj_lo-lz4.arrows', 'zj_lo-zstd.arrows')
    equalTo('zj_lo.arrow', 'zj_lo-zstd.arrows')
    expect(decode(fixture('hh4b-lz4.arrows')).rows).toBe(200)
    expect(decode(fixture('largeR_jets-zstd.arrows')).offsets('constituents').at(-1)).toBeGreaterThan(1000)
  })
})

describe('what is null', () => {
  const events = decode(fixture('types.arrows'))

  it('is NaN with valid 0 among floats', () => {
    const { values, valid } = events.column('f64')
    const nulls = [...valid!].filter((bit) => bit === 0).length
    expect(nulls).toBeGreaterThan(0)
    valid!.forEach((bit, i) => void (bit === 0 && expect(values[i]).toBeNaN()))
    expect(
      Object.is(
        values.find((_, i) => valid![i] === 1 && i % 7 === 0 && i % 5 !== 0),
        -0,
      ),
    ).toBe(true)
  })

  it('is null all the way down a struct', () => {
    const outer = events.column('met.pt').valid!
    const inner = events.column('met.sub.phi').valid!
    outer.forEach((bit, i) => void (bit === 0 && expect(inner[i]).toBe(0)))
    expect(inner.filter((bit) => bit === 0).length).toBeGreaterThan(outer.filter((bit) => bit === 0).length)
  })

  it('is an empty list, fixed-size lists included', () => {
    const sizes = [...events.offsets('p4').subarray(1)].map((end, i) => end - events.offsets('p4')[i])
    expect(new Set(sizes)).toEqual(new Set([0, 4]))
  })
})

describe('names and types', () => {
  it('columns are dotted through structs and lists, nested axes relative to their parent', () => {
    const { schema } = decode(fixture('types.arrows'))
    expect(schema.axes).toEqual([
      ...[
        'met.tags',
        'jets',
        'jets.hits',
        'jets.cells',
        'tracks',
        'p4',
        'corners',
        'deep',
        'deep.item',
        'pairs',
      ],
    ])
    expect(schema.columns).toContainEqual({ path: 'jets.pt', axis: 'jets', type: 'float32', unit: 'GeV' })
    expect(schema.columns).toContainEqual({ path: 'jets.cells.id', axis: 'jets.cells', type: 'uint32' })
    expect(schema.columns).toContainEqual({ path: 'deep', axis: 'deep.item', type: 'float64' })
    expect(schema.metadata.get('generator')).toBe('pyarrow')
    expect(schemaOf(fixture('types.arrows'))).toEqual(schema)
    expect(schemaOf(fixture('zj_lo.arrow'))).toEqual(decode(fixture('zj_lo-lz4.arrows')).schema)
  })

  it('a type that is no column says so when asked for, and leaves the others readable', () => {
    const events = decode(fixture('opaque.arrows'))
    expect([...events.column('pt').values]).toEqual([1, 2, 3])
    for (const [path, type] of [
      ['view', 'utf8View'],
      ['sparse', 'union'],
      ['dense', 'union'],
      ['listview', 'listView'],
      ['run', 'runEnd'],
    ]) {
      expect(events.has(path)).toBe(false)
      expect(() => events.column(path)).toThrow(new RegExp(`${path} cannot be read: ${type}`))
    }
    const types = decode(fixture('types.arrows'))
    for (const path of ['half', 'when', 'day', 'price', 'blob', 'fixed', 'nothing', 'numbers'])
      expect(() => types.column(path), path).toThrow(SpillwayError)
  })

  it('a missing column or list gives SCHEMA_MISMATCH with the nearest names', () => {
    const events = decode(fixture('zj_lo.arrow'))
    const caught = (run: () => unknown) => {
      try {
        run()
      } catch (error) {
        return error as SpillwayError
      }
      throw new Error('nothing was thrown')
    }
    const column = caught(() => events.column('jets.ptt'))
    expect([column.code, column.place]).toEqual(['SCHEMA_MISMATCH', 'field jets.ptt'])
    expect(column.message).toContain('jets.pt')
    expect(caught(() => events.offsets('jet')).message).toContain('jets')
  })

  it('a name used twice is not a column, wherever it is used', () => {
    const bytes = fixture('zj_lo-lz4.arrows')
    // The field's name is a flatbuffer string: its length, then its bytes.
    const name = Buffer.from([6, 0, 0, 0, ...Buffer.from('weight')])
    bytes.set([5, 0, 0, 0, ...Buffer.from('event\0')], Buffer.from(bytes).indexOf(name))
    const events = decode(bytes)
    expect(() => events.column('event')).toThrow(/named twice/)
    expect(events.has('met.pt')).toBe(true)
  })
})

describe('reading in place', () => {
  it('shares values with aligned bytes, and copies once when they are not aligned', () => {
    const bytes = fixture('h4l.arrows')
    expect(decode(bytes).column('event').values.buffer).toBe(bytes.buffer)
    const expected = flattened(decode(bytes))
    for (const shift of [1, 2, 4, 7]) {
      const shifted = new Uint8Array(bytes.length + 8)
      shifted.set(bytes, shift)
      const events = decode(shifted.subarray(shift, shift + bytes.length))
      expect(events.column('event').values.buffer).not.toBe(shifted.buffer)
      expect(flattened(events)).toEqual(expected)
    }
  })

  it('a remembered schema gives the same events, and forgets the oldest', () => {
    const schemas = new SchemaMemory(1)
    for (const name of ['h4l.arrows', 'types.arrows', 'h4l.arrows', 'h4l.arrows'])
      expect(flattened(decodeMessage(fixture(name), defaultLimits, schemas))).toEqual(
        flattened(decode(fixture(name))),
      )
  })

  it('`with` adds or replaces a column and leaves the events it came from alone', () => {
    const events = decode(fixture('h4l.arrows'))
    const score = { axis: '', type: 'float32', values: new Float32Array(events.rows), valid: null } as const
    const more = events.with('score', score).with('weight', score)
    expect(more.column('score')).toBe(score)
    expect(more.column('weight')).toBe(score)
    expect(events.has('score')).toBe(false)
    expect(events.column('weight').values[0]).not.toBe(0)
    expect(more.schema.columns.at(-1)).toEqual({ path: 'score', axis: '', type: 'float32' })
    expect(() => events.with('score', { ...score, axis: 'jets' })).toThrow(/axis 'jets'/)
  })
})

describe('dictionaries that change within a stream', () => {
  it('are those in force at each batch', () => {
    for (const [name, expected] of [
      ['dictionary-replaced.arrows', ['b', 'a', 'a', 'b', 'c', 'c']],
      ['dictionary-delta.arrows', ['b', 'a', 'c', 'a', 'd', 'a']],
    ] as const) {
      const kind = decode(fixture(name)).column('kind')
      expect([...kind.values].map((code) => kind.dictionary![Number(code)])).toEqual(expected)
    }
  })
})
