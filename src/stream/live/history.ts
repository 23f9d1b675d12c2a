/** Points at equal steps of time, oldest first; `null` where a series had nothing to say. */
export interface Series {
  readonly stepSeconds: number
  /** Seconds since 1970. */
  readonly times: readonly number[]
  readonly values: Readonly<Record<string, readonly (number | null)[]>>
}

/** One point of every series: what was measured in one step. */
export type Point = Readonly<Record<string, number | null>>

/** Names come from chains and steps, which a pipeline bounds; this bounds them whatever it says. */
const MOST_SERIES = 256

/** The last `capacity` points of named series. Memory does not grow with time. */
export class History {
  readonly stepSeconds: number
  readonly #times: Float64Array
  readonly #series = new Map<string, Float64Array>()
  #count = 0

  constructor(stepSeconds: number, capacity: number) {
    this.stepSeconds = stepSeconds
    this.#times = new Float64Array(capacity)
  }

  /** Adds a point; a series that it does not name has none there. */
  add(time: number, point: Point): void {
    const at = this.#count++ % this.#times.length
    this.#times[at] = time
    for (const values of this.#series.values()) values[at] = Number.NaN
    for (const [name, value] of Object.entries(point)) {
      const values = this.#valuesOf(name)
      if (values !== undefined) values[at] = value ?? Number.NaN
    }
  }

  view(): Series {
    const values = [...this.#series].map(
      ([name, ring]) => [name, this.#ordered(ring).map(shortNumber)] as const,
    )
    return {
      stepSeconds: this.stepSeconds,
      times: this.#ordered(this.#times),
      values: Object.fromEntries(values),
    }
  }

  /** The newest values of a series, at most `most`, oldest first; none of a series that is not there. */
  last(name: string, most: number): readonly (number | null)[] {
    const ring = this.#series.get(name)
    if (ring === undefined) return []
    return Array.from({ length: Math.min(most, this.#count, ring.length) }, (_, back) => {
      const value = ring[(this.#count - 1 - back) % ring.length]
      return Number.isNaN(value) ? null : value
    }).reverse()
  }

  #valuesOf(name: string): Float64Array | undefined {
    const known = this.#series.get(name)
    if (known !== undefined || this.#series.size >= MOST_SERIES) return known
    const values = new Float64Array(this.#times.length).fill(Number.NaN)
    this.#series.set(name, values)
    return values
  }

  #ordered(ring: Float64Array): number[] {
    const length = this.#times.length
    if (this.#count <= length) return Array.from(ring.subarray(0, this.#count))
    const oldest = this.#count % length
    return [...ring.subarray(oldest), ...ring.subarray(0, oldest)]
  }
}

/** The mean of each series over several points, `null` where it has no value. */
export function meanOf(points: readonly Point[]): Point {
  const names = new Set(points.flatMap((point) => Object.keys(point)))
  const mean = (name: string): number | null => {
    const values = points.map((point) => point[name]).filter((value) => value != null)
    return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length
  }
  return Object.fromEntries([...names].map((name) => [name, mean(name)]))
}

/** Five digits, so that a long history is a short text; `null` for no number. */
export const shortNumber = (value: number): number | null =>
  Number.isFinite(value) ? Number(value.toPrecision(5)) : null
