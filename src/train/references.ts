import type { FeatureBuilder } from '../models/feature-builder.js'
import type { Manifest } from '../models/manifest.js'
import { widthOf } from './data/item-tensors.js'
import { inSplit, type ScoreTable } from './score-table.js'

type References = Manifest['references']

/** Bins of a histogram, those below and above its edges included; each holds as many entries as another. */
const BINS = 20
/** Entries of a tensor that are enough for the quantiles. */
const MOST = 40_000

/**
 * Collects what the inputs of a model look like on its training sample. Of many entries it keeps a thinning that does
 * not depend on how they come: when it is full it drops every other one and from then on takes half as many.
 */
export class InputSamples {
  readonly #builder: FeatureBuilder
  readonly #entries: Float32Array[][]
  readonly #steps: number[]
  readonly #seen: number[]

  constructor(builder: FeatureBuilder) {
    this.#builder = builder
    this.#entries = builder.tensors.map(() => [])
    this.#steps = builder.tensors.map(() => 1)
    this.#seen = builder.tensors.map(() => 0)
  }

  /** Adds the tensors of an item, unpadded. */
  add(tensors: readonly Float32Array[]): void {
    tensors.forEach((tensor, k) => {
      const width = widthOf(this.#builder.tensors[k])
      for (let at = 0; at < tensor.length; at += width) {
        if (this.#seen[k]++ % this.#steps[k] !== 0) continue
        this.#entries[k].push(tensor.slice(at, at + width))
        if (this.#entries[k].length < MOST) continue
        this.#entries[k] = this.#entries[k].filter((_, i) => i % 2 === 0)
        this.#steps[k] *= 2
      }
    })
  }

  /** `input.<tensor>.<k>` for the components of all tensors but masks, which only say what is padding. */
  references(): References {
    return Object.fromEntries(
      this.#builder.tensors.flatMap((spec, k) => {
        if (typeof spec.shape.at(-1) !== 'number') return []
        return Array.from({ length: widthOf(spec) }, (_, c) => {
          const values = Float64Array.from(this.#entries[k], (entry) => entry[c]).sort()
          return [`input.${spec.name}.${c}`, quantileHistogram(values)] as const
        }).filter((entry) => entry[1] !== undefined)
      }),
    ) as References
  }
}

/** `score.<column>` on the scored training items. */
export function scoreReferences(table: ScoreTable, columns: readonly string[]): References {
  const training = inSplit(table, 'train')
  const entries = columns.map((name) => {
    const values = training.column(`score.${name}`).toSorted()
    return [`score.${name}`, quantileHistogram(values)] as const
  })
  return Object.fromEntries(entries.filter((entry) => entry[1] !== undefined)) as References
}

/** Ascending values in bins between quantiles; undefined where they do not vary. */
function quantileHistogram(values: Float64Array): References[string] | undefined {
  if (values.length === 0 || values[0] === values[values.length - 1]) return undefined
  const at = (share: number): number => values[Math.round(share * (values.length - 1))]
  const quantiles = Array.from({ length: BINS - 1 }, (_, i) => at((i + 1) / BINS))
  const rising = quantiles.filter((edge, i) => i === 0 || edge > quantiles[i - 1])
  // Few different values, a one-hot component for instance: the middle between them parts them.
  const edges = rising.length > 1 ? rising : [values[0], (values[0] + values[values.length - 1]) / 2]
  const counts = new Array<number>(edges.length + 1).fill(0)
  let bin = 0
  for (const value of values) {
    while (bin < edges.length && value >= edges[bin]) bin++
    counts[bin]++
  }
  return { edges, counts }
}
