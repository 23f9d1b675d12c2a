import { type Drift, type DriftFeature, driftOf } from '../../models/drift.js'

const SLICES = 10

/** Counts of the recent past, in slices that fall out of the window as time goes on. */
export class DriftWindow {
  readonly #features: readonly DriftFeature[]
  readonly #size: number
  readonly #sliceMs: number
  #slices: { readonly since: number; readonly counts: Float64Array }[] = []

  /** @param windowMs Infinity for everything since the beginning. */
  constructor(features: readonly DriftFeature[], size: number, windowMs: number) {
    this.#features = features
    this.#size = size
    this.#sliceMs = windowMs / SLICES
  }

  add(counts: Uint32Array, now: number): void {
    if (counts.length !== this.#size) return
    let slice = this.#slices.at(-1)
    if (slice === undefined || now - slice.since >= this.#sliceMs) {
      slice = { since: now, counts: new Float64Array(this.#size) }
      this.#slices = [...this.#slices, slice].slice(-SLICES)
    }
    for (let i = 0; i < counts.length; i++) slice.counts[i] += counts[i]
  }

  drift(now: number): Drift[] {
    return driftOf(this.#features, this.#sum(now))
  }

  /** Each reference with its comparison. */
  compared(now: number): (DriftFeature & { readonly drift: Drift })[] {
    const drift = this.drift(now)
    return this.#features.map((feature, i) => ({ ...feature, drift: drift[i] }))
  }

  #sum(now: number): Float64Array {
    const sum = new Float64Array(this.#size)
    for (const { since, counts } of this.#slices) {
      if (now - since > this.#sliceMs * SLICES) continue
      for (let i = 0; i < sum.length; i++) sum[i] += counts[i]
    }
    return sum
  }
}
