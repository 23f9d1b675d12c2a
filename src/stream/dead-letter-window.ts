/** Counts dead letters in a sliding window of time, in a few buckets. */
export class DeadLetterWindow {
  readonly #limit: number
  readonly #bucketMs: number
  readonly #buckets = new Map<number, number>()

  constructor(limit: number, windowSeconds: number) {
    this.#limit = limit
    this.#bucketMs = (windowSeconds * 1e3) / BUCKETS
  }

  /** Adds letters; true when there are now more in the window than allowed. */
  add(count: number, now: number = Date.now()): boolean {
    if (count === 0) return false
    const bucket = Math.floor(now / this.#bucketMs)
    this.#buckets.set(bucket, (this.#buckets.get(bucket) ?? 0) + count)
    let sum = 0
    for (const [key, value] of this.#buckets) {
      if (key <= bucket - BUCKETS) this.#buckets.delete(key)
      else sum += value
    }
    return sum > this.#limit
  }
}

const BUCKETS = 12
