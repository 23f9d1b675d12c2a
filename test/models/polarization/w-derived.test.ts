import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { decodeMessage, defaultLimits } from '#spillway/ingest/arrow/index.js'
import { type Events, float32 } from '#spillway/ingest/columns.js'
import { featureBuilder } from '#spillway/models/features/index.js'
import { wDerivedNames } from '#spillway/models/polarization/w-options.js'
import { repository } from '../../support/cli.js'
import { tensorsOf } from '../../support/tensors.js'
import { events, type Momentum, type WEvent, w, wz } from './w-events.js'

const read = (name: string): Events =>
  decodeMessage(readFileSync(repository(`test/data/${name}`)), defaultLimits)

type Options = {
  readonly final?: 'lnu' | 'lnull'
  readonly neutrino?: 'met' | 'truth'
  derived_side?: 'beam'
}

/** The derived quantities of each event, by name. */
function derivedOf(list: Events, options: Options = {}): Record<string, number[]> {
  const builder = featureBuilder('w-particles', 1, { layout: 'derived', ...options })
  const { derived } = tensorsOf(builder, list)
  const names = wDerivedNames(options.final ?? 'lnu', options.neutrino ?? 'met')
  expect(builder.tensors).toEqual([{ name: 'derived', shape: ['n', names.length], components: names }])
  return Object.fromEntries(names.map((name, c) => [name, derived.filter((_, i) => i % names.length === c)]))
}

/** Whether two columns agree, and by how much not. */
function compare(name: string, found: readonly number[], wanted: ArrayLike<number>, tolerance: number): void {
  const worst = Array.from(wanted, (value, row) => Math.abs(found[row] - value))
  expect(Math.max(...worst), name).toBeLessThan(tolerance)
}

/** As seen in a mirror that turns the beam around, in one that holds it, and turned about it. */
function seen(event: WEvent, side: number, hand: number, turn: number): WEvent {
  const turned = ([pt, eta, phi]: Momentum): Momentum => [pt, side * eta, hand * phi + turn]
  return {
    leptons: event.leptons.map(([pt, eta, phi, q, id]) => [...turned([pt, eta, phi]), q, id] as const),
    neutrino: turned(event.neutrino),
    jets: event.jets.map(turned),
  }
}

describe('derived quantities of w-particles', () => {
  it('with the true neutrino are what the generator says of W + jet', () => {
    const sample = read('wj_small.arrow')
    const truth = (name: string) => float32(sample, `truth.${name}`)
    const found = derivedOf(sample, { neutrino: 'truth' })
    const charge = truth('w_charge')
    compare('charge', found['charge'], charge, 1e-6)
    compare('w_pt', found['w_pt'], truth('w_pt').map(Math.log), 1e-4)
    compare('w_mass', found['w_mass'], truth('w_mass'), 2e-2)
    compare('w_rapidity', found['w_rapidity'], truth('w_rapidity').map(Math.abs), 1e-4)
    // The generator has the angles of the charged lepton: those of the fermion are opposite for a W⁺.
    const ofFermion = (values: Float32Array) => values.map((x, row) => -charge[row] * x)
    compare('cos_theta', found['cos_theta'], ofFermion(truth('cos_theta_lab')), 2e-3)
    compare('cos_theta_cs', found['cos_theta_cs'], ofFermion(truth('cos_theta_cs')), 2e-3)
    compare('cos_phi_cs', found['cos_phi_cs'], ofFermion(truth('phi_cs').map(Math.cos)), 5e-3)
    // Two partons that meet along the beam: m² = x1 x2 s, y = ½ ln(x1 / x2), at √s = 13 TeV.
    const [x1, x2, y] = ['x1', 'x2', 'w_rapidity'].map(truth)
    compare(
      'wj_mass',
      found['wj_mass'],
      x1.map((x, row) => Math.log(13_000) + 0.5 * Math.log(x * x2[row])),
      1e-2,
    )
    compare(
      'wj_rapidity',
      found['wj_rapidity'],
      x1.map((x, row) => Math.sign(y[row]) * 0.5 * Math.log(x / x2[row])),
      1e-2,
    )
  })

  it('with the missing momentum are those of a hand calculation', () => {
    const [pt, eta, phi] = [40, 0.5, 0.4]
    const [nuPt, nuPhi] = [30, -1.4]
    const jet: Momentum = [60, 2, 3]
    const found = derivedOf(events([{ ...w, neutrino: [nuPt, -1.5, nuPhi], jets: [jet] }]))
    const v = Object.fromEntries(Object.entries(found).map(([name, [value]]) => [name, value]))
    const wPt = Math.sqrt(pt ** 2 + nuPt ** 2 + 2 * pt * nuPt * Math.cos(1.8))
    expect(v.charge).toBe(1)
    expect(v.lepton_pt).toBeCloseTo(Math.log(pt), 5)
    expect(v.lepton_eta).toBeCloseTo(eta, 5)
    expect(v.w_pt).toBeCloseTo(Math.log(wPt), 5)
    expect(v.w_mt).toBeCloseTo(Math.sqrt(2 * pt * nuPt * (1 - Math.cos(1.8))), 3)
    expect(v.jet_pt).toBeCloseTo(Math.log(60), 5)
    expect(v.jet_eta).toBeCloseTo(2, 5)
    expect(v.lj_mass).toBeCloseTo(0.5 * Math.log(2 * pt * 60 * (Math.cosh(1.5) - Math.cos(2.6))), 5)
    // In the transverse plane: boosted along pT(W) by pT(W) / (pT + pTν), the fermion of a W⁺ is the neutrino.
    const gamma = (pt + nuPt) / Math.sqrt((pt + nuPt) ** 2 - wPt ** 2)
    const along = (nuPt ** 2 + pt * nuPt * Math.cos(1.8)) / wPt
    const boosted = gamma * (along - (wPt / (pt + nuPt)) * nuPt)
    expect(v.cos_theta_2d).toBeCloseTo(boosted / (v.w_mt / 2), 4)
    // p_z of the neutrino from the quadratic equation, in the order of size.
    const [pz, e] = [pt * Math.sinh(eta), pt * Math.cosh(eta)]
    const mu = 80.377 ** 2 / 2 + pt * nuPt * Math.cos(1.8)
    const root = Math.sqrt((mu * pz) ** 2 / pt ** 4 - ((e * nuPt) ** 2 - mu ** 2) / pt ** 2)
    const solutions = [-root, root].map((d) => (mu * pz) / pt ** 2 + d)
    for (const [which, nuPz] of [
      ['near', solutions[0]],
      ['far', solutions[1]],
    ] as const) {
      const [wE, wPz] = [e + Math.hypot(nuPt, nuPz), pz + nuPz]
      expect(v[`w_rapidity_${which}`]).toBeCloseTo(Math.abs(Math.atanh(wPz / wE)), 5)
      // Massless, they share the energy of the boson as E − E' = |P| cos θ.
      const cosine = (wE - 2 * e) / Math.hypot(wPt, wPz)
      expect(v[`cos_theta_${which}`]).toBeCloseTo(cosine, 5)
      const [x, y] = [0, 1].map((k) => {
        const f = k === 0 ? Math.cos : Math.sin
        return pt * f(phi) + nuPt * f(nuPhi) + 60 * f(3)
      })
      const all = (wE + 60 * Math.cosh(2)) ** 2 - (wPz + 60 * Math.sinh(2)) ** 2 - x ** 2 - y ** 2
      expect(v[`wj_mass_${which}`]).toBeCloseTo(0.5 * Math.log(all), 5)
    }
    // Both solutions differ by a boost along the beam and the side of the fermion, so that the angle is the same but for its sign.
    expect(Math.abs(v.cos_theta_cs_near)).toBeCloseTo(Math.abs(v.cos_theta_cs_far), 4)
    expect(v.cos_phi_cs_near).toBeCloseTo(v.cos_phi_cs_far, 4)
  })

  it('of W Z + two jets are what the generator says', () => {
    const sample = read('wzjj_small.arrow')
    const truth = (name: string) => float32(sample, `truth.${name}`)
    const found = derivedOf(sample, { final: 'lnull', neutrino: 'truth' })
    // Where the leptons of one flavour were shared out as they are in truth.
    const right = found['z_mass'].flatMap((mass, row) =>
      Math.abs(mass - truth('v2_mass')[row]) < 0.05 ? [row] : [],
    )
    expect(right.length).toBeGreaterThan(0.8 * sample.rows)
    const same = (name: string, wanted: ArrayLike<number>, tolerance: number): void =>
      compare(
        name,
        right.map((row) => found[name][row]),
        right.map((row) => wanted[row]),
        tolerance,
      )
    const opposite = (values: Float32Array) => values.map((x) => -x)
    same('w_mass', truth('v1_mass'), 0.1)
    same('w_pt', truth('v1_pt').map(Math.log), 1e-3)
    same('z_pt', truth('v2_pt').map(Math.log), 1e-3)
    same('w_cos_theta', opposite(truth('v1_cos_theta_lab')), 1e-2)
    same('w_cos_theta_com', opposite(truth('v1_cos_theta_com')), 1e-2)
    same('z_cos_theta', truth('v2_cos_theta_lab'), 1e-2)
    same('z_cos_theta_com', truth('v2_cos_theta_com'), 1e-2)
    same('wz_mass', truth('m_vv').map(Math.log), 1e-3)
    same('jj_mass', truth('m_jj').map(Math.log), 1e-3)
    same('jj_deta', truth('deta_jj').map(Math.abs), 1e-3)
    const [x1, x2] = ['x1', 'x2'].map(truth)
    same(
      'wzjj_mass',
      x1.map((x, row) => Math.log(13_000) + 0.5 * Math.log(x * x2[row])),
      1e-2,
    )
  })

  it('take W⁺ and W⁻ for one but for the charge when fermion and antifermion are where they were', () => {
    const [[pt, eta, phi]] = w.leptons
    const plus = derivedOf(events([w]), { neutrino: 'truth' })
    const swapped: WEvent = { ...w, leptons: [[...w.neutrino, -1, 13]], neutrino: [pt, eta, phi] }
    const minus = derivedOf(events([swapped]), { neutrino: 'truth' })
    for (const name of Object.keys(plus)) {
      expect(minus[name][0], name).toBeCloseTo(name === 'charge' ? -1 : plus[name][0], 4)
    }
  })

  it.each([
    { final: 'lnu', neutrino: 'truth', event: w },
    { final: 'lnu', neutrino: 'met', event: w },
    { final: 'lnull', neutrino: 'truth', event: wz },
    { final: 'lnull', neutrino: 'met', event: wz },
  ] as const)(
    'of $final with $neutrino do not see mirrors or turns about the beam',
    ({ final, neutrino, event }) => {
      const views = [
        seen(event, 1, 1, 0),
        seen(event, -1, 1, 0.3),
        seen(event, 1, -1, 2.9),
        seen(event, -1, -1, -1.7),
      ]
      for (const layout of ['flat', 'tokens']) {
        const builder = featureBuilder('w-particles', 1, {
          final,
          neutrino,
          layout,
          derived: true,
          oriented: true,
        })
        const [first, ...others] = views.map((view) => tensorsOf(builder, events([view]), 7))
        for (const other of others) {
          for (const name of Object.keys(first)) {
            other[name].forEach((value, i) => {
              expect(value, `${name}.${i}`).toBeCloseTo(first[name][i], 3)
            })
          }
        }
      }
    },
  )

  it('turn around with the beam where they count to its side', () => {
    const slanted: WEvent = {
      ...wz,
      leptons: wz.leptons.map(([pt, eta, phi, q, id], k) => [pt, eta + 0.3 * k, phi, q, id] as const),
    }
    for (const [final, event] of [
      ['lnu', w],
      ['lnull', slanted],
    ] as const) {
      const options = { final, neutrino: 'truth', derived_side: 'beam' } as const
      const [here, there] = [1, -1].map((side) => derivedOf(events([seen(event, side, 1, 0)]), options))
      const turned = Object.keys(here).filter((name) => Math.abs(here[name][0] + there[name][0]) < 1e-3)
      const fixed = Object.keys(here).filter((name) => Math.abs(here[name][0] - there[name][0]) < 1e-3)
      expect(turned.length + fixed.length).toBe(Object.keys(here).length)
      expect(turned).toEqual(
        final === 'lnu'
          ? ['jet_eta', 'w_rapidity', 'cos_theta_cs', 'cos_phi', 'wj_rapidity', 'cos_theta_star']
          : [
              'z_rapidity',
              'z_cos_phi',
              'jet1_eta',
              'jet2_eta',
              'w_rapidity',
              'w_cos_phi',
              'w_cos_phi_com',
              'z_cos_phi_com',
              'wz_rapidity',
              'cos_theta_star',
            ],
      )
    }
  })

  it('are not numbers where the final state is not whole, and are where nothing is missing', () => {
    const [whole, noJet, noLepton] = [w, { ...w, jets: [] }, { ...w, leptons: [] }]
    for (const values of Object.values(derivedOf(events([whole, noJet, noLepton])))) {
      expect(values.map(Number.isNaN)).toEqual([false, true, true])
    }
    const balanced = derivedOf(events([{ ...w, neutrino: [0, 0, 0] }]))
    for (const [name, [value]] of Object.entries(balanced)) expect(Number.isFinite(value), name).toBe(true)
  })

  it('come by name, and others are refused', () => {
    const all = derivedOf(events([wz]), { final: 'lnull' })
    const builder = featureBuilder('w-particles', 1, {
      final: 'lnull',
      derived: ['z_mass', 'w_cos_theta_far'],
    })
    const { momenta, derived } = tensorsOf(builder, events([wz]))
    expect(derived).toEqual([all['z_mass'][0], all['w_cos_theta_far'][0]])
    expect(momenta).toEqual(
      tensorsOf(featureBuilder('w-particles', 1, { final: 'lnull' }), events([wz])).momenta,
    )
    expect(() => featureBuilder('w-particles', 1, { derived: ['cos_theta'] })).toThrow(
      /cos_theta.*cos_theta_near/s,
    )
  })
})
