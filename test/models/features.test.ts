import { describe, expect, it } from 'vitest'
import { ColumnEvents } from '#spillway/ingest/column-events.js'
import type { Column } from '#spillway/ingest/columns.js'
import type { FeatureBuilder } from '#spillway/models/feature-builder.js'
import { featureBuilder } from '#spillway/models/features/index.js'
import { columnOf, eventsOf } from '../support/events.js'

/** All items in one call, padded to `length`: values per tensor. */
function built(builder: FeatureBuilder, events: ColumnEvents, length = 1): number[][] {
  const bound = builder.bind(events)
  const items = Int32Array.from({ length: bound.items }, (_, i) => i)
  const tensors = builder.tensors.map(({ shape }) => {
    const size = shape.reduce<number>(
      (n, dim) => n * (dim === 'n' ? bound.items : dim === 't' ? length : dim),
      1,
    )
    return new Float32Array(size).fill(99)
  })
  bound.fill(items, 0, items.length, 0, length, tensors)
  return tensors.map((tensor) => [...tensor])
}

type Part = readonly [pt: number, eta: number, phi: number, energy: number, charge: number]

/** Jets, one an event, with constituents. */
function jets(
  rows: readonly {
    readonly jet: readonly [pt: number, eta: number, phi: number]
    readonly parts: readonly Part[]
  }[],
): ColumnEvents {
  const column = (k: number) =>
    columnOf(
      'constituents',
      'float32',
      rows.flatMap(({ parts }) => parts.map((p) => p[k])),
    )
  const jet = (k: number) =>
    columnOf(
      '',
      'float32',
      rows.map(({ jet }) => jet[k]),
    )
  let end = 0
  const offsets = Int32Array.from([0, ...rows.map(({ parts }) => (end += parts.length))])
  return new ColumnEvents({
    rows: rows.length,
    columns: new Map<string, Column>([
      ['jet.pt', jet(0)],
      ['jet.eta', jet(1)],
      ['jet.phi', jet(2)],
      ...['pt', 'eta', 'phi', 'energy', 'charge'].map((name, k): [string, Column] => [
        `constituents.${name}`,
        column(k),
      ]),
    ]),
    offsets: new Map([['constituents', offsets]]),
  })
}

const part: Part = [10, 0.1, 0.2, 12, -1]
const F = 7

describe('jet-constituents', () => {
  const builder = featureBuilder('jet-constituents', 1, {})

  it('gives the logarithms and distances of its description', () => {
    const [values, mask] = built(builder, jets([{ jet: [100, 0, 0.1], parts: [part] }]))
    const wanted = [Math.log(10), Math.log(12), Math.log(0.1), 0.1, 0.1, Math.hypot(0.1, 0.1), -1]
    expect(values).toEqual(wanted.map((value) => expect.closeTo(value, 5)))
    expect(mask).toEqual([1])
  })

  it('measures the azimuth across the seam', () => {
    const over: Part = [1, 0, -Math.PI + 0.01, 1, 0]
    const under: Part = [1, 0, Math.PI - 0.01, 1, 0]
    const [values] = built(
      builder,
      jets([
        { jet: [1, 0, Math.PI - 0.01], parts: [over] },
        { jet: [1, 0, -Math.PI + 0.01], parts: [under] },
        { jet: [1, 0, 0.5], parts: [[1, 0, 0.5 + 2 * Math.PI, 1, 0]] },
      ]),
    )
    expect(values[4]).toBeCloseTo(0.02, 5)
    expect(values[F + 4]).toBeCloseTo(-0.02, 5)
    expect(values[2 * F + 4]).toBeCloseTo(0, 5)
  })

  it('pads with zeros and masks, jets without constituents wholly', () => {
    const [values, mask] = built(
      builder,
      jets([
        { jet: [10, 0, 0], parts: [] },
        { jet: [10, 0, 0], parts: [part, part] },
      ]),
      3,
    )
    expect(mask).toEqual([0, 0, 0, 1, 1, 0])
    expect(values.slice(0, 3 * F)).toEqual(Array.from({ length: 3 * F }, () => 0))
    expect(values.slice(5 * F)).toEqual(Array.from({ length: F }, () => 0))
    expect(values.slice(3 * F, 4 * F)).toEqual(values.slice(4 * F, 5 * F))
  })

  it('takes the first constituents where there are more than it can hold', () => {
    const many = Array.from({ length: 300 }, (_, k): Part => [k + 1, 0, 0, 1, 0])
    const events = jets([{ jet: [1, 0, 0], parts: many }])
    expect(Array.from(builder.bind(events).lengths!)).toEqual([128])
    const [values, mask] = built(builder, events, 128)
    expect(mask.every((there) => there === 1)).toBe(true)
    expect(values[127 * F]).toBeCloseTo(Math.log(128), 5)
  })

  it.each<[string, Part]>([
    ['a pt of zero', [0, 0, 0, 1, 0]],
    ['a negative pt', [-5, 0, 0, 1, 0]],
    ['an energy of zero', [1, 0, 0, 0, 0]],
  ])('floors %s', (_what, odd) => {
    const [values] = built(builder, jets([{ jet: [1, 0, 0], parts: [odd] }]))
    expect(values.every(Number.isFinite)).toBe(true)
    expect(Math.min(values[0], values[1])).toBeCloseTo(Math.log(1e-3), 5)
  })

  it.each<[string, Part]>([
    ['a NaN pt', [Number.NaN, 0, 0, 1, 0]],
    ['an infinite pt', [Number.POSITIVE_INFINITY, 0, 0, 1, 0]],
    ['an infinite eta', [1, Number.POSITIVE_INFINITY, 0, 1, 0]],
    ['a NaN phi', [1, 0, Number.NaN, 1, 0]],
    ['a NaN energy', [1, 0, 0, Number.NaN, 0]],
  ])('lets %s be seen, so that the event is refused', (_what, odd) => {
    const [values] = built(builder, jets([{ jet: [1, 0, 0], parts: [odd] }]))
    expect(values.every(Number.isFinite)).toBe(false)
  })

  it('reads jets in a list with their own constituents', () => {
    const nested = featureBuilder('jet-constituents', 1, { jet: 'jets', constituents: 'jets.constituents' })
    expect(nested.axis).toBe('jets')
    expect(nested.reads.map(({ axis }) => axis)).toEqual([
      'jets',
      'jets',
      'jets',
      ...Array(5).fill('jets.constituents'),
    ])
  })
})

describe('zj-momenta', () => {
  const builder = featureBuilder('zj-momenta', 1, {})
  const event = (charges: readonly number[], jetCount: number, pt = 50) =>
    eventsOf(
      {
        'leptons.pt': ['float32', [charges.map((_charge, i) => pt + i)]],
        'leptons.eta': ['float32', [charges.map(() => 0.5)]],
        'leptons.phi': ['float32', [charges.map(() => Math.PI)]],
        'leptons.mass': ['float32', [charges.map(() => 0.1)]],
        'leptons.charge': ['int8', [charges]],
        'jets.pt': ['float32', [Array.from({ length: jetCount }, () => 30)]],
        'jets.eta': ['float32', [Array.from({ length: jetCount }, () => -1)]],
        'jets.phi': ['float32', [Array.from({ length: jetCount }, () => 0)]],
        'jets.mass': ['float32', [Array.from({ length: jetCount }, () => 5)]],
      },
      ['leptons', 'jets'],
    )

  it.each([
    ['first', [-1, 1], [50, 51]],
    ['second', [1, -1], [51, 50]],
  ])('puts the negative lepton first where it is the %s', (_which, charges, [minus, plus]) => {
    const [values] = built(builder, event(charges, 1))
    expect(values[0]).toBeCloseTo(-minus, 4)
    expect(values[4]).toBeCloseTo(-plus, 4)
    expect(values[2]).toBeCloseTo(minus * Math.sinh(0.5), 4)
    expect(values[3]).toBeCloseTo(Math.sqrt(minus ** 2 * Math.cosh(0.5) ** 2 + 0.01), 4)
    expect(values.slice(8)).toEqual([
      30,
      0,
      expect.closeTo(30 * Math.sinh(-1), 4),
      expect.closeTo(Math.sqrt(900 * Math.cosh(1) ** 2 + 25), 4),
    ])
  })

  it.each([
    ['no lepton', [], 1],
    ['one lepton', [-1], 1],
    ['no jet', [-1, 1], 0],
  ])('gives NaN for an event with %s', (_what, charges, jetCount) => {
    const [values] = built(builder, event(charges, jetCount))
    expect(values).toEqual(Array(12).fill(Number.NaN))
  })

  it('gives NaN or infinity where a momentum has it, and zero where pt is zero', () => {
    expect(built(builder, event([-1, 1], 1, Number.NaN))[0].every(Number.isFinite)).toBe(false)
    expect(built(builder, event([-1, 1], 1, Number.POSITIVE_INFINITY))[0].every(Number.isFinite)).toBe(false)
    expect(Math.abs(built(builder, event([-1, 1], 1, 0))[0][0])).toBe(0)
  })
})

describe('columns', () => {
  it('needs the list that ragged tensors run along', () => {
    const tensors = [{ name: 'x', columns: ['parts.pt'], ragged: true }]
    expect(() => featureBuilder('columns', 1, { tensors })).toThrow(/need the list/)
    expect(featureBuilder('columns', 1, { tensors, list: 'parts' }).reads[0].axis).toBe('parts')
  })

  it.each([
    ['an unknown builder', 'no-such', 1, {}, 'MODEL_INVALID'],
    ['another version', 'columns', 2, { tensors: [{ name: 'x' }] }, 'MODEL_INVALID'],
    ['an unknown option', 'zj-momenta', 1, { lepton: 'l' }, 'CONFIG_INVALID'],
  ])('refuses %s', (_what, id, version, options, code) => {
    expect(() => featureBuilder(id, version, options)).toThrowError(expect.objectContaining({ code }))
  })

  it('writes features, channels and masks', () => {
    const events = eventsOf({
      a: ['float32', [1, 2]],
      'p.x': ['float32', [[3, 4], [5]]],
      'p.y': ['int32', [[6, 7], [8]]],
    })
    const list = { columns: ['p.x', 'p.y'], ragged: true }
    const builder = featureBuilder('columns', 1, {
      list: 'p',
      tensors: [
        { name: 'a', columns: ['a'] },
        { name: 'f', ...list },
        { name: 'c', ...list, layout: 'channels' },
        { name: 'm', layout: 'mask', ragged: true },
      ],
    })
    expect(built(builder, events, 3)).toEqual([
      [1, 2],
      [3, 6, 4, 7, 0, 0, 5, 8, 0, 0, 0, 0],
      [3, 4, 0, 6, 7, 0, 5, 0, 0, 8, 0, 0],
      [1, 1, 0, 1, 0, 0],
    ])
  })
})
