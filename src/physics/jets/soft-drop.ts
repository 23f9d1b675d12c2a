import { requireOption } from '../columns.js'
import { deltaPhi } from '../delta-phi.js'
import type { ClusterHistory } from './history.js'
import { leadingJet, nodePt2 } from './jets.js'

export interface SoftDropOptions {
  /** β ≥ 0 or negative; 0 is the modified mass-drop tagger (arXiv:1307.0007). */
  readonly beta: number
  /** z_cut, in [0, 1). */
  readonly zCut: number
  /** R0, the radius of the original jet; default 1. */
  readonly radius?: number
}

/** One entry a list, about its leading jet. */
export interface SoftDropped {
  /** What is left after grooming, a node of the history; −1 without a jet. */
  readonly node: Int32Array
  /** z and ΔR of the splitting that passed; 0 where none did. */
  readonly zg: Float64Array
  readonly rg: Float64Array
  /** Mass of the groomed jet, GeV; of the last particle where nothing passed; NaN without a jet. */
  readonly mass: Float64Array
  /** Splittings whose softer branch was dropped. */
  readonly dropped: Int32Array
}

/**
 * Soft drop (Larkoski, Marzani, Soyez, Thaler, arXiv:1402.2657): following the harder branch of a
 * Cambridge/Aachen history, the softer one is dropped until z = min(pT₁, pT₂) / (pT₁ + pT₂) > z_cut (ΔR₁₂ /
 * R0)^β. A jet that never passes is groomed to its last hard particle ("grooming mode", as in the FastJet
 * contrib).
 */
export function softDrop(history: ClusterHistory, options: SoftDropOptions): SoftDropped {
  const { beta, zCut, radius = 1 } = options
  requireOption('softDrop', Number.isFinite(beta), `beta is ${beta}, must be finite`)
  requireOption('softDrop', zCut >= 0 && zCut < 1, `zCut is ${zCut}, must be in [0, 1)`)
  requireOption('softDrop', radius > 0, `radius is ${radius}, must be positive`)
  const { nodes, parent1, parent2 } = history
  const lists = history.offsets.length - 1
  const out = {
    node: new Int32Array(lists).fill(-1),
    zg: new Float64Array(lists),
    rg: new Float64Array(lists),
    mass: new Float64Array(lists).fill(Number.NaN),
    dropped: new Int32Array(lists),
  }
  for (let l = 0; l < lists; l++) {
    const first = history.offsets[l]
    const n = history.offsets[l + 1] - first
    const base = 2 * first
    let node = leadingJet(history, l)
    if (node < 0) continue
    while (node >= n) {
      const a = parent1[first + node - n]
      const b = parent2[first + node - n]
      const ptA = Math.sqrt(nodePt2(nodes, base + a))
      const ptB = Math.sqrt(nodePt2(nodes, base + b))
      const dRap = nodes.rapidity[base + a] - nodes.rapidity[base + b]
      const dPhi = deltaPhi(nodes.phi[base + a], nodes.phi[base + b])
      const r = Math.sqrt(dRap * dRap + dPhi * dPhi)
      const z = ptA + ptB > 0 ? Math.min(ptA, ptB) / (ptA + ptB) : 0
      const cut = beta === 0 ? zCut : zCut * (r / radius) ** beta
      if (z > cut) {
        out.zg[l] = z
        out.rg[l] = r
        break
      }
      out.dropped[l]++
      node = ptB > ptA ? b : a
    }
    const at = base + node
    const m2 = (nodes.e[at] + nodes.pz[at]) * (nodes.e[at] - nodes.pz[at]) - nodePt2(nodes, at)
    out.node[l] = node
    out.mass[l] = Math.sqrt(Math.max(0, m2))
  }
  return out
}
