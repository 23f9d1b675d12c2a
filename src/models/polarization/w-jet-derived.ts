import { toPtEtaPhiM } from '../../physics/convert.js'
import { masses } from '../../physics/mass.js'
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
import { type Derived, derivedOf, type Side } from './z-derived.js'

/** Quantities that need all of the neutrino, and their names for a Z boson, of which they are the same. */
const SOLVED = {
  w_rapidity: 'z_rapidity',
  cos_theta_cs: 'cos_theta_cs',
  cos_phi_cs: 'cos_phi_cs',
  cos_theta: 'cos_theta',
  cos_phi: 'cos_phi',
  wj_mass: 'zj_mass',
  wj_rapidity: 'zj_rapidity',
  cos_theta_star: 'cos_theta_star',
} as const satisfies Readonly<Record<string, Derived>>
const JET = ['jet_pt', 'jet_eta', 'dphi'] as const
const KNOWN = {
  truth: ['charge', 'w_pt', 'w_mass', ...JET],
  met: [...TRANSVERSE, ...JET, 'lj_mass'],
} as const

/**
 * W boson and jet: the derived quantities of Z boson and jet, angles being those of the fermion that the W boson decays into,
 * and its charge. With the missing momentum, what can be seen (transverse variables, ln(mass / GeV) of lepton and jet), and what would be
 * true of either neutrino that fits the mass of the W boson.
 */
export const wJetDerived: WDerived = {
  names: (source) => [
    ...KNOWN[source],
    ...CANDIDATES[source].flatMap((which) => Object.keys(SOLVED).map((name) => `${name}${which}`)),
  ],
  of,
}

function of(event: WEvent, side: Side): Readonly<Record<string, Float64Array>> {
  const [jet] = event.jets
  const source = event.neutrinos.length === 1 ? 'truth' : 'met'
  const seen = sidesOf(side, source === 'truth' ? [event.lepton, event.neutrinos[0]] : [event.lepton])
  const decays = event.neutrinos.map((neutrino) => derivedOf({ ...fermions(event, neutrino), jet }, side))
  const solved = decays.flatMap((decay, k) =>
    Object.entries(SOLVED).map(([name, same]) => [`${name}${CANDIDATES[source][k]}`, decay[same]] as const),
  )
  const [{ z_mass, jet_pt, dphi }] = decays
  return {
    ...transverseOf(event, seen),
    w_mass: z_mass,
    jet_pt,
    jet_eta: toPtEtaPhiM(jet).eta.map((eta, i) => seen[i] * eta),
    dphi,
    lj_mass: logs(masses(addPairs(event.lepton, jet))),
    ...Object.fromEntries(solved),
  }
}
