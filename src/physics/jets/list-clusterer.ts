import { SpillwayError } from '../../errors.js'
import type { Cartesian } from '../columns.js'
import type { JetDefinition } from './definition.js'
import type { ClusterHistory } from './history.js'
import { nodesWasm } from './nodes.wasm.js'
import { plainWasm } from './plain.wasm.js'
import { tiledWasm } from './tiled.wasm.js'
import { tilesWasm } from './tiles.wasm.js'

/** The part of WebAssembly used here; the ES libraries of TypeScript do not describe it. */
interface WebAssemblyApi {
  readonly Module: new (bytes: Uint8Array) => object
  readonly Instance: new (module: object, imports: object) => { readonly exports: unknown }
}

interface NodesExports {
  readonly memory: { readonly buffer: ArrayBuffer }
  readonly reserve: (capacity: number) => void
}

interface PlainExports {
  readonly cluster: (n: number, p: number, radius2: number, winnerTakesAll: number) => void
}

interface TiledExports {
  readonly cluster: (n: number, p: number, radius: number) => void
}

const { WebAssembly: api } = globalThis as unknown as { readonly WebAssembly: WebAssemblyApi }
const nodesModule = new api.Module(Buffer.from(nodesWasm, 'base64'))
const plainModule = new api.Module(Buffer.from(plainWasm, 'base64'))
const tilesModule = new api.Module(Buffer.from(tilesWasm, 'base64'))
const tiledModule = new api.Module(Buffer.from(tiledWasm, 'base64'))

/**
 * 'plain' looks at all pairs, in O(N²); 'tiled' at those in tiles beside each other, which pays for long lists
 * and small radii, and only adds four-momenta. Both give the same jets.
 */
export type Strategy = 'plain' | 'tiled'

/**
 * Clusters lists one at a time in WebAssembly; plain.wat and tiled.wat say how. It owns its memory, which
 * grows to the longest list seen and stays; so keep one and reuse it. Not to be shared between threads.
 */
export class ListClusterer {
  readonly #nodes: NodesExports
  readonly #plain: PlainExports
  readonly #tiled: TiledExports
  #capacity = 0
  #doubles = new Float64Array()
  #integers = new Int32Array()

  constructor() {
    const math = { log: Math.log, atan2: Math.atan2, pow: Math.pow }
    this.#nodes = new api.Instance(nodesModule, { math }).exports as NodesExports
    this.#plain = new api.Instance(plainModule, { nodes: this.#nodes }).exports as PlainExports
    const tiles = new api.Instance(tilesModule, { nodes: this.#nodes }).exports as object
    this.#tiled = new api.Instance(tiledModule, { nodes: this.#nodes, tiles }).exports as TiledExports
  }

  /**
   * Clusters the particles from `first` up to `end` of `p4` and writes their steps and nodes into `history`.
   */
  cluster(
    p4: Cartesian,
    first: number,
    end: number,
    definition: JetDefinition,
    strategy: Strategy,
    history: ClusterHistory,
  ): void {
    const n = end - first
    if (n > this.#capacity) this.#reserve(n)
    const c = this.#capacity
    const f = this.#doubles
    for (let i = 0, from = first; i < n; i++, from++) {
      f[i] = p4.px[from]
      f[2 * c + i] = p4.py[from]
      f[4 * c + i] = p4.pz[from]
      f[6 * c + i] = p4.e[from]
    }
    const { p, radius, recombination } = definition
    if (strategy === 'tiled') this.#tiled.cluster(n, p, radius)
    else this.#plain.cluster(n, p, radius * radius, recombination === 'WTA' ? 1 : 0)
    const { parent1, parent2, distance, nodes } = history
    const parents = this.#integers
    for (let s = 0, to = first, node = n, at = 2 * first + n; s < n; s++, to++, node++, at++) {
      parent1[to] = parents[26 * c + 2 * s]
      const second = parents[26 * c + 2 * s + 1]
      parent2[to] = second
      distance[to] = f[12 * c + s]
      if (second < 0) continue
      nodes.px[at] = f[node]
      nodes.py[at] = f[2 * c + node]
      nodes.pz[at] = f[4 * c + node]
      nodes.e[at] = f[6 * c + node]
      nodes.rapidity[at] = f[8 * c + node]
      nodes.phi[at] = f[10 * c + node]
    }
    for (let i = 0, at = 2 * first; i < n; i++, at++) {
      nodes.px[at] = f[i]
      nodes.py[at] = f[2 * c + i]
      nodes.pz[at] = f[4 * c + i]
      nodes.e[at] = f[6 * c + i]
      nodes.rapidity[at] = f[8 * c + i]
      nodes.phi[at] = f[10 * c + i]
    }
  }

  #reserve(n: number): void {
    const capacity = Math.max(128, 2 ** Math.ceil(Math.log2(n)))
    try {
      this.#nodes.reserve(capacity)
    } catch (cause) {
      throw new SpillwayError('KERNEL_INPUT', `A list of ${n} particles does not fit into memory.`, { cause })
    }
    this.#capacity = capacity
    this.#doubles = new Float64Array(this.#nodes.memory.buffer)
    this.#integers = new Int32Array(this.#nodes.memory.buffer)
  }
}
