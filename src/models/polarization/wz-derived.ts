import { toRestFrame } from '../../physics/boost.js'
import type { Cartesian, Column } from '../../physics/columns.js'
import { toPtEtaPhiM } from '../../physics/convert.js'
import { deltaPhis } from '../../physics/delta-phi.js'
import { clampCosine, helicityAzimuths, helicityCosines } from '../../physics/helicity.js'
import { masses } from '../../physics/mass.js'
import { rapidities } from '../../physics/rapidity.js'
import { addPairs } from '../../physics/sum.js'
import { logs } from '../z-jet.js'
import {
  CANDIDATES,
  fermions,
  sidesOf,
  TRANSVERSE,
  transverseOf,
  type WDerived,
  type WEvent,
} from './w-event.js'
import type { Side } from './z-derived.js'

const SEEN = [
  'z_pt',
  'z_rapidity',
  'z_mass',
  'z_cos_theta',
  'z_cos_phi',
  'wz_pt',
  'wz_dphi',
  'wj_dphi',
  'jj_mass',
  'jj_deta',
  'jj_dphi',
  'jet1_pt',
  'jet1_eta',
  'jet2_pt',
  'jet2_eta',
] as const
/** Quantities that need all of the neutrino. */
const SOLVED = [
  'w_rapidity',
  'w_cos_theta',
  'w_cos_phi',
  'w_cos_theta_com',
  'w_cos_phi_com',
  'z_cos_theta_com',
  'z_cos_phi_com',
  'wz_mass',
  'wz_rapidity',
  'cos_theta_star',
  'wzjj_mass',
] as const
const KNOWN = { truth: ['charge', 'w_pt', 'w_mass'], met: TRANSVERSE } as const

/**
 * W and Z boson and two jets: decay angles of both bosons in the helicity frames of the laboratory and of the two bosons at rest
 * (`com`), of the fermion of a W boson and the negative lepton of a Z boson; masses, rapidities and transverse momenta of the
 * bosons, of both and of the jets; cos θ*, between W boson and beam where the two bosons are at rest. With the missing
 * momentum, all that needs the neutrino is there twice, for each that fits the mass of the W boson.
 */
export const wzDerived: WDerived = {
  names: (source) => [
    ...KNOWN[source],
    ...SEEN,
    ...CANDIDATES[source].flatMap((which) => SOLVED.map((name) => `${name}${which}`)),
  ],
  of,
}

function of(event: WEvent, side: Side): Readonly<Record<string, Float64Array>> {
  const { lepton, neutrinos, z } = event
  const source = neutrinos.length === 1 ? 'truth' : 'met'
  const sides = sidesOf(side, [lepton, ...z, ...(source === 'truth' ? neutrinos : [])])
  const solved = neutrinos.flatMap((neutrino, k) =>
    Object.entries(solvedOf(event, neutrino, sides)).map(
      ([name, values]) => [`${name}${CANDIDATES[source][k]}`, values] as const,
    ),
  )
  return {
    ...transverseOf(event, sides),
    w_mass: masses(addPairs(lepton, neutrinos[0])),
    ...seenOf(event, sides),
    ...Object.fromEntries(solved),
  }
}

const times = (values: Float64Array, sides: Column): Float64Array => values.map((x, i) => sides[i] * x)
/** cos φ of the helicity frame: it turns around with the beam. */
const cosPhi = (daughter: Cartesian, parent: Cartesian, sides: Column): Float64Array =>
  times(helicityAzimuths(daughter, parent, { oriented: false }).map(Math.cos), sides)

function seenOf(
  { lepton, neutrinos, z: [minus, plus], jets }: WEvent,
  sides: Column,
): Readonly<Record<(typeof SEEN)[number], Float64Array>> {
  const w4 = addPairs(lepton, neutrinos[0])
  const z4 = addPairs(minus, plus)
  const [w, z, both, one, two] = [w4, z4, addPairs(w4, z4), ...jets].map(toPtEtaPhiM)
  return {
    z_pt: logs(z.pt),
    z_rapidity: times(rapidities(z4), sides),
    z_mass: z.mass,
    z_cos_theta: helicityCosines(minus, z4),
    z_cos_phi: cosPhi(minus, z4, sides),
    wz_pt: logs(both.pt),
    wz_dphi: deltaPhis(w.phi, z.phi).map(Math.abs),
    wj_dphi: deltaPhis(w.phi, one.phi).map(Math.abs),
    jj_mass: logs(masses(addPairs(jets[0], jets[1]))),
    jj_deta: one.eta.map((eta, i) => Math.abs(eta - two.eta[i])),
    jj_dphi: deltaPhis(one.phi, two.phi).map(Math.abs),
    jet1_pt: logs(one.pt),
    jet1_eta: times(one.eta, sides),
    jet2_pt: logs(two.pt),
    jet2_eta: times(two.eta, sides),
  }
}

function solvedOf(
  event: WEvent,
  neutrino: Cartesian,
  sides: Column,
): Readonly<Record<(typeof SOLVED)[number], Float64Array>> {
  const { minus: fermion, plus: antifermion } = fermions(event, neutrino)
  const [negative, positive] = event.z
  const w = addPairs(fermion, antifermion)
  const z = addPairs(negative, positive)
  const both = addPairs(w, z)
  const [wIn, zIn, fermionIn, negativeIn] = [w, z, fermion, negative].map((p4) => toRestFrame(p4, both))
  const toBeam = (pz: number, i: number): number => clampCosine(pz / Math.hypot(wIn.px[i], wIn.py[i], pz))
  return {
    w_rapidity: times(rapidities(w), sides),
    w_cos_theta: helicityCosines(fermion, w),
    w_cos_phi: cosPhi(fermion, w, sides),
    w_cos_theta_com: helicityCosines(fermionIn, wIn),
    w_cos_phi_com: cosPhi(fermionIn, wIn, sides),
    z_cos_theta_com: helicityCosines(negativeIn, zIn),
    z_cos_phi_com: cosPhi(negativeIn, zIn, sides),
    wz_mass: logs(masses(both)),
    wz_rapidity: times(rapidities(both), sides),
    cos_theta_star: times(wIn.pz.map(toBeam), sides),
    wzjj_mass: logs(masses(event.jets.reduce<Cartesian>(addPairs, both))),
  }
}
