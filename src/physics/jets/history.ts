import type { Offsets } from '../columns.js'

/** `parent2` of a step in which a jet is finished, not merged. */
export const BEAM = -1

/** What clustering knows of particles and jets, GeV and rad; φ in (−π, π]. */
export interface Nodes {
  readonly px: Float64Array
  readonly py: Float64Array
  readonly pz: Float64Array
  readonly e: Float64Array
  readonly rapidity: Float64Array
  readonly phi: Float64Array
}

/**
 * How the particles of each list were clustered. A list of n particles takes n steps, so steps and particles
 * share `offsets`: step s of list l is entry `offsets[l] + s` of `parent1`, `parent2` and `distance`.
 *
 * Nodes are numbered within a list: 0 to n − 1 are the particles, n + s is what step s made. Node k of list l
 * is entry `2 * offsets[l] + k` of `nodes`. A step with `parent2` = BEAM makes no node (its entry is zero):
 * it declares `parent1` a jet. In a merging `parent1` < `parent2`, as in FastJet; its numbers are those of
 * FastJet's history for the same input.
 */
export interface ClusterHistory {
  readonly offsets: Offsets
  readonly parent1: Int32Array
  readonly parent2: Int32Array
  /** d_ij of the merging, or d_iB. */
  readonly distance: Float64Array
  readonly nodes: Nodes
}

/** A history of `size` particles to be filled in. */
export function emptyHistory(offsets: Offsets, size: number): ClusterHistory {
  const nodes = {
    px: new Float64Array(2 * size),
    py: new Float64Array(2 * size),
    pz: new Float64Array(2 * size),
    e: new Float64Array(2 * size),
    rapidity: new Float64Array(2 * size),
    phi: new Float64Array(2 * size),
  }
  return {
    offsets,
    parent1: new Int32Array(size),
    parent2: new Int32Array(size),
    distance: new Float64Array(size),
    nodes,
  }
}
