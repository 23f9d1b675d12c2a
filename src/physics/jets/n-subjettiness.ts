import { type Cartesian, type Offsets, requireOption } from '../columns.js'
import { deltaPhi } from '../delta-phi.js'
import type { Clusterer } from './clusterer.js'
import { WHOLE_JET } from './definition.js'
import { exclusiveJets, nodePt2 } from './jets.js'

export interface NSubjettinessOptions {
  /** τ_1 to τ_count are computed. Default 3. */
  readonly count?: number
  /** The angular exponent β > 0. Default 1. */
  readonly beta?: number
  /** R0, the radius of the jet. Default 1. */
  readonly radius?: number
  /**
   * 'WTA': exclusive kt jets with winner-takes-all recombination (the default); 'E': with added four-momenta.
   */
  readonly axes?: 'WTA' | 'E'
}

/**
 * N-subjettiness of each list, τ_N = Σ_i pT_i min_k ΔR_ik^β / Σ_i pT_i R0^β (Thaler, Van Tilburg,
 * arXiv:1011.2268), about the directions of its N exclusive kt subjets. The axes are not minimised further;
 * with winner-takes-all recombination they are near the minimum for β = 1 (arXiv:1310.7584 and 1401.2158,
 * "WTA_KT_Axes"). Entry N − 1 of the answer is τ_N. A list with N particles or fewer has τ_N = 0; particles
 * that are not finite are left out.
 */
export function nSubjettiness(
  clusterer: Clusterer,
  p4: Cartesian,
  offsets: Offsets,
  options: NSubjettinessOptions = {},
): readonly Float64Array[] {
  const { count = 3, beta = 1, radius = 1, axes = 'WTA' } = options
  requireOption(
    'nSubjettiness',
    Number.isInteger(count) && count >= 1,
    `count is ${count}, must be an integer from 1`,
  )
  requireOption('nSubjettiness', beta > 0 && radius > 0, `beta ${beta} and radius ${radius} must be positive`)
  const history = clusterer.cluster(p4, offsets, { p: 1, radius: WHOLE_JET, recombination: axes })
  const { nodes } = history
  const lists = offsets.length - 1
  return Array.from({ length: count }, (_, k) => {
    const jets = exclusiveJets(history, k + 1)
    const tau = new Float64Array(lists)
    for (let l = 0; l < lists; l++) {
      const first = offsets[l]
      const n = offsets[l + 1] - first
      const base = 2 * first
      let sum = 0
      let scale = 0
      for (let i = base; i < base + n; i++) {
        const pt = Math.sqrt(nodePt2(nodes, i))
        if (!(pt + Math.abs(nodes.rapidity[i]) < Infinity)) continue
        let nearest = Infinity
        for (let j = jets.offsets[l]; j < jets.offsets[l + 1]; j++) {
          const at = base + jets.node[j]
          const dRap = nodes.rapidity[i] - nodes.rapidity[at]
          const dPhi = deltaPhi(nodes.phi[i], nodes.phi[at])
          const r2 = dRap * dRap + dPhi * dPhi
          if (r2 < nearest) nearest = r2
        }
        scale += pt
        if (nearest < Infinity) sum += pt * (beta === 2 ? nearest : Math.sqrt(nearest) ** beta)
      }
      tau[l] = scale > 0 && n > k + 1 ? sum / (scale * radius ** beta) : 0
    }
    return tau
  })
}
