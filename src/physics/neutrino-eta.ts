import { type Column, commonLength } from './columns.js'

/**
 * How far from the charged lepton a neutrino lies in η when the two, taken as massless, have the mass of their parent:
 * cosh Δη = M² / (2 pT pTν) + cos Δφ, so that η ± Δη are the two solutions of the quadratic equation for its p_z (GeV, rad).
 * Where the transverse mass is above M there is none, and Δη is 0: the parent is then as heavy as its transverse mass,
 * which is the usual way out (real part of the solutions).
 */
export function neutrinoDistance(
  pt: number,
  phi: number,
  neutrinoPt: number,
  neutrinoPhi: number,
  parentMass: number,
): number {
  const cosh = (parentMass * parentMass) / (2 * pt * neutrinoPt) + Math.cos(phi - neutrinoPhi)
  return Math.acosh(Math.max(1, cosh))
}

/** η of the two solutions of {@link neutrinoDistance}, that of the smaller |p_z| first. */
export interface NeutrinoEtas {
  readonly near: Float64Array
  readonly far: Float64Array
}

/** Pseudorapidities of neutrinos by {@link neutrinoDistance} from leptons and missing momenta, element by element. */
export function neutrinoEtas(
  lepton: { readonly pt: Column; readonly eta: Column; readonly phi: Column },
  missing: { readonly pt: Column; readonly phi: Column },
  parentMass: number,
): NeutrinoEtas {
  const { pt, eta, phi } = lepton
  const length = commonLength('neutrinoEtas', {
    pt,
    eta,
    phi,
    missing: missing.pt,
    'missing.phi': missing.phi,
  })
  const near = new Float64Array(length)
  const far = new Float64Array(length)
  for (let i = 0; i < length; i++) {
    const distance = neutrinoDistance(pt[i], phi[i], missing.pt[i], missing.phi[i], parentMass)
    const inward = eta[i] < 0 ? distance : -distance
    near[i] = eta[i] + inward
    far[i] = eta[i] - inward
  }
  return { near, far }
}
