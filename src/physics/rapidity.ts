import { type Cartesian, commonLength } from './columns.js'

/** Rapidity given to a massless momentum along the beam, plus |pz| so that two such momenta stay apart. */
const MAX_RAPIDITY = 1e5

/**
 * y = ½ ln((E + pz) / (E − pz)), computed as ln((E + |pz|) / mT) with mT² = pT² + max(0, m²), which keeps its
 * digits for fast particles (as FastJet does, arXiv:1111.6097). Along the beam without mass: ±(1e5 + |pz|).
 */
export function rapidity(px: number, py: number, pz: number, e: number): number {
  const pt2 = px * px + py * py
  const size = Math.abs(pz)
  if (pt2 === 0 && e === size) return pz >= 0 ? MAX_RAPIDITY + size : -(MAX_RAPIDITY + size)
  const m2 = Math.max(0, (e + pz) * (e - pz) - pt2)
  const sum = e + size
  const y = 0.5 * Math.log((pt2 + m2) / (sum * sum))
  return pz >= 0 ? -y : y
}

/** {@link rapidity} of each four-momentum. */
export function rapidities(p4: Cartesian): Float64Array {
  const length = commonLength('rapidities', { ...p4 })
  const { px, py, pz, e } = p4
  const out = new Float64Array(length)
  for (let i = 0; i < length; i++) out[i] = rapidity(px[i], py[i], pz[i], e[i])
  return out
}
