import { type Cartesian, commonLength } from './columns.js'

/**
 * η = asinh(pz / pT) = −ln tan(θ/2). Along the beam (pT = 0) it is ±Infinity, and 0 for no momentum at all.
 */
export function pseudorapidity(pt: number, pz: number): number {
  if (pt === 0) return pz === 0 ? 0 : pz * Infinity
  return Math.asinh(pz / pt)
}

/** {@link pseudorapidity} of each momentum. */
export function pseudorapidities(p4: Cartesian): Float64Array {
  const { px, py, pz } = p4
  const length = commonLength('pseudorapidities', { px, py, pz })
  const out = new Float64Array(length)
  for (let i = 0; i < length; i++) out[i] = pseudorapidity(Math.sqrt(px[i] * px[i] + py[i] * py[i]), pz[i])
  return out
}
