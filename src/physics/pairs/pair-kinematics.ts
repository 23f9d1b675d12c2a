import { type Column, commonLength, type PtEtaPhiM } from '../columns.js'
import { anglesWasm } from './angles.wasm.js'
import { gatherWasm } from './gather.wasm.js'
import { pairsWasm } from './pairs.wasm.js'

/** What is known of pairs of leptons, one entry a pair. */
export interface PairFeatures {
  /** Invariant mass, GeV; −√(−m²) where m² is negative. */
  readonly mass: Float64Array
  /** Transverse momentum of the pair, GeV. */
  readonly pt: Float64Array
  readonly rapidity: Float64Array
  /** φ of the first minus that of the second, in [−π, π]. */
  readonly deltaPhi: Float64Array
  readonly deltaR: Float64Array
  /**
   * Angles of the first lepton in the Collins–Soper frame, turned along the pair: see `collinsSoper`. A pair without
   * transverse momentum leaves x open: that of the first lepton is taken.
   */
  readonly cosThetaCs: Float64Array
  readonly phiCs: Float64Array
  /** cos θ of the first lepton in the helicity frame of the pair: see `helicityCosines`. */
  readonly cosThetaHelicity: Float64Array
}

/** The part of WebAssembly used here; the ES libraries of TypeScript do not describe it. */
interface WebAssemblyApi {
  readonly Module: new (bytes: Uint8Array) => object
  readonly Instance: new (module: object, imports: object) => { readonly exports: unknown }
}

interface PairsExports {
  readonly memory: { readonly buffer: ArrayBuffer }
  /** Gives 1 when some lepton is beyond the polynomial. */
  readonly longitudinal: (begin: number, end: number) => number
  readonly transverse: (end: number) => void
  readonly features: (end: number) => void
}

interface AnglesExports {
  readonly angles: (end: number) => void
}

interface GatherExports {
  readonly range: (count: number) => void
  readonly doubles: (end: number, least: number) => void
  readonly floats: (end: number, least: number) => void
}

const { WebAssembly: api } = globalThis as unknown as { readonly WebAssembly: WebAssemblyApi }
const pairsModule = new api.Module(Buffer.from(pairsWasm, 'base64'))
const gatherModule = new api.Module(Buffer.from(gatherWasm, 'base64'))
const anglesModule = new api.Module(Buffer.from(anglesWasm, 'base64'))

/** What the columns hold. */
type Kind = 'doubles' | 'floats' | 'mixed'

/** Pairs of one block, and places in its memory, in elements: see pairs.wat and gather.wat. */
const BLOCK = 256
const COLUMN = 2 * BLOCK
const RESULTS = 8 * COLUMN
const RANGE = 14_334
const INDEX = 14_336
const WINDOW = 1024
const WINDOWS = 8192
/** Beyond this the polynomial of pairs.wat is not used: it would lose digits. */
const MAX_ETA = 8

/**
 * Eight features of pairs of leptons in one go, in WebAssembly, several times as fast as function after
 * function over columns: the same formulas as `masses`, `rapidities`, `deltaPhis`, `deltaRs`, `collinsSoper`
 * and `helicityCosines`, in double precision; within 1e-12 of them where the formulas are well conditioned.
 * It owns 128 kB of memory: keep one a thread.
 */
export class PairKinematics {
  readonly #pairs: PairsExports
  readonly #angles: AnglesExports
  readonly #gather: GatherExports
  readonly #memory: Float64Array
  readonly #floats: Float32Array
  readonly #integers: Int32Array
  /** Where the results of a block lie. */
  readonly #results: readonly Float64Array[]

  constructor() {
    this.#pairs = new api.Instance(pairsModule, {}).exports as PairsExports
    this.#angles = new api.Instance(anglesModule, { pairs: this.#pairs }).exports as AnglesExports
    this.#gather = new api.Instance(gatherModule, { pairs: this.#pairs }).exports as GatherExports
    this.#memory = new Float64Array(this.#pairs.memory.buffer)
    this.#floats = new Float32Array(this.#pairs.memory.buffer)
    this.#integers = new Int32Array(this.#pairs.memory.buffer)
    this.#results = Array.from({ length: 8 }, (_, k) =>
      this.#memory.subarray(RESULTS + k * BLOCK, RESULTS + (k + 1) * BLOCK),
    )
  }

  /**
   * The features of the pairs (`first[i]`, `second[i]`), indices into the columns of `leptons`. An index that
   * is not one of a lepton (−1: "none", as `leading` gives) and what is not a number make the features NaN
   * that depend on it. Rapidity and the angles need a pair with mass or transverse momentum, else NaN.
   * @param into features of as many pairs, to be written over: who computes batch after batch spares the memory
   * @throws SpillwayError KERNEL_INPUT when lengths differ.
   */
  compute(
    leptons: PtEtaPhiM,
    first: Int32Array,
    second: Int32Array,
    into: PairFeatures = pairFeatures(first.length),
  ): PairFeatures {
    const { pt, eta, phi, mass } = leptons
    commonLength('pairKinematics', { pt, eta, phi, mass })
    const pairs = commonLength('pairKinematics', { first, second })
    const columns = [pt, eta, phi, mass]
    const doubles = columns.every((column) => column instanceof Float64Array)
    const floats = columns.every((column) => column instanceof Float32Array)
    const kind = doubles ? 'doubles' : floats ? 'floats' : 'mixed'
    commonLength('pairKinematics', { pairs: first, ...into })
    const { deltaPhi, deltaR, cosThetaCs, phiCs, cosThetaHelicity } = into
    const results = [into.mass, into.pt, into.rapidity, deltaPhi, deltaR, cosThetaCs, phiCs, cosThetaHelicity]
    for (let begin = 0; begin < pairs; begin += BLOCK) {
      const count = Math.min(BLOCK, pairs - begin)
      const end = 8 * count
      this.#load(columns, kind, first.subarray(begin, begin + count), second.subarray(begin, begin + count))
      if (this.#pairs.longitudinal(0, end) === 1) this.#repair(0, count)
      if (this.#pairs.longitudinal(8 * BLOCK, 8 * BLOCK + end) === 1) this.#repair(BLOCK, BLOCK + count)
      this.#pairs.transverse(end)
      this.#pairs.features(end)
      this.#angles.angles(end)
      for (let k = 0; k < 8; k++) {
        const result = this.#results[k]
        results[k].set(count === BLOCK ? result : result.subarray(0, count), begin)
      }
    }
    return into
  }

  /** Brings the leptons of one block into memory. */
  #load(columns: readonly Column[], kind: Kind, first: Int32Array, second: Int32Array): void {
    const count = first.length
    const at = this.#integers
    at.set(first, INDEX)
    at.set(second, INDEX + BLOCK)
    // Instructions do two pairs: an odd last one gets a neighbour that is surely there.
    if (count % 2 === 1) {
      at[INDEX + count] = first[0]
      at[INDEX + BLOCK + count] = first[0]
    }
    this.#gather.range(count)
    const least = at[RANGE]
    const most = at[RANGE + 1]
    const near = least >= 0 && most >= least && most < columns[0].length && most - least < WINDOW
    if (near && kind === 'doubles') {
      this.#fill(columns, this.#memory, WINDOW, least, most)
      this.#gather.doubles(8 * count, least)
    } else if (near && kind === 'floats') {
      this.#fill(columns, this.#floats, 2 * WINDOW, least, most)
      this.#gather.floats(8 * count, least)
    } else {
      columns.forEach((column, k) => {
        pick(column, first, this.#memory, k * COLUMN)
        pick(column, second, this.#memory, k * COLUMN + BLOCK)
      })
    }
  }

  #fill(columns: readonly Column[], to: Column, stride: number, least: number, most: number): void {
    const start = WINDOWS * (stride / WINDOW)
    for (let k = 0; k < 4; k++) to.set(columns[k].subarray(least, most + 1), start + k * stride)
  }

  /** Does the leptons again that the polynomial cannot do. */
  #repair(begin: number, end: number): void {
    const f = this.#memory
    for (let at = begin; at < end; at++) {
      const eta = f[COLUMN + at]
      if (Math.abs(eta) < MAX_ETA) continue
      const pt = f[at]
      const m = f[3 * COLUMN + at]
      const pz = pt * Math.sinh(eta)
      f[6 * COLUMN + at] = pz
      f[7 * COLUMN + at] = Math.sqrt(Math.max(0, pt * pt + pz * pz + m * Math.abs(m)))
    }
  }
}

/** Features of `pairs` pairs, all 0: memory for `PairKinematics.compute`. */
export const pairFeatures = (pairs: number): PairFeatures => ({
  mass: new Float64Array(pairs),
  pt: new Float64Array(pairs),
  rapidity: new Float64Array(pairs),
  deltaPhi: new Float64Array(pairs),
  deltaR: new Float64Array(pairs),
  cosThetaCs: new Float64Array(pairs),
  phiCs: new Float64Array(pairs),
  cosThetaHelicity: new Float64Array(pairs),
})

/** The values at any indices, NaN for indices of none. */
function pick(column: Column, index: Int32Array, out: Float64Array, at: number): void {
  for (let k = 0; k < index.length; k++) {
    const i = index[k]
    out[at + k] = i >= 0 && i < column.length ? column[i] : Number.NaN
  }
}
