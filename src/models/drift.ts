import { SpillwayError } from '../errors.js'
import type { Chunk, Part } from './batching.js'
import type { FeatureBuilder } from './feature-builder.js'
import type { Manifest } from './manifest.js'

/** Where one reference histogram's counts stand in a flat array: below, the bins, above. */
export interface DriftFeature {
  /** As in the manifest: `input.<tensor>.<k>` or `score.<column>`. */
  readonly name: string
  readonly edges: Float64Array
  /** Shares of the training sample: below, the bins, above. */
  readonly expected: Float64Array
  readonly offset: number
}

interface Source extends DriftFeature {
  /** Index of a tensor and component in it, or of a score column. */
  readonly tensor: number
  readonly component: number
  readonly column: number
}

const NAME = /^(?:input\.(.+)\.(\d+)|score\.(.+))$/

/**
 * The reference histograms of a manifest that can be followed; names that begin otherwise are nobody's.
 * @throws SpillwayError MODEL_INVALID for an input or score that the model does not have.
 */
export function driftFeatures(
  { references, outputs, name: model }: Manifest,
  builder: FeatureBuilder,
): readonly Source[] {
  const columns = outputs.flatMap((output) => output.columns).filter((column) => column !== null)
  let offset = 0
  return Object.entries(references).flatMap(([name, { edges, counts }]): Source[] => {
    const parts = NAME.exec(name)
    if (parts === null) return []
    const tensor = builder.tensors.findIndex((one) => one.name === parts[1])
    const component = Number(parts[2] ?? 0)
    const column = columns.indexOf(parts[3])
    if (column < 0 && (tensor < 0 || component >= widthOf(builder, tensor))) {
      throw new SpillwayError('MODEL_INVALID', `references: ${model} has no ${name}`, { place: model })
    }
    const whole = counts.length === edges.length + 1 ? counts : [0, ...counts, 0]
    const total = whole.reduce((sum, count) => sum + count, 0)
    const feature = {
      name,
      edges: Float64Array.from(edges),
      expected: Float64Array.from(whole, (count) => (total === 0 ? 0 : count / total)),
      offset,
      tensor,
      component,
      column,
    }
    offset += edges.length + 1
    return [feature]
  })
}

/** Components of one entry: the static dimensions. */
const widthOf = ({ tensors }: FeatureBuilder, tensor: number): number =>
  tensors[tensor].shape.reduce<number>((product, dim) => product * (typeof dim === 'number' ? dim : 1), 1)

/** How many counts a model's features take. */
export const countsOf = (features: readonly DriftFeature[]): number =>
  features.reduce((sum, { edges }) => sum + edges.length + 1, 0)

/** Which bin of `below, bins…, above` a value is in. */
export function binOf(edges: Float64Array, value: number): number {
  let low = 0
  let high = edges.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (value < edges[middle]) high = middle
    else low = middle + 1
  }
  return low
}

/** How often counts are handed over [ms]. */
const HAND_OVER_MS = 1_000

/**
 * Counts what a model sees and gives, in the bins of its references. One item in `every` is looked at, with all its
 * real entries, so that it costs little; items are taken in the order of calls.
 */
export class DriftSampler {
  readonly #features: readonly Source[]
  readonly #every: number
  #counts: Uint32Array
  #next = 0
  #handed = performance.now()

  constructor(features: readonly Source[], every: number) {
    this.#features = features
    this.#every = every
    this.#counts = new Uint32Array(countsOf(features))
  }

  /** @param scores Score columns of each part. */
  sample(
    { part, item, count, slots, length }: Chunk,
    parts: readonly Part[],
    tensors: readonly Float32Array[],
    builder: FeatureBuilder,
    scores: readonly { readonly columns: readonly Float32Array[] }[],
  ): void {
    let slot = this.#next
    for (; slot < count; slot += this.#every) {
      const real = parts[part[slot]].features.lengths?.[item[slot]] ?? 1
      for (const { tensor, component, column, edges, offset } of this.#features) {
        if (column >= 0) {
          const value = scores[part[slot]].columns[column][item[slot]]
          if (!Number.isNaN(value)) this.#counts[offset + binOf(edges, value)]++
          continue
        }
        const { shape } = builder.tensors[tensor]
        const values = tensors[tensor]
        const width = values.length / slots
        const ragged = shape.indexOf('t')
        // [n, F], [n, t, F] or [n, F, t]: where entry 0 of the component is, and how far the next.
        const stride = ragged === 1 ? width / length : 1
        const start = slot * width + (ragged === 2 ? component * length : component)
        const entries = ragged < 0 ? 1 : Math.min(real, length)
        for (let j = 0; j < entries; j++) {
          const value = values[start + j * stride]
          if (!Number.isNaN(value)) this.#counts[offset + binOf(edges, value)]++
        }
      }
    }
    this.#next = slot - count
  }

  /** The counts since the last time; `null` when that was a moment ago. */
  take(): Uint32Array | null {
    const now = performance.now()
    if (now - this.#handed < HAND_OVER_MS) return null
    this.#handed = now
    const taken = this.#counts
    this.#counts = new Uint32Array(taken.length)
    return taken
  }
}

/** How far a distribution is from the training sample's. */
export interface Drift {
  readonly name: string
  /** Values counted. */
  readonly count: number
  /** Population stability index: Σ (p − q) ln(p / q) over the bins, with half a count added to each. */
  readonly psi: number
  /** Kolmogorov-Smirnov distance at the edges: max |P − Q|. */
  readonly ks: number
}

/** Compares counts with the references. PSI of a sample of n from the same distribution is about (bins − 1) / n. */
export function driftOf(features: readonly DriftFeature[], counts: ArrayLike<number>): Drift[] {
  return features.map(({ name, edges, expected, offset }) => {
    const bins = edges.length + 1
    let count = 0
    for (let i = 0; i < bins; i++) count += counts[offset + i]
    let psi = 0
    let ks = 0
    let difference = 0
    for (let i = 0; i < bins; i++) {
      // Bins that are empty in both say nothing.
      if (counts[offset + i] === 0 && expected[i] === 0) continue
      const p = (counts[offset + i] + 0.5) / (count + 0.5 * bins)
      const q = (expected[i] * count + 0.5) / (count + 0.5 * bins)
      psi += (p - q) * Math.log(p / q)
      difference += count === 0 ? 0 : counts[offset + i] / count - expected[i]
      ks = Math.max(ks, Math.abs(difference))
    }
    return { name, count, psi, ks }
  })
}
