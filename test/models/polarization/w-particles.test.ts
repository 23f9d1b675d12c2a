import { describe, expect, it } from 'vitest'
import { featureBuilder } from '#spillway/models/features/index.js'
import { tensorsOf } from '../../support/tensors.js'
import { events, type Momentum, type WEvent, w, wz } from './w-events.js'

const azimuth = Math.atan2(10 * Math.sin(0.4), 70 * Math.cos(0.4))
const row = ([pt, eta, phi]: Momentum): number[] => [
  Math.log(pt),
  eta,
  Math.cos(phi - azimuth),
  Math.sin(phi - azimuth),
  Math.log(pt * Math.cosh(eta)),
]
const closeTo = (found: ArrayLike<number>, wanted: readonly number[]): void => {
  expect(found.length).toBe(wanted.length)
  wanted.forEach((value, i) => {
    expect(found[i], String(i)).toBeCloseTo(value, 4)
  })
}

describe('w-particles', () => {
  it('gives lepton, neutrino and leading jet with the charge', () => {
    const builder = featureBuilder('w-particles', 1, { neutrino: 'truth' })
    const { momenta } = tensorsOf(builder, events([w]))
    closeTo(momenta, [...row([40, 0.5, 0.4]), ...row([30, -1.5, -0.4]), ...row([60, 2, 3]), 1])
  })

  it('knows only the transverse momentum of a neutrino that is missing', () => {
    const { momenta } = tensorsOf(featureBuilder('w-particles', 1, {}), events([w]))
    closeTo(momenta.slice(5, 10), row([30, 0, -0.4]))
  })

  it('flags what each token is, with its charge', () => {
    const builder = featureBuilder('w-particles', 1, { layout: 'tokens', max_jets: 2 })
    const { particles, mask } = tensorsOf(builder, events([w]), 5)
    expect(mask).toEqual([1, 1, 1, 1, 0])
    const flags = (k: number) => particles.slice(k * 11 + 5, (k + 1) * 11)
    expect([0, 1, 2, 3, 4].map(flags)).toEqual([
      [1, 1, 0, 0, 0, 0],
      [0, 0, 1, 0, 0, 0],
      [0, 0, 0, 0, 0, 1],
      [0, 0, 0, 0, 0, 1],
      [0, 0, 0, 0, 0, 0],
    ])
  })

  it('gives the pair nearest to the Z mass to the Z boson, its negative lepton first', () => {
    const { momenta } = tensorsOf(featureBuilder('w-particles', 1, { final: 'lnull' }), events([wz]))
    const pt = (k: number): number => Math.exp(momenta[5 * k])
    expect([0, 1, 2, 3, 4, 5].map((k) => Math.round(pt(k)))).toEqual([60, 35, 45, 46, 90, 50])
    expect(momenta.at(-1)).toBe(1)
  })

  it('does not see turns about the beam', () => {
    const builder = featureBuilder('w-particles', 1, { final: 'lnull', neutrino: 'truth' })
    const [first, ...others] = [0, 1.3, -2.9].map((turn) => tensorsOf(builder, events([wz], turn)).momenta)
    for (const other of others) closeTo(other, [...first])
  })

  it('refuses events without leptons, neutrino or jets that the final state has', () => {
    const one = featureBuilder('w-particles', 1, { neutrino: 'truth' })
    const three = featureBuilder('w-particles', 1, { final: 'lnull' })
    const refused = (builder: typeof one, event: WEvent): boolean =>
      tensorsOf(builder, events([event, wz]))
        .momenta.slice(0, 5)
        .every(Number.isNaN)
    expect(refused(one, { ...w, leptons: [] })).toBe(true)
    expect(refused(one, { ...w, jets: [] })).toBe(true)
    expect(refused(three, { ...wz, jets: wz.jets.slice(1) })).toBe(true)
    expect(refused(three, { ...wz, leptons: wz.leptons.slice(1) })).toBe(true)
    expect(
      refused(three, { ...wz, leptons: wz.leptons.map(([pt, eta, phi]) => [pt, eta, phi, 1, -11]) }),
    ).toBe(true)
    expect(refused(three, wz)).toBe(false)
  })
})
