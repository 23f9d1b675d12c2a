import { collinsSoper } from '../physics/collins-soper.js'
import type { Cartesian } from '../physics/columns.js'
import { toPtEtaPhiM } from '../physics/convert.js'
import { deltaPhi } from '../physics/delta-phi.js'
import { masses } from '../physics/mass.js'
import { rapidities } from '../physics/rapidity.js'
import { addPairs } from '../physics/sum.js'

/** Leptons of a Z boson, the negative one first, and the jet beside it: columns with a value an event, NaN for none. */
export interface ZJet {
  readonly minus: Cartesian
  readonly plus: Cartesian
  readonly jet: Cartesian
}

/**
 * Kinematics of a Z boson, its decay and the jet. Momenta as ln(x / GeV); the jet's η counts to the side to which the Z boson
 * flies, and |y| is its rapidity, since nothing changes when an event is mirrored; angles of the negative lepton in the
 * Collins-Soper frame; dphi: π − |Δφ(Z, jet)|, 0 for back to back.
 */
export const Z_JET = [
  'z_pt',
  'z_rapidity',
  'z_mass',
  'cos_theta_cs',
  'cos_phi_cs',
  'jet_eta',
  'jet_pt',
  'dphi',
] as const
export type ZJetVariable = (typeof Z_JET)[number]

/** Floor of what logarithms are taken of, GeV. */
const TINY = 1e-3

/** ln(x / GeV) of each value; NaN stays NaN. */
export const logs = (values: Float64Array): Float64Array =>
  values.map((x) => (Number.isNaN(x) ? x : Math.log(Math.max(x, TINY))))

/** Every variable of every event; NaN where the event has not got what it is made of. */
export function zJetVariables({
  minus,
  plus,
  jet: jet4,
}: ZJet): Readonly<Record<ZJetVariable, Float64Array>> {
  const boson4 = addPairs(minus, plus)
  const [boson, jet] = [toPtEtaPhiM(boson4), toPtEtaPhiM(jet4)]
  const rapidity = rapidities(boson4)
  const { cosTheta, phi } = collinsSoper(minus, plus)
  return {
    z_pt: logs(boson.pt),
    z_rapidity: rapidity.map(Math.abs),
    z_mass: masses(boson4),
    cos_theta_cs: cosTheta,
    cos_phi_cs: phi.map(Math.cos),
    jet_eta: jet.eta.map((eta, i) => (rapidity[i] < 0 ? -eta : eta)),
    jet_pt: logs(jet.pt),
    dphi: boson.phi.map((azimuth, i) => Math.PI - Math.abs(deltaPhi(azimuth, jet.phi[i]))),
  }
}
