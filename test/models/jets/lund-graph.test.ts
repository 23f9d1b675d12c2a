import { describe, expect, it } from 'vitest'
import { featureBuilder } from '#spillway/models/features/index.js'
import { eventsOf } from '../../support/events.js'
import { tensorsOf } from '../../support/tensors.js'

type Part = readonly [pt: number, eta: number, phi: number]

const columnsOf = (...list: readonly (readonly Part[])[]) =>
  ({
    'constituents.pt': ['float32', list.map((parts) => parts.map(([pt]) => pt))],
    'constituents.eta': ['float32', list.map((parts) => parts.map(([, eta]) => eta))],
    'constituents.phi': ['float32', list.map((parts) => parts.map(([, , phi]) => phi))],
    'constituents.energy': ['float32', list.map((parts) => parts.map(([pt, eta]) => pt * Math.cosh(eta)))],
  }) as const

const jets = (...list: readonly (readonly Part[])[]) => eventsOf(columnsOf(...list), ['constituents'])

const FEATURES = 5
const builder = featureBuilder('lund-graph', 1, {})

/** Two pairs, each close, far from one another: the first splitting parts the pairs. */
const twoPairs: readonly Part[] = [
  [100, 0, 0],
  [20, 0.05, 0],
  [50, 0.6, 0],
  [10, 0.6, 0.1],
]

describe('lund-graph', () => {
  it('has a node for each splitting, with its kT, angle, share, direction and mass', () => {
    const { nodes, mask } = tensorsOf(
      builder,
      jets([
        [80, 0, 0],
        [20, 0, 0.3],
      ]),
      2,
    )
    expect(mask).toEqual([1, 0])
    // By hand: massless particles at rapidity 0, 0.3 rad apart; the softer one at larger azimuth.
    const m = Math.sqrt(2 * 80 * 20 * (1 - Math.cos(0.3)))
    const expected = [Math.log(20 * 0.3), Math.log(0.3), 0.2, Math.atan2(0, 0.3), Math.log(m)]
    expected.forEach((want, k) => {
      expect(nodes[k]).toBeCloseTo(want, 4)
    })
    expect(nodes.slice(FEATURES)).toEqual([0, 0, 0, 0, 0])
  })

  it('points from each splitting to the one it came from and to the next ones', () => {
    const { neighbours, nodes, mask } = tensorsOf(builder, jets(twoPairs), 4)
    expect(mask).toEqual([1, 1, 1, 0])
    // First the two pairs, then the harder pair's own splitting, then the softer pair's.
    expect(neighbours).toEqual([-1, 1, 2, 0, -1, -1, 0, -1, -1, -1, -1, -1])
    const angles = [0, 1, 2].map((node) => Math.exp(nodes[node * FEATURES + 1]))
    expect(angles[0]).toBeGreaterThan(0.5)
    expect(angles[1]).toBeCloseTo(0.05, 3)
    expect(angles[2]).toBeCloseTo(0.1, 3)
  })

  it('passes over splittings below the kT cut, and cuts jets off at its longest', () => {
    const cut = featureBuilder('lund-graph', 1, { ln_kt_min: Math.log(5) })
    expect(cut.bind(jets(twoPairs)).lengths).toEqual(Int32Array.of(1))
    const short = featureBuilder('lund-graph', 1, { max_length: 2 })
    const { neighbours } = tensorsOf(short, jets(twoPairs), 2)
    expect(neighbours).toEqual([-1, 1, -1, 0, -1, -1])
  })

  it('has no node for none and one constituent', () => {
    expect(builder.bind(jets([], [[50, 0, 0]])).lengths).toEqual(Int32Array.of(0, 0))
    expect(tensorsOf(builder, jets([], [[50, 0, 0]]), 1).mask).toEqual([0, 0])
  })

  it('brings columns of the jet along where it is told to, and is as it was where it is not', () => {
    expect(builder.tensors.map(({ name }) => name)).toEqual(['nodes', 'neighbours', 'mask'])
    const told = featureBuilder('lund-graph', 1, { jet: ['jet.mass', 'jet.pt'] })
    expect(told.reads.slice(builder.reads.length)).toMatchObject([
      { path: 'jet.mass', axis: '' },
      { path: 'jet.pt', axis: '' },
    ])
    const events = eventsOf({
      ...columnsOf(twoPairs, [[50, 0, 0]]),
      'jet.mass': ['float32', [80, 3]],
      'jet.pt': ['float32', [500, 50]],
    })
    const { jet, ...rest } = tensorsOf(told, events, 4)
    expect(jet).toEqual([80, 500, 3, 50])
    expect(rest).toEqual(tensorsOf(builder, events, 4))
  })

  it('refuses a jet with a constituent that is not finite, and only that one', () => {
    const broken = jets(
      [
        [50, 0, 0],
        [Number.NaN, 0.1, 0],
      ],
      [[50, Number.POSITIVE_INFINITY, 0]],
      twoPairs,
    )
    expect(builder.bind(broken).lengths?.every((length) => length > 0)).toBe(true)
    const { nodes } = tensorsOf(builder, broken, 3)
    const bad = [0, 1, 2].map((jet) => nodes.slice(jet * 15, (jet + 1) * 15).some(Number.isNaN))
    expect(bad).toEqual([true, true, false])
  })
})
