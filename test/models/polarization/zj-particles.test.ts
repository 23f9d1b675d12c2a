import { describe, expect, it } from 'vitest'
import { decodeMessage, defaultLimits } from '#spillway/ingest/arrow/index.js'
import { float32 } from '#spillway/ingest/columns.js'
import { featureBuilder } from '#spillway/models/features/index.js'
import { DERIVED, type Derived } from '#spillway/models/polarization/z-derived.js'
import { columnOf, eventsOf } from '../../support/events.js'
import { demo, messagesOfFile } from '../../support/messages.js'
import { tensorsOf } from '../../support/tensors.js'

type Particle = readonly [pt: number, eta: number, phi: number, mass: number]
interface Event {
  readonly leptons: readonly (readonly [...Particle, charge: number])[]
  readonly jets: readonly Particle[]
}

/** Events of leptons and jets, all turned about the beam by `turn`. */
function events(list: readonly Event[], turn = 0) {
  const momenta = (name: 'leptons' | 'jets') =>
    (['pt', 'eta', 'phi', 'mass'] as const).map(
      (component, k) =>
        [
          `${name}.${component}`,
          ['float32', list.map((event) => event[name].map((p) => (k === 2 ? p[k] + turn : p[k])))],
        ] as const,
    )
  return eventsOf({
    ...Object.fromEntries([...momenta('leptons'), ...momenta('jets')]),
    'leptons.charge': ['int8', list.map(({ leptons }) => leptons.map((lepton) => lepton[4]))],
  })
}

const whole: Event = {
  leptons: [
    [40, 0.5, 0.4, 0.1, 1],
    [30, -1, -0.4, 0.1, -1],
  ],
  jets: [
    [60, 2, 3, 5],
    [20, -3, 2, 2],
  ],
}

describe('zj-particles', () => {
  it('gives a token for each lepton, the negative one first, and for each jet', () => {
    const builder = featureBuilder('zj-particles', 1, { max_jets: 2 })
    const { particles, mask } = tensorsOf(builder, events([whole]), 5)
    // By hand: the pair's azimuth is that of (40 cos 0.4 + 30 cos 0.4, 10 sin 0.4).
    const azimuth = Math.atan2(10 * Math.sin(0.4), 70 * Math.cos(0.4))
    const row = ([pt, eta, phi, mass]: Particle, flags: readonly number[]) => [
      Math.log(pt),
      eta,
      Math.cos(phi - azimuth),
      Math.sin(phi - azimuth),
      Math.log(Math.hypot(pt * Math.cosh(eta), mass)),
      ...flags,
    ]
    const expected = [
      row([30, -1, -0.4, 0.1], [1, 0, 0]),
      row([40, 0.5, 0.4, 0.1], [0, 1, 0]),
      row([60, 2, 3, 5], [0, 0, 1]),
      row([20, -3, 2, 2], [0, 0, 1]),
      new Array(8).fill(0),
    ].flat()
    particles.forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i], 5)
    })
    expect(mask).toEqual([1, 1, 1, 1, 0])
  })

  it('does not see by what angle an event is turned about the beam, also over the seam', () => {
    const builder = featureBuilder('zj-particles', 1, { layout: 'flat' })
    const { momenta } = tensorsOf(builder, events([whole]))
    for (const turn of [0.1, 2.9, -3, Math.PI]) {
      tensorsOf(builder, events([whole], turn)).momenta.forEach((value, i) => {
        expect(value).toBeCloseTo(momenta[i], 4)
      })
    }
    expect(momenta).toHaveLength(15)
  })

  it('takes as many jets as it is told to', () => {
    const builder = featureBuilder('zj-particles', 1, { max_jets: 1 })
    expect(builder.bind(events([whole])).lengths).toEqual(Int32Array.of(3))
    expect(builder.maxLength).toBe(3)
  })

  it.each(['flat', 'tokens'])('refuses events without two leptons or a jet (%s)', (layout) => {
    const builder = featureBuilder('zj-particles', 1, { layout })
    const broken = [{ ...whole, jets: [] }, { ...whole, leptons: whole.leptons.slice(1) }, whole]
    const [first] = Object.values(tensorsOf(builder, events(broken), 4))
    const size = first.length / 3
    expect(first.slice(0, 2 * size).some(Number.isNaN)).toBe(true)
    expect(first.slice(size, 2 * size).some(Number.isNaN)).toBe(true)
    expect(first.slice(2 * size).some(Number.isNaN)).toBe(false)
  })

  it('gives the initial state as one-hot, and NaN for one that there is not', () => {
    const builder = featureBuilder('zj-particles', 1, { layout: 'flat', channel: 'truth.initial' })
    const known = events([whole, whole]).with('truth.initial', columnOf('', 'int8', [3, 9]))
    const { channel } = tensorsOf(builder, known)
    expect(channel.slice(0, 9)).toEqual([0, 0, 0, 1, 0, 0, 0, 0, 0])
    expect(channel.slice(9).every(Number.isNaN)).toBe(true)
  })
})

/** A leading-order event: the jet balances the pair. */
const [l1, l2] = [
  [40, -0.5, 0.4, 0, -1],
  [30, -1.5, 2.6, 0, 1],
] as const
const [zx, zy] = [40 * Math.cos(0.4) + 30 * Math.cos(2.6), 40 * Math.sin(0.4) + 30 * Math.sin(2.6)]
const zPt = Math.hypot(zx, zy)
const balanced: Event = { leptons: [l1, l2], jets: [[zPt, 2, Math.atan2(-zy, -zx), 0]] }
/** Seen in a mirror that turns the beam around, in one that holds it, and turned about it. */
const seen = (side: number, hand: number, turn: number): Event => ({
  leptons: balanced.leptons.map(([pt, eta, phi, mass, q]) => [pt, side * eta, hand * phi + turn, mass, q]),
  jets: balanced.jets.map(([pt, eta, phi, mass]) => [pt, side * eta, hand * phi + turn, mass]),
})
const derivedOf = (list: readonly Event[]): Record<Derived, number>[] => {
  const { derived } = tensorsOf(featureBuilder('zj-particles', 1, { layout: 'derived' }), events(list))
  const { length: width } = DERIVED
  return list.map(
    (_, i) =>
      Object.fromEntries(DERIVED.map((name, c) => [name, derived[i * width + c]])) as Record<Derived, number>,
  )
}

describe('derived quantities of zj-particles', () => {
  it('are what a hand calculation gives', () => {
    const [v] = derivedOf([balanced])
    // The pair flies along −z: everything below is of the event seen in the mirror, where it flies along +z.
    const [e1, e2] = [40 * Math.cosh(0.5), 30 * Math.cosh(1.5)]
    const [pz1, pz2] = [40 * Math.sinh(0.5), 30 * Math.sinh(1.5)]
    const [e, pz] = [e1 + e2, pz1 + pz2]
    const mass = Math.sqrt(2 * 40 * 30 * (Math.cosh(1) - Math.cos(2.2)))
    const y = 0.5 * Math.log((e + pz) / (e - pz))
    expect(v.z_pt).toBeCloseTo(Math.log(zPt), 5)
    expect(v.z_rapidity).toBeCloseTo(y, 5)
    expect(v.z_mass).toBeCloseTo(mass, 3)
    const mt = Math.hypot(mass, zPt)
    const plusMinus = 40 * Math.exp(0.5) * 30 * Math.exp(-1.5) - 40 * Math.exp(-0.5) * 30 * Math.exp(1.5)
    expect(v.cos_theta_cs).toBeCloseTo(plusMinus / (mass * mt), 5)
    expect(v.jet_eta).toBeCloseTo(-2, 5)
    expect(v.jet_pt).toBeCloseTo(Math.log(zPt), 5)
    expect(v.dphi).toBeCloseTo(0, 3)
    // Massless leptons share the energy of the pair as E1 − E2 = |P| cos θ.
    const size = Math.hypot(zPt, pz)
    expect(v.cos_theta).toBeCloseTo((e1 - e2) / size, 5)
    // sin θ cos φ is the part of the lepton's momentum, M / 2 in the rest frame, along x = (P_z P̂_T, −P_T) / |P|.
    const along = 40 * Math.cos(Math.atan2(zy, zx) - 0.4)
    const x = (along * pz - pz1 * zPt) / size / (mass / 2)
    expect(v.cos_phi).toBeCloseTo(x / Math.sqrt(1 - v.cos_theta ** 2), 4)
    const [both, alongBeam] = [e + zPt * Math.cosh(2), pz - zPt * Math.sinh(2)]
    expect(v.zj_mass).toBeCloseTo(0.5 * Math.log(both ** 2 - alongBeam ** 2), 5)
    const boost = 0.5 * Math.log((both + alongBeam) / (both - alongBeam))
    expect(v.zj_rapidity).toBeCloseTo(boost, 5)
    // Nothing is transverse in all: the frame is reached along the beam, where p_z is m_T sinh(y − y of both).
    const inside = mt * Math.sinh(y - boost)
    expect(v.cos_theta_star).toBeCloseTo(inside / Math.hypot(zPt, inside), 5)
  })

  it('are what the generator says of real events', async () => {
    const [message] = await messagesOfFile(demo.zj, 500, 1)
    const sample = decodeMessage(message, defaultLimits)
    const { derived } = tensorsOf(featureBuilder('zj-particles', 1, { layout: 'derived' }), sample)
    const truth = (name: string) => float32(sample, `truth.${name}`)
    const compare = (name: Derived, wanted: ArrayLike<number>, tolerance: number): void => {
      const c = DERIVED.indexOf(name)
      const worst = Array.from(wanted, (value, row) => Math.abs(derived[row * DERIVED.length + c] - value))
      expect(Math.max(...worst), name).toBeLessThan(tolerance)
    }
    compare('z_pt', truth('z_pt').map(Math.log), 1e-4)
    compare('z_rapidity', truth('z_rapidity').map(Math.abs), 1e-4)
    compare('z_mass', truth('z_mass'), 1e-2)
    compare('cos_theta', truth('cos_theta_lab'), 1e-3)
    compare('cos_theta_cs', truth('cos_theta_cs'), 1e-3)
    compare('cos_phi_cs', truth('phi_cs').map(Math.cos), 1e-3)
    // Two partons that meet along the beam: m² = x1 x2 s, y = ½ ln(x1 / x2), at √s = 13 TeV.
    const [x1, x2, y] = ['x1', 'x2', 'z_rapidity'].map(truth)
    compare(
      'zj_mass',
      x1.map((x, row) => Math.log(13_000) + 0.5 * Math.log(x * x2[row])),
      1e-2,
    )
    compare(
      'zj_rapidity',
      x1.map((x, row) => Math.sign(y[row]) * 0.5 * Math.log(x / x2[row])),
      1e-2,
    )
  })

  it('and oriented momenta do not see mirrors or turns about the beam, also over the seam', () => {
    const views = [seen(1, 1, 0), seen(-1, 1, 0.3), seen(1, -1, 2.9), seen(-1, -1, -1.7)]
    for (const layout of ['flat', 'tokens']) {
      const builder = featureBuilder('zj-particles', 1, { layout, derived: true, oriented: true })
      const [first, ...others] = views.map((view) => tensorsOf(builder, events([view]), 3))
      for (const other of others) {
        for (const name of Object.keys(first)) {
          other[name].forEach((value, i) => {
            expect(value, `${name}.${i}`).toBeCloseTo(first[name][i], 3)
          })
        }
      }
      const [momenta] = Object.values(first)
      // The pair flies along +z then, and the negative lepton is to the left of it.
      expect(momenta[1]).toBeCloseTo(0.5, 5)
      expect(momenta[3]).toBeGreaterThan(0)
    }
  })

  it('count to the side of beam 1 where they are told to', () => {
    const layout = 'derived'
    const builder = featureBuilder('zj-particles', 1, { layout, derived_side: 'beam' })
    const [mirrored] = derivedOf([balanced])
    const found = [1, -1].map((side) => tensorsOf(builder, events([seen(side, 1, 0)])).derived)
    const turned = ['z_rapidity', 'cos_theta_cs', 'jet_eta', 'cos_phi', 'zj_rapidity', 'cos_theta_star']
    DERIVED.forEach((name, c) => {
      // The pair flies along −z as it is, and along +z in the mirror.
      const sign = turned.includes(name) ? -1 : 1
      expect(found[0][c], name).toBeCloseTo(sign * mirrored[name], 4)
      expect(found[1][c], name).toBeCloseTo(mirrored[name], 4)
    })
  })

  it('come alone, all of them or those that are named', () => {
    const all = featureBuilder('zj-particles', 1, { layout: 'derived' })
    expect(all.tensors).toEqual([{ name: 'derived', shape: ['n', DERIVED.length], components: DERIVED }])
    expect(all.maxLength).toBeNull()
    expect(all.bind(events([balanced])).lengths).toBeNull()
    const one = featureBuilder('zj-particles', 1, { layout: 'derived', derived: ['zj_mass'] })
    const [first] = derivedOf([balanced])
    expect(tensorsOf(one, events([balanced])).derived).toEqual([first.zj_mass])
    expect(() => featureBuilder('zj-particles', 1, { derived: ['z_mas'] })).toThrow(/derived/)
  })

  it('come beside the momenta, which stay as they were, and by name', () => {
    const plain = featureBuilder('zj-particles', 1, { layout: 'flat', max_jets: 1 })
    const chosen = featureBuilder('zj-particles', 1, {
      layout: 'flat',
      channel: 'truth.initial',
      derived: ['cos_theta', 'z_mass'],
    })
    expect(plain.tensors).toEqual([{ name: 'momenta', shape: ['n', 15] }])
    expect(chosen.tensors.map(({ name, shape }) => [name, shape.at(-1)])).toEqual([
      ['momenta', 15],
      ['channel', 9],
      ['derived', 2],
    ])
    expect(chosen.tensors[2].components).toEqual(['cos_theta', 'z_mass'])
    const known = events([balanced, whole]).with('truth.initial', columnOf('', 'int8', [3, 4]))
    const [bare, more] = [tensorsOf(plain, known), tensorsOf(chosen, known)]
    expect(more.momenta).toEqual(bare.momenta)
    const [first, second] = derivedOf([balanced, whole])
    expect(more.derived).toEqual([first.cos_theta, first.z_mass, second.cos_theta, second.z_mass])
    expect(more.channel.slice(9, 14)).toEqual([0, 0, 0, 0, 1])
  })

  it('are not numbers where an event has no pair or no jet, and are where its boson has no pT', () => {
    const [noPair, noJet, noPt] = derivedOf([
      { ...balanced, leptons: [l1] },
      { ...balanced, jets: [] },
      {
        ...balanced,
        leptons: [
          [40, 0.5, 0, 0, -1],
          [40, 0.7, Math.PI, 0, 1],
        ],
      },
    ])
    for (const event of [noPair, noJet]) expect(Object.values(event).every(Number.isNaN)).toBe(true)
    expect(Object.values(noPt).every(Number.isFinite)).toBe(true)
  })
})
