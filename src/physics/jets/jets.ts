import type { Offsets } from '../columns.js'
import { requireOption } from '../columns.js'
import { BEAM, type ClusterHistory, type Nodes } from './history.js'

/**
 * Jets of each list: jet k belongs to list l where `offsets[l] <= k < offsets[l + 1]`. `node` is its number
 * in the clustering history of that list; the components are its four-momentum, GeV.
 */
export interface Jets {
  readonly offsets: Offsets
  readonly node: Int32Array
  readonly px: Float64Array
  readonly py: Float64Array
  readonly pz: Float64Array
  readonly e: Float64Array
}

/**
 * Inclusive jets: what went to the beam, with pT ≥ `minPt` (GeV), in descending pT (then ascending node
 * number). With `minPt` > 0 jets of momenta that are not finite are left out.
 */
export function inclusiveJets(history: ClusterHistory, minPt = 0): Jets {
  return collect(
    history,
    (first, end, found) => {
      let count = 0
      for (let s = first; s < end; s++) if (history.parent2[s] === BEAM) found[count++] = history.parent1[s]
      return count
    },
    minPt,
  )
}

/**
 * Exclusive jets: what is left when `count` jets remain (all particles, where a list has fewer). For kt and
 * Cambridge/Aachen.
 */
export function exclusiveJets(history: ClusterHistory, count: number): Jets {
  requireOption(
    'exclusiveJets',
    Number.isInteger(count) && count >= 0,
    `count is ${count}, must be an integer from 0`,
  )
  return collect(history, (first, end, found) => {
    const n = end - first
    return remaining(history, first, end, Math.max(0, n - count), found)
  })
}

/**
 * Exclusive jets with every d_ij up to `dCut` merged, as FastJet's exclusive_jets(dcut). For kt (GeV²) and
 * Cambridge/Aachen.
 */
export function exclusiveJetsUpTo(history: ClusterHistory, dCut: number): Jets {
  return collect(history, (first, end, found) => {
    // Up to the first distance beyond the cut: what comes after has a larger running maximum, even where it
    // is smaller itself.
    let steps = 0
    while (first + steps < end && history.distance[first + steps] <= dCut) steps++
    return remaining(history, first, end, steps, found)
  })
}

/** The particles of each jet, as numbers within its list: `offsets` are per jet. */
export interface Constituents {
  readonly offsets: Offsets
  readonly particle: Int32Array
}

/** The particles of which each jet was made, in ascending order. */
export function constituents(history: ClusterHistory, jets: Jets): Constituents {
  const offsets = new Int32Array(jets.node.length + 1)
  // The jets of a list share no particle, so there is room for all of them.
  const particle = new Int32Array(history.parent1.length)
  const waiting = new Int32Array(history.parent1.length)
  let total = 0
  for (let l = 0; l + 1 < jets.offsets.length; l++) {
    const first = history.offsets[l]
    const n = history.offsets[l + 1] - first
    for (let k = jets.offsets[l]; k < jets.offsets[l + 1]; k++) {
      let open = 0
      waiting[open++] = jets.node[k]
      while (open > 0) {
        const node = waiting[--open]
        if (node < n) {
          particle[total++] = node
          continue
        }
        waiting[open++] = history.parent1[first + node - n]
        waiting[open++] = history.parent2[first + node - n]
      }
      particle.subarray(offsets[k], total).sort()
      offsets[k + 1] = total
    }
  }
  return { offsets, particle: particle.slice(0, total) }
}

/**
 * The node with the largest pT that went to the beam in list `l`; −1 for an empty list or one without finite
 * momenta.
 */
export function leadingJet(history: ClusterHistory, l: number): number {
  const first = history.offsets[l]
  let node = -1
  let largest = -1
  for (let s = first; s < history.offsets[l + 1]; s++) {
    if (history.parent2[s] !== BEAM) continue
    const at = 2 * first + history.parent1[s]
    const pt2 = nodePt2(history.nodes, at)
    if (pt2 > largest && isFiniteNode(history.nodes, at)) {
      largest = pt2
      node = history.parent1[s]
    }
  }
  return node
}

/** pT² of the node at entry `at` of the node columns, GeV². */
export function nodePt2(nodes: Nodes, at: number): number {
  return nodes.px[at] * nodes.px[at] + nodes.py[at] * nodes.py[at]
}

function isFiniteNode(nodes: Nodes, at: number): boolean {
  return nodePt2(nodes, at) < Infinity && Number.isFinite(nodes.pz[at] + nodes.e[at])
}

/** After `steps` steps: every node made so far that a later step uses. */
function remaining(
  history: ClusterHistory,
  first: number,
  end: number,
  steps: number,
  found: Int32Array,
): number {
  const made = end - first + steps
  let count = 0
  for (let s = first + steps; s < end; s++) {
    if (history.parent1[s] < made) found[count++] = history.parent1[s]
    if (history.parent2[s] >= 0 && history.parent2[s] < made) found[count++] = history.parent2[s]
  }
  return count
}

function collect(
  history: ClusterHistory,
  find: (first: number, end: number, found: Int32Array) => number,
  minPt = 0,
): Jets {
  const { nodes } = history
  const lists = history.offsets.length - 1
  const offsets = new Int32Array(lists + 1)
  const all = new Int32Array(history.parent1.length)
  const entries = new Int32Array(history.parent1.length)
  let total = 0
  for (let l = 0; l < lists; l++) {
    const first = history.offsets[l]
    const room = all.subarray(total)
    const count = find(first, history.offsets[l + 1], room)
    const base = 2 * first
    const pt2 = (node: number): number => nodePt2(nodes, base + node)
    const passes = (node: number): boolean => pt2(node) >= minPt * minPt && isFiniteNode(nodes, base + node)
    const kept = room.subarray(0, count).filter((node) => minPt === 0 || passes(node))
    kept.sort((a, b) => pt2(b) - pt2(a) || a - b)
    for (const node of kept) {
      all[total] = node
      entries[total++] = base + node
    }
    offsets[l + 1] = total
  }
  const at = entries.subarray(0, total)
  const pick = (column: Float64Array): Float64Array => Float64Array.from(at, (i) => column[i])
  return {
    offsets,
    node: all.slice(0, total),
    px: pick(nodes.px),
    py: pick(nodes.py),
    pz: pick(nodes.pz),
    e: pick(nodes.e),
  }
}
