import type { Arrays } from '../trace/index.js'

/** Weighted means of named scalars over batches, in the order given. */
export class RunningMean {
  readonly #sums: Map<string, number>
  #weight: number

  constructor(from: MeanState = { sums: {}, weight: 0 }) {
    this.#sums = new Map(Object.entries(from.sums))
    this.#weight = from.weight
  }

  /** Adds the results that are one number. */
  add(results: Arrays, weight: number): void {
    for (const [name, values] of Object.entries(results)) {
      if (values.length !== 1) continue
      this.#sums.set(name, (this.#sums.get(name) ?? 0) + weight * values[0])
    }
    this.#weight += weight
  }

  /** NaN for every name when nothing was added. */
  means(): Record<string, number> {
    return Object.fromEntries([...this.#sums].map(([name, sum]) => [name, sum / this.#weight]))
  }

  /** What is needed to go on adding after a restart. */
  state(): MeanState {
    return { sums: Object.fromEntries(this.#sums), weight: this.#weight }
  }
}

export interface MeanState {
  readonly sums: Readonly<Record<string, number>>
  readonly weight: number
}
