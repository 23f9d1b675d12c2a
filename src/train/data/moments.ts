import type { FeatureBuilder } from '../../models/feature-builder.js'
import type { Moments } from '../recipe.js'
import { widthOf } from './item-tensors.js'

/**
 * A spread this small beside the values is rounding: two angles that always differ by π differ by 3e-7 more or less.
 * Divided by it, the first event in which they really differ would be thousands of deviations away.
 */
const ROUNDING = 1e-5

/** Means and deviations of the components of each tensor, over all entries of all items added. */
export class MomentsOf {
  readonly #builder: FeatureBuilder
  readonly #sums: readonly {
    readonly shift: Float64Array
    readonly sum: Float64Array
    readonly square: Float64Array
    count: number
  }[]

  constructor(builder: FeatureBuilder) {
    this.#builder = builder
    this.#sums = builder.tensors.map((spec) => ({
      shift: new Float64Array(widthOf(spec)),
      sum: new Float64Array(widthOf(spec)),
      square: new Float64Array(widthOf(spec)),
      count: 0,
    }))
  }

  /** Adds the tensors of an item, unpadded. */
  add(tensors: readonly Float32Array[]): void {
    tensors.forEach((tensor, k) => {
      const total = this.#sums[k]
      const width = total.sum.length
      // Relative to the first entry, so that a small spread around a large mean keeps its digits.
      if (total.count === 0) total.shift.set(tensor.subarray(0, width))
      for (let at = 0; at < tensor.length; at += width) {
        for (let c = 0; c < width; c++) {
          const x = tensor[at + c] - total.shift[c]
          total.sum[c] += x
          total.square[c] += x * x
        }
        total.count++
      }
    })
  }

  /** By the names of the tensors; the deviation is 0 of what never varies, and both where nothing was added. */
  result(): Record<string, Moments> {
    return Object.fromEntries(
      this.#builder.tensors.map(({ name }, k) => {
        const { shift, sum, square, count } = this.#sums[k]
        const n = Math.max(1, count)
        const mean = Array.from(sum, (s, c) => shift[c] + s / n)
        const deviation = Array.from(square, (q, c) => {
          const spread = Math.sqrt(Math.max(0, q / n - (sum[c] / n) ** 2))
          return spread > ROUNDING * Math.max(1, Math.abs(mean[c])) ? spread : 0
        })
        return [name, { mean, deviation }]
      }),
    )
  }
}
