import { describe, expect, it } from 'vitest'
import { featureBuilder } from '#spillway/models/features/index.js'
import { eventsOf } from '../../support/events.js'
import { tensorsOf } from '../../support/tensors.js'

type Lepton = readonly [pt: number, eta: number, phi: number, charge: number, pdgId: number]
type Jet = readonly [pt: number, eta: number, phi: number]

const events = (
  ...list: readonly { readonly leptons: readonly Lepton[]; readonly jets?: readonly Jet[] }[]
) => {
  const lepton = (k: number) => list.map(({ leptons }) => leptons.map((l) => l[k]))
  const jet = (k: number) => list.map(({ jets = [] }) => jets.map((j) => j[k]))
  return eventsOf(
    {
      'leptons.pt': ['float32', lepton(0)],
      'leptons.eta': ['float32', lepton(1)],
      'leptons.phi': ['float32', lepton(2)],
      'leptons.mass': ['float32', list.map(({ leptons }) => leptons.map(() => 0))],
      'leptons.charge': ['int8', lepton(3)],
      'leptons.pdg_id': ['int16', lepton(4)],
      'jets.pt': ['float32', jet(0)],
      'jets.eta': ['float32', jet(1)],
      'jets.phi': ['float32', jet(2)],
      'jets.mass': ['float32', list.map(({ jets = [] }) => jets.map(() => 0))],
    },
    ['leptons', 'jets'],
  )
}

/** Back to back pairs at rest in the transverse plane: m = 2 pT at η = 0. */
const four: readonly Lepton[] = [
  [45, 0, 0, -1, 11],
  [45, 0, Math.PI, 1, -11],
  [16, 0, 1.5, -1, 13],
  [16, 0, 1.5 - Math.PI, 1, -13],
]

describe('h4l-objects', () => {
  it('gives leptons by falling pT with their Z boson, and the variables of the category', () => {
    const builder = featureBuilder('h4l-objects', 1, { category: '0j-2e2mu' })
    const { leptons, global, decay } = tensorsOf(builder, events({ leptons: four.toReversed() }))
    expect(leptons.filter((_, i) => i % 3 === 2)).toEqual([1, 1, 0, 0])
    expect(leptons[0]).toBeCloseTo(Math.log(45), 5)
    expect(leptons[9]).toBeCloseTo(Math.log(16), 5)
    const [pt4l, m12, m34] = global
    expect(pt4l).toBeCloseTo(0, 3)
    expect(m12).toBeCloseTo(Math.log1p(90), 4)
    expect(m34).toBeCloseTo(Math.log1p(32), 4)
    expect(decay.every(Number.isFinite)).toBe(true)
  })

  it('refuses events without a quadruplet, or without the jets of the category', () => {
    const zero = featureBuilder('h4l-objects', 1, { category: '0j-4l' })
    const none = tensorsOf(zero, events({ leptons: four.slice(1) }))
    expect(none.leptons.every(Number.isNaN)).toBe(true)
    const one = featureBuilder('h4l-objects', 1, { category: '1j-low' })
    const jet: Jet = [50, 1, 2.5]
    const { global } = tensorsOf(one, events({ leptons: four }, { leptons: four, jets: [jet] }))
    expect(global.slice(0, 4).some(Number.isNaN)).toBe(true)
    expect(global.slice(4).every(Number.isFinite)).toBe(true)
    expect(global[5]).toBeCloseTo(Math.log1p(50), 4)
    expect(global[6]).toBeCloseTo(1, 5)
  })

  it('gives the two leading jets where the category has two', () => {
    const builder = featureBuilder('h4l-objects', 1, { category: '2j-low' })
    const { jets, global } = tensorsOf(
      builder,
      events({
        leptons: four,
        jets: [
          [40, -1, 2.5],
          [80, 2, -2],
          [35, 4, 0.7],
        ],
      }),
    )
    expect(jets).toEqual([Math.log(80), 2, Math.log(40), -1].map((value) => expect.closeTo(value, 4)))
    // m² = 2 pT pT (cosh Δη − cos Δφ)
    const m = Math.sqrt(2 * 80 * 40 * (Math.cosh(3) - Math.cos(4.5)))
    expect(global[0]).toBeCloseTo(Math.log1p(m), 4)
  })
})
