import type { Cartesian } from '../columns.js'
import { rapidity } from '../rapidity.js'
import type { JetDefinition } from './definition.js'
import { MinHeap } from './heap.js'
import { BEAM, type ClusterHistory } from './history.js'
import { TileGrid } from './tile-grid.js'

const TWO_PI = 2 * Math.PI
const NONE = -1

/** pT^2p, with pT² of at least 1e-300: what has no pT still has an order, and merges with nobody beyond R. */
export function momentumFactor(pt2: number, p: number): number {
  if (p === 0) return 1
  const lifted = Math.max(pt2, 1e-300)
  return p === 1 ? lifted : p === -1 ? 1 / lifted : lifted ** p
}

/**
 * Clusters long lists: the rapidity–azimuth cylinder is cut into tiles of at least R, so that neighbours within R lie in the 3 × 3 tiles
 * around, and a heap keeps the smallest distance (the tiled strategies of FastJet, arXiv:1111.6097 appendix A; the geometrical nearest
 * neighbour suffices by the lemma of hep-ph/0512210). O(N n) with n the particles in reach. Needs R ≤ 2π/3; owns its memory.
 */
export class TiledClusterer {
  readonly #heap = new MinHeap()
  readonly #grid = new TileGrid()
  #rap = new Float64Array()
  #phi = new Float64Array()
  #factor = new Float64Array()
  #near = new Float64Array()
  #neighbour = new Int32Array()
  #node = new Int32Array()

  /** Clusters the particles from `first` up to `end` of `p4` and writes their steps and nodes into `history`. */
  cluster(
    p4: Cartesian,
    first: number,
    end: number,
    definition: JetDefinition,
    history: ClusterHistory,
  ): void {
    const n = end - first
    const { p, radius } = definition
    const radius2 = radius * radius
    this.#reserve(n)
    const { nodes, parent1, parent2, distance } = history
    const base = 2 * first
    for (let i = 0; i < n; i++) {
      nodes.px[base + i] = p4.px[first + i]
      nodes.py[base + i] = p4.py[first + i]
      nodes.pz[base + i] = p4.pz[first + i]
      nodes.e[base + i] = p4.e[first + i]
      this.#place(i, i, p, base, history)
    }
    const grid = this.#grid
    grid.build(this.#rap, this.#phi, n, radius)
    for (let i = 0; i < n; i++) this.#search(i, radius2)
    this.#heap.build(n, (i) => this.#distance(i))
    for (let s = 0; s < n; s++) {
      const a = this.#heap.top()
      const b = this.#neighbour[a]
      const nodeA = this.#node[a]
      distance[first + s] = this.#heap.value(a) / radius2
      const tileA = grid.tileOf(a)
      grid.remove(a)
      this.#heap.set(a, Infinity)
      if (b === NONE) {
        parent1[first + s] = nodeA
        parent2[first + s] = BEAM
        this.#repair(tileA, a, NONE, radius2)
        continue
      }
      const nodeB = this.#node[b]
      parent1[first + s] = Math.min(nodeA, nodeB)
      parent2[first + s] = Math.max(nodeA, nodeB)
      const made = n + s
      nodes.px[base + made] = nodes.px[base + nodeA] + nodes.px[base + nodeB]
      nodes.py[base + made] = nodes.py[base + nodeA] + nodes.py[base + nodeB]
      nodes.pz[base + made] = nodes.pz[base + nodeA] + nodes.pz[base + nodeB]
      nodes.e[base + made] = nodes.e[base + nodeA] + nodes.e[base + nodeB]
      const tileB = grid.tileOf(b)
      grid.remove(b)
      this.#place(b, made, p, base, history)
      grid.insert(b, this.#rap[b], this.#phi[b])
      this.#repair(tileA, a, b, radius2)
      if (tileB !== tileA) this.#repair(tileB, a, b, radius2)
      this.#meet(b, radius2)
    }
  }

  /** Fills slot `i` from a node: rapidity, azimuth and momentum factor. */
  #place(i: number, node: number, p: number, base: number, history: ClusterHistory): void {
    const { nodes } = history
    const x = nodes.px[base + node]
    const y = nodes.py[base + node]
    const pt2 = x * x + y * y
    const rap = rapidity(x, y, nodes.pz[base + node], nodes.e[base + node])
    const phi = Math.atan2(y, x)
    nodes.rapidity[base + node] = rap
    nodes.phi[base + node] = phi
    const finite = Number.isFinite(rap + pt2)
    this.#rap[i] = finite ? rap : Number.NaN
    this.#phi[i] = finite ? phi : Number.NaN
    this.#factor[i] = finite ? momentumFactor(pt2, p) : 0
    this.#near[i] = Infinity
    this.#neighbour[i] = NONE
    this.#node[i] = node
  }

  /** The distance of slot `i` to its nearest neighbour, or to the beam, times R². */
  #distance(i: number): number {
    const j = this.#neighbour[i]
    const factor = j === NONE ? this.#factor[i] : Math.min(this.#factor[i], this.#factor[j])
    return this.#near[i] * factor
  }

  #separation(i: number, j: number): number {
    const dRap = this.#rap[i] - this.#rap[j]
    let dPhi = Math.abs(this.#phi[i] - this.#phi[j])
    if (dPhi > Math.PI) dPhi = TWO_PI - dPhi
    return dRap * dRap + dPhi * dPhi
  }

  /** Looks for the nearest neighbour of slot `i` within R. */
  #search(i: number, radius2: number): void {
    const { around, head, next } = this.#grid
    let near = radius2
    let neighbour = NONE
    const tile = this.#grid.tileOf(i)
    for (let t = 9 * tile; t < 9 * tile + 9; t++) {
      const other = around[t]
      if (other === NONE) continue
      for (let j = head[other]; j !== NONE; j = next[j]) {
        if (j === i) continue
        const d = this.#separation(i, j)
        if (d < near) {
          near = d
          neighbour = j
        }
      }
    }
    this.#near[i] = near
    this.#neighbour[i] = neighbour
  }

  /** Slots `a` and `b` of `tile` are gone: those around that had one as nearest look again. */
  #repair(tile: number, a: number, b: number, radius2: number): void {
    const { around, head, next } = this.#grid
    for (let t = 9 * tile; t < 9 * tile + 9; t++) {
      const other = around[t]
      if (other === NONE) continue
      for (let i = head[other]; i !== NONE; i = next[i]) {
        const j = this.#neighbour[i]
        if (j === NONE || i === b || (j !== a && j !== b)) continue
        this.#search(i, radius2)
        this.#heap.set(i, this.#distance(i))
      }
    }
  }

  /** Slot `b` is new: it and those around it may have found their nearest. */
  #meet(b: number, radius2: number): void {
    const { around, head, next } = this.#grid
    let near = radius2
    let neighbour = NONE
    const tile = this.#grid.tileOf(b)
    for (let t = 9 * tile; t < 9 * tile + 9; t++) {
      const other = around[t]
      if (other === NONE) continue
      for (let i = head[other]; i !== NONE; i = next[i]) {
        if (i === b) continue
        const d = this.#separation(i, b)
        if (d < near) {
          near = d
          neighbour = i
        }
        if (d < this.#near[i]) {
          this.#near[i] = d
          this.#neighbour[i] = b
          this.#heap.set(i, this.#distance(i))
        }
      }
    }
    this.#near[b] = near
    this.#neighbour[b] = neighbour
    this.#heap.set(b, this.#distance(b))
  }

  #reserve(n: number): void {
    if (n <= this.#rap.length) return
    const capacity = 2 ** Math.ceil(Math.log2(n))
    this.#rap = new Float64Array(capacity)
    this.#phi = new Float64Array(capacity)
    this.#factor = new Float64Array(capacity)
    this.#near = new Float64Array(capacity)
    this.#neighbour = new Int32Array(capacity)
    this.#node = new Int32Array(capacity)
  }
}
