import { type Column, commonLength } from './columns.js'

/**
 * Transverse mass of two massless particles, usually a lepton and the missing momentum:
 * mT = √(2 pT₁ pT₂ (1 − cos Δφ)) = 2 √(pT₁ pT₂) |sin Δφ/2|, GeV (PDG, Kinematics, "transverse mass").
 * The second form keeps its digits for small angles.
 */
export function transverseMass(ptA: number, phiA: number, ptB: number, phiB: number): number {
  return 2 * Math.sqrt(ptA * ptB) * Math.abs(Math.sin(0.5 * (phiA - phiB)))
}

/** {@link transverseMass} of two sets of transverse momenta (GeV, rad), element by element. */
export function transverseMasses(ptA: Column, phiA: Column, ptB: Column, phiB: Column): Float64Array {
  const length = commonLength('transverseMasses', { ptA, phiA, ptB, phiB })
  const out = new Float64Array(length)
  for (let i = 0; i < length; i++) out[i] = transverseMass(ptA[i], phiA[i], ptB[i], phiB[i])
  return out
}
