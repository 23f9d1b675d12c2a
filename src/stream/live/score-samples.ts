import type { Events } from '../../ingest/columns.js'

/** Recent values of one score column in equal bins. */
export interface ScoreHistogram {
  /** `<step>.<column>` */
  readonly column: string
  /** Lower edge of the first bin and upper edge of the last. */
  readonly low: number
  readonly high: number
  readonly counts: readonly number[]
  /** Values shown, and how many of them lie below or above the range (counted in the outermost bins). */
  readonly sampled: number
  readonly outside: number
}

const MOST_COLUMNS = 24
/** Values remembered of a column, and taken from one message. */
const REMEMBERED = 8_192
const OF_ONE_MESSAGE = 512
const BINS = 40

interface Ring {
  readonly values: Float32Array
  count: number
}

/** Samples of score columns: the last values of messages that were looked at, evenly spaced within each. */
export class ScoreSamples {
  readonly #rings = new Map<string, Ring>()
  readonly #steps: readonly string[]

  /** @param steps Names of the steps whose columns are scores. */
  constructor(steps: readonly string[]) {
    this.#steps = steps
  }

  add(scores: Events): void {
    for (const { path, type } of scores.schema.columns) {
      const isScore = type === 'float32' && this.#steps.some((step) => path.startsWith(`${step}.`))
      const ring = isScore ? this.#ringOf(path) : undefined
      if (ring === undefined) continue
      const { values, valid } = scores.column(path)
      const stride = Math.max(1, Math.ceil(values.length / OF_ONE_MESSAGE))
      for (let i = 0; i < values.length; i += stride) {
        const value = Number(values[i])
        if ((valid !== null && valid[i] === 0) || !Number.isFinite(value)) continue
        ring.values[ring.count++ % REMEMBERED] = value
      }
    }
  }

  view(): ScoreHistogram[] {
    return [...this.#rings]
      .filter(([, { count }]) => count > 0)
      .map(([column, { values, count }]) =>
        histogramOf(column, values.slice(0, Math.min(count, REMEMBERED)).sort()),
      )
  }

  #ringOf(path: string): Ring | undefined {
    const known = this.#rings.get(path)
    if (known !== undefined || this.#rings.size >= MOST_COLUMNS) return known
    const ring = { values: new Float32Array(REMEMBERED), count: 0 }
    this.#rings.set(path, ring)
    return ring
  }
}

function histogramOf(column: string, sorted: Float32Array): ScoreHistogram {
  const [low, high] = rangeOf(sorted)
  const counts = new Array<number>(BINS).fill(0)
  let outside = 0
  for (const value of sorted) {
    const bin = Math.floor(((value - low) / (high - low)) * BINS)
    if (value < low || value > high) outside++
    counts[Math.min(BINS - 1, Math.max(0, bin))]++
  }
  return { column, low, high, counts, sampled: sorted.length, outside }
}

/** 0 to 1 for what looks like a probability, else where all but the outermost values lie, rounded outwards. */
function rangeOf(sorted: Float32Array): readonly [number, number] {
  const last = sorted.length - 1
  if (sorted[0] >= 0 && sorted[last] <= 1) return [0, 1]
  const low = sorted[Math.floor(0.002 * last)]
  const high = sorted[Math.ceil(0.998 * last)]
  const width = high > low ? high - low : Math.max(Math.abs(high), 1)
  // A quarter of a power of two: the range stays as it is while the sample moves a little.
  const grain = 2 ** Math.ceil(Math.log2(width)) / 4
  const from = Math.floor(low / grain) * grain
  const to = Math.ceil(high / grain) * grain
  return [from, to > from ? to : from + grain]
}
