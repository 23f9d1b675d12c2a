import type { Column } from '../columns.js'
import { commonLength, type EtaPhi, listCount, type Offsets, requireOption } from '../columns.js'
import { deltaPhi } from '../delta-phi.js'

/** Energy correlation functions of each list and their ratios. */
export interface EnergyCorrelators {
  /** ECF(1) = Σ pT, GeV. */
  readonly ecf1: Float64Array
  /** ECF(2) = Σ_{i<j} pT_i pT_j ΔR_ij^β, GeV². */
  readonly ecf2: Float64Array
  /** ECF(3) = Σ_{i<j<k} pT_i pT_j pT_k (ΔR_ij ΔR_ik ΔR_jk)^β, GeV³. */
  readonly ecf3: Float64Array
  /** C2 = e3 / e2², with e2 = ECF(2)/ECF(1)² and e3 = ECF(3)/ECF(1)³; 0 where e2 is 0. */
  readonly c2: Float64Array
  /** D2 = e3 / e2³; 0 where e2 is 0. */
  readonly d2: Float64Array
}

/**
 * Energy correlation functions to the third order (Larkoski, Salam, Thaler, arXiv:1305.0007) with C2 of that
 * paper and D2 of Larkoski, Moult, Neill, arXiv:1409.6298. O(n³) for n constituents. Zero or one constituent
 * gives 0 for all but ECF(1). NaN in a constituent gives NaN for its list.
 * @param direction pseudorapidity (or rapidity) and azimuth of the constituents
 * @param beta the angular exponent, > 0
 */
export function energyCorrelators(
  pt: Column,
  direction: EtaPhi,
  offsets: Offsets,
  beta = 1,
): EnergyCorrelators {
  const { eta, phi } = direction
  const lists = listCount('energyCorrelators', offsets, commonLength('energyCorrelators', { pt, eta, phi }))
  requireOption('energyCorrelators', beta > 0, `beta is ${beta}, must be positive`)
  const out = {
    ecf1: new Float64Array(lists),
    ecf2: new Float64Array(lists),
    ecf3: new Float64Array(lists),
    c2: new Float64Array(lists),
    d2: new Float64Array(lists),
  }
  let most = 0
  for (let l = 0; l < lists; l++) most = Math.max(most, offsets[l + 1] - offsets[l])
  const angle = new Float64Array(most * most)
  for (let l = 0; l < lists; l++) {
    const first = offsets[l]
    const n = offsets[l + 1] - first
    let ecf1 = 0
    let ecf2 = 0
    let ecf3 = 0
    for (let i = 0; i < n; i++) {
      ecf1 += pt[first + i]
      for (let j = 0; j < i; j++) {
        const dEta = eta[first + i] - eta[first + j]
        const dPhi = deltaPhi(phi[first + i], phi[first + j])
        const r = (dEta * dEta + dPhi * dPhi) ** (0.5 * beta)
        angle[i * n + j] = r
        ecf2 += pt[first + i] * pt[first + j] * r
      }
    }
    for (let i = 2; i < n; i++) {
      for (let j = 1; j < i; j++) {
        let inner = 0
        for (let k = 0; k < j; k++) inner += pt[first + k] * angle[i * n + k] * angle[j * n + k]
        ecf3 += pt[first + i] * pt[first + j] * angle[i * n + j] * inner
      }
    }
    out.ecf1[l] = ecf1
    out.ecf2[l] = ecf2
    out.ecf3[l] = ecf3
    const e2 = ecf2 / (ecf1 * ecf1)
    const e3 = ecf3 / (ecf1 * ecf1 * ecf1)
    const defined = n > 1 && e2 !== 0
    out.c2[l] = defined ? e3 / (e2 * e2) : 0
    out.d2[l] = defined ? e3 / (e2 * e2 * e2) : 0
  }
  return out
}
