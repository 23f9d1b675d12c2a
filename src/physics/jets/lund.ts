import type { Offsets } from '../columns.js'
import { deltaPhi } from '../delta-phi.js'
import type { ClusterHistory } from './history.js'
import { leadingJet, nodePt2 } from './jets.js'

/**
 * Splittings of one jet a list, in the coordinates of the Lund plane. With pair (harder, softer) by pT:
 * Δ = ΔR(harder, softer) in rapidity and azimuth, kT = pT_soft Δ, z = pT_soft / (pT_soft + pT_hard), m the
 * pair's mass (GeV) and ψ = atan2(y_soft − y_hard, φ_soft − φ_hard), in (−π, π] (Dreyer, Salam, Soyez,
 * arXiv:1807.04758; LundNet, arXiv:2012.08526, uses ψ modulo π). ln kT, ln Δ and ln m are never below {@link
 * LN_FLOOR}, so they are finite for collinear and massless pairs.
 */
export interface LundSplittings {
  readonly offsets: Offsets
  readonly lnKt: Float64Array
  readonly lnDelta: Float64Array
  readonly z: Float64Array
  readonly psi: Float64Array
  readonly lnM: Float64Array
  /** Nodes of the clustering history: what splits is split into these two. */
  readonly harder: Int32Array
  readonly softer: Int32Array
  /** The splitting, counted within the list, that one of the two came from; −1 for the first. */
  readonly parent: Int32Array
}

export interface LundOptions {
  /** Splittings with a smaller kT (GeV) are passed over, along the harder branch. Default 0: none. */
  readonly minKt?: number
  /** A branch ends at the first splitting with a smaller Δ. Default 0: none. */
  readonly minDelta?: number
}

/** ln 1e-10: what a logarithm of zero is replaced by. */
export const LN_FLOOR = Math.log(1e-10)

/**
 * The primary Lund plane of the leading jet of each list: its splittings along the harder branch, widest
 * first. The history should come from Cambridge/Aachen, with WHOLE_JET as radius to take all particles of a
 * jet. Zero or one (finite) particle gives no splitting.
 */
export function primaryLundPlane(history: ClusterHistory, options: LundOptions = {}): LundSplittings {
  return decluster(history, options, false)
}

/**
 * All splittings of the leading jet of each list, as a tree in depth-first order, harder branch first: the
 * order of the nodes in LundNet's graphs. `parent` gives the edges.
 */
export function lundTree(history: ClusterHistory, options: LundOptions = {}): LundSplittings {
  return decluster(history, options, true)
}

function decluster(history: ClusterHistory, options: LundOptions, full: boolean): LundSplittings {
  const { minKt = 0, minDelta = 0 } = options
  const { nodes, parent1, parent2 } = history
  const lists = history.offsets.length - 1
  const size = parent1.length
  const out = {
    lnKt: new Float64Array(size),
    lnDelta: new Float64Array(size),
    z: new Float64Array(size),
    psi: new Float64Array(size),
    lnM: new Float64Array(size),
    harder: new Int32Array(size),
    softer: new Int32Array(size),
    parent: new Int32Array(size),
  }
  const offsets = new Int32Array(lists + 1)
  const minKt2 = minKt * minKt
  const minDelta2 = minDelta * minDelta
  // Branches to come back to: a node and the splitting it came from.
  const branches = new Int32Array(full ? 2 * longest(history.offsets) : 0)
  let total = 0
  for (let l = 0; l < lists; l++) {
    const first = history.offsets[l]
    const n = history.offsets[l + 1] - first
    const begin = total
    const base = 2 * first
    let node = leadingJet(history, l)
    let from = -1
    let waiting = 0
    for (;;) {
      if (node < n) {
        if (waiting === 0) break
        from = branches[--waiting]
        node = branches[--waiting]
        continue
      }
      const pair = base + node
      let hard = parent1[first + node - n]
      let soft = parent2[first + node - n]
      let hardPt2 = nodePt2(nodes, base + hard)
      let softPt2 = nodePt2(nodes, base + soft)
      if (softPt2 > hardPt2) {
        ;[hard, soft] = [soft, hard]
        ;[hardPt2, softPt2] = [softPt2, hardPt2]
      }
      const dRap = nodes.rapidity[base + soft] - nodes.rapidity[base + hard]
      const dPhi = deltaPhi(nodes.phi[base + soft], nodes.phi[base + hard])
      const delta2 = dRap * dRap + dPhi * dPhi
      if (delta2 < minDelta2) {
        node = -1
        continue
      }
      if (softPt2 * delta2 < minKt2) {
        node = hard
        continue
      }
      const pairPt2 = nodePt2(nodes, pair)
      const m2 = (nodes.e[pair] + nodes.pz[pair]) * (nodes.e[pair] - nodes.pz[pair]) - pairPt2
      const softPt = Math.sqrt(softPt2)
      const lnDelta = lnOfRoot(delta2)
      out.lnDelta[total] = lnDelta
      out.lnKt[total] = lnOfRoot(softPt2 * delta2)
      out.z[total] = softPt > 0 ? softPt / (softPt + Math.sqrt(hardPt2)) : 0
      out.psi[total] = Math.atan2(dRap, dPhi)
      out.lnM[total] = lnOfRoot(m2)
      out.harder[total] = hard
      out.softer[total] = soft
      out.parent[total] = from
      from = total - begin
      total++
      if (full) {
        branches[waiting++] = soft
        branches[waiting++] = from
      }
      node = hard
    }
    offsets[l + 1] = total
  }
  return {
    offsets,
    lnKt: out.lnKt.slice(0, total),
    lnDelta: out.lnDelta.slice(0, total),
    z: out.z.slice(0, total),
    psi: out.psi.slice(0, total),
    lnM: out.lnM.slice(0, total),
    harder: out.harder.slice(0, total),
    softer: out.softer.slice(0, total),
    parent: out.parent.slice(0, total),
  }
}

/** ln √x, at least LN_FLOOR; also for x ≤ 0. */
function lnOfRoot(x: number): number {
  return x > 1e-20 ? 0.5 * Math.log(x) : LN_FLOOR
}

function longest(offsets: Offsets): number {
  let most = 0
  for (let l = 0; l + 1 < offsets.length; l++) most = Math.max(most, offsets[l + 1] - offsets[l])
  return most
}
