import { describe, expect, it } from 'vitest'
import { cutFlow, passesAll, passing } from '#spillway/physics/selection/cuts.js'
import { CATEGORIES, categories } from '#spillway/physics/selection/h4l-categories.js'
import { CHANNELS, pairLeptons, standardSelection } from '#spillway/physics/selection/h4l-pairing.js'
import { leading } from '#spillway/physics/selection/leading.js'
import { fiducialPhaseSpace, generatorPhaseSpace, zJetsCuts } from '#spillway/physics/selection/z-jets.js'
import { f64 } from './support.js'

describe('leading elements', () => {
  it('are the largest, in order, with −1 where there are none', () => {
    const index = leading(f64(1, 5, 3, Number.NaN, 5, 2), Int32Array.of(0, 5, 5, 6), 2)
    expect([...index]).toEqual([1, 4, -1, -1, 5, -1])
  })
})

describe('phase spaces of Z + jets', () => {
  // Two back-to-back leptons of 45.5 GeV at η = 0 have a mass of 91.
  const event = (change: {
    l?: number
    lEta?: number
    jet?: number
    jEta?: number
    jPhi?: number
    n?: number
  }) => {
    const { l = 45.5, lEta = 0, jet = 30, jEta = 1, jPhi = 1.5, n = 2 } = change
    const leptons = [
      [l, lEta, 0],
      [l, lEta, Math.PI],
    ].slice(0, n)
    return { leptons, jets: jet > 0 ? [[jet, jEta, jPhi]] : [] }
  }
  const events = [
    event({}),
    event({ jet: 15 }),
    event({ jEta: 4.5 }),
    event({ lEta: 2.8 }),
    event({ l: 30 }),
    event({ jEta: 0.1, jPhi: Math.PI - 0.1 }),
    event({ jet: 0 }),
    event({ n: 1 }),
    event({ jet: 5 }),
    event({ jEta: -5.5 }),
    event({ jEta: 0.05, jPhi: -Math.PI + 0.1 }),
  ]
  const offsets = (key: 'leptons' | 'jets') =>
    Int32Array.from([
      0,
      ...events.map((_, i) => events.slice(0, i + 1).reduce((n, e) => n + e[key].length, 0)),
    ])
  const column = (key: 'leptons' | 'jets', k: number) =>
    Float64Array.from(events.flatMap((e) => e[key].map((p) => p[k])))
  const polar = (key: 'leptons' | 'jets') => ({
    pt: column(key, 0),
    eta: column(key, 1),
    phi: column(key, 2),
  })
  const input = {
    leptons: { ...polar('leptons'), mass: new Float64Array(column('leptons', 0).length) },
    leptonOffsets: offsets('leptons'),
    jets: polar('jets'),
    jetOffsets: offsets('jets'),
  }

  it('the generator one takes what it should', () => {
    expect([...passing(passesAll(zJetsCuts(input, generatorPhaseSpace)))]).toEqual([0, 1, 2, 3])
  })

  it('the fiducial one lies inside', () => {
    expect([...passing(passesAll(zJetsCuts(input, fiducialPhaseSpace)))]).toEqual([0])
  })

  it('give a cut-flow, weighted too', () => {
    const flow = cutFlow(
      zJetsCuts(input, generatorPhaseSpace),
      events.map(() => 0.5),
    )
    expect(flow.map((line) => [line.name, line.events])).toEqual([
      ['all', 11],
      ['two leptons', 10],
      ['m_Z', 9],
      ['jet', 8],
      ['jet pT', 7],
      ['jet eta', 6],
      ['dR(jet, lepton)', 4],
    ])
    expect(flow.at(-1)?.weight).toBe(2)
  })
})

describe('pairing of four leptons', () => {
  /** [pt, eta, phi, charge, pdg id] */
  type Lepton = readonly [number, number, number, number, number]
  const pair = (...events: readonly (readonly Lepton[])[]) => {
    const all = events.flat()
    const offsets = Int32Array.from([0, ...events.map((_, i) => events.slice(0, i + 1).flat().length)])
    const take = (k: number) => Float64Array.from(all, (l) => l[k])
    const leptons = {
      pt: take(0),
      eta: take(1),
      phi: take(2),
      mass: take(0).fill(0),
      charge: take(3),
      pdgId: take(4),
    }
    return pairLeptons(leptons, offsets)
  }
  const ePlus: Lepton = [45, 0, 0, 1, -11]
  const eMinus: Lepton = [45, 0.1, Math.PI, -1, 11]
  const muPlus: Lepton = [16, 1, 1, 1, -13]
  const muMinus: Lepton = [14, 1.5, 2.5, -1, 13]

  it('makes the pair nearer to the Z the leading one', () => {
    const q = pair([muMinus, ePlus, muPlus, eMinus])
    expect([q.lepton1[0], q.antilepton1[0], q.lepton2[0], q.antilepton2[0]]).toEqual([3, 1, 0, 2])
    expect(CHANNELS[q.channel[0]]).toBe('2e2mu')
    // m² = 2 pT₁ pT₂ (cosh Δη − cos Δφ)
    expect(q.m12[0]).toBeCloseTo(Math.sqrt(2 * 45 * 45 * (Math.cosh(0.1) + 1)), 9)
    expect(q.m34[0]).toBeCloseTo(Math.sqrt(2 * 16 * 14 * (Math.cosh(0.5) - Math.cos(1.5))), 9)
  })

  it('of one flavour takes the better of the two pairings', () => {
    const mu = (l: Lepton): Lepton => [l[0], l[1], l[2], l[3], -13 * l[3]]
    const q = pair([mu(ePlus), mu(eMinus), muPlus, muMinus])
    expect([q.lepton1[0], q.antilepton1[0], q.lepton2[0], q.antilepton2[0]]).toEqual([1, 0, 3, 2])
    expect(CHANNELS[q.channel[0]]).toBe('4mu')
  })

  it('gives none without a quadruplet: charges, flavours, thresholds, too few', () => {
    const same: Lepton = [16, 1, 1, -1, 13]
    const soft: Lepton = [9, 1, 1, 1, -13]
    const q = pair(
      [ePlus, eMinus, same, muMinus],
      [ePlus, eMinus, muPlus, ePlus],
      [ePlus, eMinus, soft, [9, 1.5, 2.5, -1, 13]],
      [],
    )
    expect([...q.mask]).toEqual([0, 0, 0, 0])
    expect([...q.lepton1, ...q.channel]).toEqual([-1, -1, -1, -1, -1, -1, -1, -1])
    expect(q.m4l[0]).toBeNaN()
  })

  it('vetoes light pairs across the two Z', () => {
    // µ⁻ of the leading and µ⁺ of the other pair near each other: J/ψ-like.
    const z = [
      [45, 0, 0, 1, -13],
      [45, 0.1, Math.PI, -1, 13],
    ] as const
    const q = pair([...z, [16, 0.2, 3.0, 1, -13], [14, 1.5, 2.0, -1, 13]])
    expect(q.mask[0]).toBe(0)
    expect(standardSelection.anyPairMass).toBe(5)
  })

  it('takes the best quadruplet of five leptons', () => {
    const extra: Lepton = [12, -1, -2, -1, 13]
    const q = pair([ePlus, eMinus, muPlus, muMinus, extra])
    const m = (l: Lepton) => Math.sqrt(2 * 16 * l[0] * (Math.cosh(l[1] - 1) - Math.cos(l[2] - 1)))
    const expected = Math.abs(m(muMinus) - 91.188) < Math.abs(m(extra) - 91.188) ? 3 : 4
    expect(q.lepton2[0]).toBe(expected)
  })
})

describe('categories of H → 4ℓ', () => {
  it('follow the table, and every event with a quadruplet is in one', () => {
    const rows: readonly (readonly [number, number, number, number, string])[] = [
      [0, 2, 10, Number.NaN, '0j-2e2mu'],
      [0, 3, 10, Number.NaN, '0j-2e2mu'],
      [0, 0, 10, Number.NaN, '0j-4l'],
      [0, 1, 300, Number.NaN, '0j-4l'],
      [1, 0, 59.9, Number.NaN, '1j-low'],
      [1, 0, 60, Number.NaN, '1j-medium'],
      [2, 0, 250, 119, '2j-low'],
      [2, 0, 199, 500, '2j-low'],
      [2, 0, 201, 121, '2j-high'],
      [5, 3, 300, 800, '2j-high'],
    ]
    const found = categories({
      jets: rows.map((r) => r[0]),
      channel: rows.map((r) => r[1]),
      pt4l: Float64Array.from(rows, (r) => r[2]),
      mjj: Float64Array.from(rows, (r) => r[3]),
    })
    expect(Array.from(found, (c) => CATEGORIES[c])).toEqual(rows.map((r) => r[4]))
  })

  it('are −1 without a quadruplet and where NaN decides', () => {
    const found = categories({
      jets: [0, 2, 1],
      channel: [-1, 0, 0],
      pt4l: f64(10, 10, Number.NaN),
      mjj: f64(0, Number.NaN, 0),
    })
    expect([...found]).toEqual([-1, -1, -1])
  })
})
