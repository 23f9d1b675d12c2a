import { describe, expect, it } from 'vitest'
import { featureBuilder } from '#spillway/models/features/index.js'
import { VARIABLES, type Variable } from '#spillway/models/polarization/ssww/features.js'
import { columnOf, eventsOf } from '../../support/events.js'
import { tensorsOf } from '../../support/tensors.js'

type Particle = readonly [pt: number, eta: number, phi: number, mass: number]
interface Event {
  readonly leptons: readonly (readonly [...Particle, charge: number])[]
  readonly jets: readonly Particle[]
  readonly met: readonly [pt: number, phi: number]
}

const whole: Event = {
  leptons: [
    [40, 0.5, 0.4, 0, 1],
    [90, -1, 2.4, 0, 1],
  ],
  jets: [
    [60, 2, -3, 0],
    [120, -3, 1, 0],
  ],
  met: [50, -1],
}
/** The same event seen in a mirror and turned about the beam. */
const changed = ({ leptons, jets, met }: Event, mirror: number, turn: number): Event => ({
  leptons: leptons.map(([pt, eta, phi, mass, q]) => [pt, mirror * eta, phi + turn, mass, q]),
  jets: jets.map(([pt, eta, phi, mass]) => [pt, mirror * eta, phi + turn, mass]),
  met: [met[0], met[1] + turn],
})

function events(list: readonly Event[]) {
  const momenta = (name: 'leptons' | 'jets') =>
    (['pt', 'eta', 'phi', 'mass'] as const).map(
      (component, k) =>
        [`${name}.${component}`, ['float32', list.map((e) => e[name].map((p) => p[k]))]] as const,
    )
  return eventsOf({
    ...Object.fromEntries([...momenta('leptons'), ...momenta('jets')]),
    'leptons.charge': ['int8', list.map(({ leptons }) => leptons.map((lepton) => lepton[4]))],
  })
    .with(
      'met.pt',
      columnOf(
        '',
        'float32',
        list.map(({ met }) => met[0]),
      ),
    )
    .with(
      'met.phi',
      columnOf(
        '',
        'float32',
        list.map(({ met }) => met[1]),
      ),
    )
}

/** All variables of each event, by name. */
function variables(list: readonly Event[]): Record<Variable, number>[] {
  const { kinematics } = tensorsOf(featureBuilder('ssww-kinematics', 1, {}), events(list))
  const { length: width } = VARIABLES
  return list.map(
    (_, i) =>
      Object.fromEntries(VARIABLES.map((name, c) => [name, kinematics[i * width + c]])) as Record<
        Variable,
        number
      >,
  )
}

describe('ssww-kinematics', () => {
  it('gives what a hand calculation gives', () => {
    const [v] = variables([whole])
    // The harder lepton comes first, and the leading jet is on the negative side.
    expect(v.lep1_pt).toBeCloseTo(Math.log(90), 5)
    expect(v.lep1_eta).toBeCloseTo(1, 5)
    expect(v.lep2_eta).toBeCloseTo(-0.5, 5)
    expect(v.jet1_eta).toBeCloseTo(3, 5)
    expect(v.jet2_eta).toBeCloseTo(-2, 5)
    expect(v.m_jj).toBeCloseTo(0.5 * Math.log(2 * 60 * 120 * (Math.cosh(5) - Math.cos(4))), 5)
    expect(v.m_ll).toBeCloseTo(0.5 * Math.log(2 * 90 * 40 * (Math.cosh(1.5) - Math.cos(2))), 5)
    expect(v.dphi_ll).toBeCloseTo(2, 5)
    expect(v.dphi_jj).toBeCloseTo(2 * Math.PI - 4, 5)
    expect(v.zepp_lep1).toBeCloseTo(0.5 / 5, 5)
    expect(v.zepp_lep2).toBeCloseTo(1 / 5, 5)
    expect(v.dr_lep2_jet1).toBeCloseTo(Math.hypot(3.5, 0.6), 5)
    expect(v.mt_lep1).toBeCloseTo(0.5 * Math.log(2 * 90 * 50 * (1 - Math.cos(3.4))), 5)
    expect(v.pt_ratio).toBeCloseTo(Math.log((90 * 40) / (60 * 120)), 5)
    const [px, py] = [90 * Math.cos(2.4) + 40 * Math.cos(0.4), 90 * Math.sin(2.4) + 40 * Math.sin(0.4)]
    const pt = Math.hypot(px, py)
    const [sx, sy] = [px + 50 * Math.cos(-1), py + 50 * Math.sin(-1)]
    const energy = Math.hypot(pt, Math.exp(v.m_ll)) + 50
    expect(v.pt_ll).toBeCloseTo(Math.log(pt), 5)
    expect(v.mt_ww).toBeCloseTo(0.5 * Math.log(energy ** 2 - sx ** 2 - sy ** 2), 4)
  })

  it('does not see mirrors along the beam or turns about it, also over the seam', () => {
    const [first, ...others] = variables([
      whole,
      changed(whole, -1, 0),
      changed(whole, 1, 2.7),
      changed(whole, -1, -Math.PI),
    ])
    for (const other of others) {
      for (const name of VARIABLES) expect(other[name], name).toBeCloseTo(first[name], 4)
    }
  })

  it('takes the pair of one charge among three leptons', () => {
    const [negative, positive] = [
      [300, 0, 1, 0, -1],
      [10, 1, 0, 0, 1],
    ] as const
    const [with3, minus] = variables([
      { ...whole, leptons: [negative, ...whole.leptons] },
      { ...whole, leptons: [positive, ...whole.leptons.map((l) => [...l.slice(0, 4), -1] as never)] },
    ])
    const [plain] = variables([whole])
    expect(with3).toEqual(plain)
    expect(minus).toEqual(plain)
  })

  it('refuses events without a same-sign pair or without two jets', () => {
    const [opposite, oneJet] = variables([
      { ...whole, leptons: [whole.leptons[0], [90, -1, 2.4, 0, -1]] },
      { ...whole, jets: whole.jets.slice(1) },
    ])
    for (const event of [opposite, oneJet]) expect(Object.values(event).some(Number.isNaN)).toBe(true)
  })

  it('writes the chosen variables in the order asked for, and names them', () => {
    const inputs = ['met', 'm_jj'] as const
    const builder = featureBuilder('ssww-kinematics', 1, { inputs })
    const [{ met, m_jj }] = variables([whole])
    expect(tensorsOf(builder, events([whole]))['kinematics']).toEqual([met, m_jj])
    expect(builder.tensors[0]).toMatchObject({ shape: ['n', 2], components: inputs })
    expect(() => featureBuilder('ssww-kinematics', 1, { inputs: ['mass'] })).toThrow()
  })
})
