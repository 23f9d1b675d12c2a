import { SpillwayError } from '../../errors.js'
import type { DataConfig } from '../config.js'
import type { Labels } from '../recipe.js'

/** Turns the event weight of an item into the weight it is trained with. */
export type Weighting = (labels: Labels, item: number) => number

/** Sums of event weights by class and by bin of the quantity that is to be flat. */
export class WeightSums {
  readonly #flatten: DataConfig['flatten']
  readonly #balance: boolean
  readonly #bins: number
  readonly #sums: Float64Array
  #items = 0

  constructor({ flatten, balance }: Pick<DataConfig, 'flatten' | 'balance'>, classes: number) {
    this.#flatten = flatten
    this.#balance = balance
    this.#bins = flatten === null ? 1 : flatten.edges.length - 1
    this.#sums = new Float64Array(classes * this.#bins)
  }

  add(labels: Labels, item: number): void {
    this.#sums[this.#cell(labels, item)] += labels.weights[item]
    this.#items++
  }

  /** Sum of the event weights of each class. */
  ofClasses(): number[] {
    return Array.from({ length: this.#sums.length / this.#bins }, (_, c) =>
      this.#sums.subarray(c * this.#bins, (c + 1) * this.#bins).reduce((a, b) => a + b, 0),
    )
  }

  /**
   * Scales weights so that, summed over the sample, every bin of a class weighs the same (`flatten`), every class too
   * (`balance`), and the mean weight is 1. Signs stay: what cancels in the sample goes on to cancel.
   * @throws SpillwayError CONFIG_INVALID when a bin's negative weights outweigh its positive ones.
   */
  weighting(): Weighting {
    const classes = this.ofClasses()
    const total = classes.reduce((a, b) => a + b, 0)
    const filled = classes.filter((sum) => sum !== 0).length
    const factors = this.#sums.map((sum, cell) => {
      if (sum === 0) return 0
      if (sum < 0) throw negative(cell, this.#bins)
      const c = Math.floor(cell / this.#bins)
      const wanted = this.#balance ? this.#items / filled : (classes[c] * this.#items) / total
      return this.#flatten === null ? wanted / classes[c] : wanted / this.#filledBins(c) / sum
    })
    return (labels, item) => labels.weights[item] * factors[this.#cell(labels, item)]
  }

  #filledBins(c: number): number {
    return this.#sums.subarray(c * this.#bins, (c + 1) * this.#bins).filter((sum) => sum !== 0).length
  }

  #cell(labels: Labels, item: number): number {
    const first = labels.classes[item] * this.#bins
    if (this.#flatten === null) return first
    const { by, edges } = this.#flatten
    const along = labels.extras[by]
    if (along === undefined) {
      throw new SpillwayError('CONFIG_INVALID', `data.flatten.by: the recipe has no quantity ${by}`, {
        place: 'data.flatten.by',
        remedy: `Take one of ${Object.keys(labels.extras).join(', ')}.`,
      })
    }
    const value = along[item]
    let bin = 0
    while (bin + 1 < this.#bins && value >= edges[bin + 1]) bin++
    return first + bin
  }
}

const negative = (cell: number, bins: number): SpillwayError =>
  new SpillwayError(
    'CONFIG_INVALID',
    `the weights of class ${Math.floor(cell / bins)}, bin ${cell % bins}, add up to less than nothing`,
    { place: 'data.flatten', remedy: 'Take wider bins, or no flattening.' },
  )
