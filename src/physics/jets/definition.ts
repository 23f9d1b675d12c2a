import { requireOption } from '../columns.js'

/**
 * A generalised-kt algorithm for hadron collisions (Cacciari, Salam, Soyez, arXiv:0802.1189; FastJet manual
 * arXiv:1111.6097): d_ij = min(pT_i^2p, pT_j^2p) ΔR_ij² / R² with rapidities in ΔR, and d_iB = pT_i^2p.
 */
export interface JetDefinition {
  /** The exponent: −1 anti-kt, 0 Cambridge/Aachen, 1 kt; any other finite number is taken too. */
  readonly p: number
  /** R, in (0, 1000]. The largest serves to merge everything into one jet. */
  readonly radius: number
  /**
   * How two become one: 'E' adds four-momenta (the default); 'WTA' gives the direction of the one with the
   * larger pT, the sum of both pT and no mass (winner takes all, arXiv:1310.7584), always in O(N²).
   */
  readonly recombination?: 'E' | 'WTA'
}

/** Anti-kt with radius R (arXiv:0802.1189). */
export const antiKt = (radius: number): JetDefinition => checkDefinition({ p: -1, radius })

/** Cambridge/Aachen with radius R (Dokshitzer et al., hep-ph/9707323; Wobisch, Wengler, hep-ph/9907280). */
export const cambridgeAachen = (radius: number): JetDefinition => checkDefinition({ p: 0, radius })

/** Inclusive kt with radius R (Catani et al., Nucl. Phys. B 406 (1993) 187; Ellis, Soper, hep-ph/9305266). */
export const kt = (radius: number): JetDefinition => checkDefinition({ p: 1, radius })

/** A radius so large that a list becomes one jet: to recluster the constituents of a jet. */
export const WHOLE_JET = 1000

/** @throws SpillwayError KERNEL_OPTION when p is not finite or R is not in (0, 1000]. */
export function checkDefinition(definition: JetDefinition): JetDefinition {
  const { p, radius } = definition
  requireOption('jet definition', Number.isFinite(p), `p is ${p}, must be finite`)
  requireOption('jet definition', radius > 0 && radius <= 1000, `radius is ${radius}, must be in (0, 1000]`)
  return definition
}
