import { describe, expect, it } from 'vitest'
import { featureBuilder } from '#spillway/models/features/index.js'
import { VARIABLES, type Variable } from '#spillway/models/reweighting/phase-space/features.js'
import { eventsOf } from '../../support/events.js'
import { tensorsOf } from '../../support/tensors.js'

type Particle = readonly [pt: number, eta: number, phi: number, mass: number]
interface Event {
  readonly leptons: readonly (readonly [...Particle, charge: number])[]
  readonly jets: readonly Particle[]
}

function events(list: readonly Event[]) {
  const momenta = (name: 'leptons' | 'jets') =>
    (['pt', 'eta', 'phi', 'mass'] as const).map(
      (component, k) =>
        [`${name}.${component}`, ['float32', list.map((e) => e[name].map((p) => p[k]))]] as const,
    )
  return eventsOf(
    {
      ...Object.fromEntries([...momenta('leptons'), ...momenta('jets')]),
      'leptons.charge': ['int8', list.map(({ leptons }) => leptons.map((lepton) => lepton[4]))],
    },
    ['leptons', 'jets'],
  )
}

function variables(list: readonly Event[]): Record<Variable, number>[] {
  const builder = featureBuilder('zj-kinematics', 1, { inputs: VARIABLES })
  const { kinematics } = tensorsOf(builder, events(list))
  const { length: width } = VARIABLES
  return list.map(
    (_, i) =>
      Object.fromEntries(VARIABLES.map((name, c) => [name, kinematics[i * width + c]])) as Record<
        Variable,
        number
      >,
  )
}

/** A leading-order event: the jet balances the pair. */
const [l1, l2] = [
  [40, 0.5, 0.4, 0, -1],
  [30, 1.5, 2.6, 0, 1],
] as const
const [px, py] = [40 * Math.cos(0.4) + 30 * Math.cos(2.6), 40 * Math.sin(0.4) + 30 * Math.sin(2.6)]
const whole: Event = { leptons: [l1, l2], jets: [[Math.hypot(px, py), -2, Math.atan2(-py, -px), 0]] }
const changed = (mirror: number, turn: number): Event => ({
  leptons: whole.leptons.map(([pt, eta, phi, mass, q]) => [pt, mirror * eta, phi + turn, mass, q]),
  jets: whole.jets.map(([pt, eta, phi, mass]) => [pt, mirror * eta, phi + turn, mass]),
})

describe('zj-kinematics', () => {
  it('gives what a hand calculation gives', () => {
    const [v] = variables([whole])
    expect(v.z_pt).toBeCloseTo(Math.log(Math.hypot(px, py)), 5)
    expect(v.z_mass).toBeCloseTo(Math.sqrt(2 * 40 * 30 * (Math.cosh(1) - Math.cos(2.2))), 3)
    const [e, pz] = [40 * Math.cosh(0.5) + 30 * Math.cosh(1.5), 40 * Math.sinh(0.5) + 30 * Math.sinh(1.5)]
    expect(v.z_rapidity).toBeCloseTo(0.5 * Math.log((e + pz) / (e - pz)), 5)
    // Collins and Soper: 2 (p1+ p2- − p1- p2+) / (M √(M² + Q_T²)) for the negative lepton, with p± = (E ± p_z) / √2.
    const [plus1, minus1] = [40 * Math.exp(0.5), 40 * Math.exp(-0.5)]
    const [plus2, minus2] = [30 * Math.exp(1.5), 30 * Math.exp(-1.5)]
    const mt = Math.hypot(v.z_mass, Math.hypot(px, py))
    expect(v.cos_theta_cs).toBeCloseTo((plus1 * minus2 - minus1 * plus2) / (v.z_mass * mt), 5)
    expect(v.jet_eta).toBe(-2)
    expect(v.jet_pt).toBeCloseTo(v.z_pt, 5)
    expect(v.dphi).toBeCloseTo(0, 5)
  })

  it('does not see mirrors along the beam or turns about it, also over the seam', () => {
    const [first, ...others] = variables([whole, changed(-1, 0), changed(1, 2.9), changed(-1, -1.7)])
    for (const other of others) {
      for (const name of VARIABLES) expect(other[name], name).toBeCloseTo(first[name], 3)
    }
  })

  it('refuses events without a pair or without a jet', () => {
    const broken = variables([
      { ...whole, leptons: [l1] },
      { ...whole, leptons: [l1, [30, 1.5, 2.6, 0, -1]] },
      { ...whole, jets: [] },
    ])
    for (const event of broken) expect(Object.values(event).some(Number.isNaN)).toBe(true)
  })
})
