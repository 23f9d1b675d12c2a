import { toRestFrame } from '../../physics/boost.js'
import { clampCosine, helicityAzimuths, helicityCosines } from '../../physics/helicity.js'
import { masses } from '../../physics/mass.js'
import { rapidities } from '../../physics/rapidity.js'
import { addPairs } from '../../physics/sum.js'
import { logs, Z_JET, type ZJet, zJetVariables } from '../z-jet.js'

/**
 * What a network of momenta would have to find for itself: the variables of {@link Z_JET}; cos θ and cos φ of the negative
 * lepton in the helicity frame of the laboratory; of Z boson and jet together ln(mass / GeV), the rapidity, counted to the side
 * to which the Z boson flies, and cos θ*, the angle between Z boson and beam where the two are at rest. At leading order they
 * are all that an event has but its azimuth. Signs of sin φ are left out: they would be those of a violation of time reversal,
 * which tree-level amplitudes have not got.
 */
export const DERIVED = [...Z_JET, 'cos_theta', 'cos_phi', 'zj_mass', 'zj_rapidity', 'cos_theta_star'] as const
export type Derived = (typeof DERIVED)[number]

/** Those of them that turn around with the beam. */
const SIDED = new Set<Derived>([
  'z_rapidity',
  'cos_theta_cs',
  'jet_eta',
  'cos_phi',
  'zj_rapidity',
  'cos_theta_star',
])

/** To which side quantities count that turn around with the beam: that to which the boson flies, or that of beam 1 (+z). */
export type Side = 'boson' | 'beam'

/** Every derived quantity of every event; NaN where the event has not got what it is made of. */
export function derivedOf(event: ZJet, side: Side = 'boson'): Readonly<Record<Derived, Float64Array>> {
  const boson = addPairs(event.minus, event.plus)
  const both = addPairs(boson, event.jet)
  const inside = toRestFrame(boson, both)
  const turned = (values: Float64Array): Float64Array => values.map((x, i) => (boson.pz[i] < 0 ? -x : x))
  const cosine = (pz: number, i: number): number =>
    clampCosine(pz / Math.hypot(inside.px[i], inside.py[i], pz))
  const all = {
    ...zJetVariables(event),
    cos_theta: helicityCosines(event.minus, boson),
    cos_phi: helicityAzimuths(event.minus, boson).map(Math.cos),
    zj_mass: logs(masses(both)),
    zj_rapidity: turned(rapidities(both)),
    cos_theta_star: turned(inside.pz.map(cosine)),
  }
  if (side === 'boson') return all
  const entries = DERIVED.map((name) => [name, SIDED.has(name) ? turned(all[name]) : all[name]] as const)
  return Object.fromEntries(entries) as typeof all
}
