import type { Offsets } from '../columns.js'
import type { LundSplittings } from './lund.js'

/** Edges of one graph a list; `source` and `target` count the nodes within the list. */
export interface Edges {
  readonly offsets: Offsets
  readonly source: Int32Array
  readonly target: Int32Array
}

/**
 * The graph of LundNet (Dreyer, Qu, arXiv:2012.08526): a node for each splitting of the tree, and an edge in
 * either direction between a splitting and the one that it came from. For each list first the edges child →
 * parent, then parent → child, in the order of the children. Zero and one splitting give no edge.
 */
export function lundGraph(tree: LundSplittings): Edges {
  const lists = tree.offsets.length - 1
  const offsets = new Int32Array(lists + 1)
  for (let l = 0; l < lists; l++) {
    offsets[l + 1] = offsets[l] + 2 * Math.max(0, tree.offsets[l + 1] - tree.offsets[l] - 1)
  }
  const source = new Int32Array(offsets[lists])
  const target = new Int32Array(offsets[lists])
  for (let l = 0; l < lists; l++) {
    const first = tree.offsets[l]
    const half = (offsets[l + 1] - offsets[l]) / 2
    for (let k = 0; k < half; k++) {
      const at = offsets[l] + k
      const child = k + 1
      const parent = tree.parent[first + child]
      source[at] = child
      target[at] = parent
      source[at + half] = parent
      target[at + half] = child
    }
  }
  return { offsets, source, target }
}
