import type { Events } from '../../ingest/columns.js'
import type { StepReferences } from '../control/view.js'
import { sharesIn } from './reference.js'

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
  /** The training sample; `null` where the manifest tells nothing of it. */
  readonly reference: ScoreReference | null
}

export interface ScoreReference {
  /** Shares of the training sample in the same bins. */
  readonly shares: readonly number[]
  /** Values that `psi` and `ks` rest on: of a window of time, and of the live model alone. */
  readonly count: number
  readonly psi: number
  readonly ks: number
}

type Feature = StepReferences['features'][number]

const MOST_COLUMNS = 24
/** Values remembered of a column, and taken from one message. */
const REMEMBERED = 8_192
const OF_ONE_MESSAGE = 512
const BINS = 40
const SCORE = 'score.'
const NO_EDGES = new Float64Array(0)

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

  /** Forgets the values of a step: another model scores now. */
  forget(step: string): void {
    for (const [path, ring] of this.#rings) if (path.startsWith(`${step}.`)) ring.count = 0
  }

  view(references: readonly StepReferences[]): ScoreHistogram[] {
    return [...this.#rings]
      .filter(([, { count }]) => count > 0)
      .map(([column, { values, count }]) =>
        histogramOf(
          column,
          values.slice(0, Math.min(count, REMEMBERED)).sort(),
          featureOf(column, references),
        ),
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

function featureOf(column: string, references: readonly StepReferences[]): Feature | null {
  for (const { step, features } of references) {
    const found = features.find(
      ({ name }) => name.startsWith(SCORE) && `${step}.${name.slice(SCORE.length)}` === column,
    )
    if (found !== undefined) return found
  }
  return null
}

function histogramOf(column: string, sorted: Float32Array, feature: Feature | null): ScoreHistogram {
  const [low, high] = rangeOf(sorted, feature?.edges ?? NO_EDGES)
  const counts = new Array<number>(BINS).fill(0)
  let outside = 0
  for (const value of sorted) {
    const bin = Math.floor(((value - low) / (high - low)) * BINS)
    if (value < low || value > high) outside++
    counts[Math.min(BINS - 1, Math.max(0, bin))]++
  }
  const reference = feature === null ? null : referenceOf(feature, low, high)
  return { column, low, high, counts, sampled: sorted.length, outside, reference }
}

function referenceOf({ edges, expected, drift }: Feature, low: number, high: number): ScoreReference {
  const { count, psi, ks } = drift
  return { shares: sharesIn(edges, expected, low, high, BINS), count, psi: short(psi), ks: short(ks) }
}

const short = (value: number): number => Number(value.toPrecision(4))

/**
 * 0 to 1 for what looks like a probability, else where all but the outermost values and the edges of the reference lie,
 * rounded outwards.
 */
function rangeOf(sorted: Float32Array, edges: Float64Array): readonly [number, number] {
  const last = sorted.length - 1
  const [first, end] = [edges[0] ?? Number.POSITIVE_INFINITY, edges.at(-1) ?? Number.NEGATIVE_INFINITY]
  if (Math.min(sorted[0], first) >= 0 && Math.max(sorted[last], end) <= 1) return [0, 1]
  const low = Math.min(sorted[Math.floor(0.002 * last)], first)
  const high = Math.max(sorted[Math.ceil(0.998 * last)], end)
  const width = high > low ? high - low : Math.max(Math.abs(high), 1)
  // A quarter of a power of two: the range stays as it is while the sample moves a little.
  const grain = 2 ** Math.ceil(Math.log2(width)) / 4
  const from = Math.floor(low / grain) * grain
  const to = Math.ceil(high / grain) * grain
  return [from, to > from ? to : from + grain]
}
