import { commonLength, type EtaPhi, listCount, type Offsets } from './columns.js'
import { deltaPhi } from './delta-phi.js'

/**
 * ΔR = √(Δη² + Δφ²) of two directions, with Δφ across the seam at ±π.
 * Give rapidities as `eta` to have the distance that jet algorithms use.
 */
export function deltaR(etaA: number, phiA: number, etaB: number, phiB: number): number {
  const dEta = etaA - etaB
  const dPhi = deltaPhi(phiA, phiB)
  return Math.sqrt(dEta * dEta + dPhi * dPhi)
}

/** {@link deltaR} of two sets of directions, element by element. */
export function deltaRs(a: EtaPhi, b: EtaPhi): Float64Array {
  const columns = { 'a.eta': a.eta, 'a.phi': a.phi, 'b.eta': b.eta, 'b.phi': b.phi }
  const length = commonLength('deltaRs', columns)
  const out = new Float64Array(length)
  for (let i = 0; i < length; i++) out[i] = deltaR(a.eta[i], a.phi[i], b.eta[i], b.phi[i])
  return out
}

/**
 * The smallest ΔR from each element of `a` to any element of `b` in the same event; Infinity where the event
 * has no `b`. Elements with NaN are never near.
 */
export function nearestDeltaR(a: EtaPhi, aOffsets: Offsets, b: EtaPhi, bOffsets: Offsets): Float64Array {
  const length = commonLength('nearestDeltaR', { 'a.eta': a.eta, 'a.phi': a.phi })
  const events = listCount('nearestDeltaR a', aOffsets, length)
  listCount('nearestDeltaR b', bOffsets, commonLength('nearestDeltaR', { 'b.eta': b.eta, 'b.phi': b.phi }))
  commonLength('nearestDeltaR', { aOffsets, bOffsets })
  const out = new Float64Array(length).fill(Infinity)
  for (let l = 0; l < events; l++) {
    for (let i = aOffsets[l]; i < aOffsets[l + 1]; i++) {
      for (let j = bOffsets[l]; j < bOffsets[l + 1]; j++) {
        const r = deltaR(a.eta[i], a.phi[i], b.eta[j], b.phi[j])
        if (r < out[i]) out[i] = r
      }
    }
  }
  return out
}
