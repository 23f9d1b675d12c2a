import type { Cartesian, Cartesian64, Column } from '../../physics/columns.js'
import { toPtEtaPhiM } from '../../physics/convert.js'
import { transverseMasses } from '../../physics/transverse-mass.js'
import { logs } from '../z-jet.js'
import type { Side } from './z-derived.js'

/** Mass of the W boson, GeV. */
export const M_W = 80.377
/** Floor of what is divided by, GeV. */
const TINY = 1e-3

/** Where the neutrino is from: `met`, its transverse momentum alone, or `truth`, all of it. */
export type NeutrinoSource = 'met' | 'truth'

/** An event with a W boson; columns with a value an event, NaN for none. */
export interface WEvent {
  readonly lepton: Cartesian
  /** Of lepton and W boson, 1 or −1. */
  readonly charge: Column
  /**
   * The true neutrino; or, of the missing momentum, the two with which lepton and neutrino have the mass of the W boson, that of
   * the smaller |p_z| first.
   */
  readonly neutrinos: readonly Cartesian[]
  /** As many as the final state has. */
  readonly jets: readonly Cartesian[]
  /** Leptons of the Z boson, where there is one, the negative one first. */
  readonly z: readonly Cartesian[]
}

/** What tells the neutrinos of {@link WEvent} apart in names of quantities. */
export const CANDIDATES: Readonly<Record<NeutrinoSource, readonly string[]>> = {
  truth: [''],
  met: ['_near', '_far'],
}

/** Derived quantities of a final state. */
export interface WDerived {
  readonly names: (source: NeutrinoSource) => readonly string[]
  /** All of them by name. */
  readonly of: (event: WEvent, side: Side) => Readonly<Record<string, Float64Array>>
}

/** ±1 by event: the side along the beam to which these fly together, or that of beam 1. */
export function sidesOf(side: Side, momenta: readonly Cartesian[]): Float64Array {
  const along = (i: number): number => momenta.reduce((sum, { pz }) => sum + pz[i], 0)
  return Float64Array.from(momenta[0].pz, (_, i) => (side === 'boson' && along(i) < 0 ? -1 : 1))
}

/** What is known of a W boson without the neutrino along the beam. */
export const TRANSVERSE = ['charge', 'lepton_pt', 'lepton_eta', 'w_pt', 'w_mt', 'cos_theta_2d'] as const

/**
 * {@link TRANSVERSE}: charge; ln(pT / GeV), η of the lepton, to the side; ln(pT / GeV) and transverse mass (GeV) of the W boson;
 * cos θ_2D (arXiv:1203.2165) of the fermion, the angle in the transverse plane between it and the boson where the boson's
 * transverse momentum is at rest: (pT of the fermion − pT of the antifermion) / pT(W).
 */
export function transverseOf(
  { lepton, neutrinos: [neutrino], charge }: WEvent,
  side: Column,
): Readonly<Record<(typeof TRANSVERSE)[number], Float64Array>> {
  const [l, nu] = [lepton, neutrino].map(toPtEtaPhiM)
  const pt = l.pt.map((_, i) => Math.hypot(lepton.px[i] + neutrino.px[i], lepton.py[i] + neutrino.py[i]))
  return {
    charge: Float64Array.from(charge),
    lepton_pt: logs(l.pt),
    lepton_eta: l.eta.map((eta, i) => side[i] * eta),
    w_pt: logs(pt),
    w_mt: transverseMasses(l.pt, l.phi, nu.pt, nu.phi),
    cos_theta_2d: pt.map((all, i) => (charge[i] * (nu.pt[i] - l.pt[i])) / Math.max(all, TINY)),
  }
}

/**
 * The fermion and the antifermion of a W boson's decay: ℓ⁻ ν̄, or ν ℓ⁺. By their angles W⁺ and W⁻ decay alike, as V − A has
 * left-handed fermions alone.
 */
export function fermions(
  { lepton, charge }: WEvent,
  neutrino: Cartesian,
): { readonly minus: Cartesian64; readonly plus: Cartesian64 } {
  const chosen = (sign: number): Cartesian64 => {
    const pick = (component: keyof Cartesian): Float64Array =>
      Float64Array.from(charge, (q, i) => (q * sign > 0 ? lepton : neutrino)[component][i])
    return { px: pick('px'), py: pick('py'), pz: pick('pz'), e: pick('e') }
  }
  return { minus: chosen(-1), plus: chosen(1) }
}
