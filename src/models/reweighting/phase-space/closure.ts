import { binOf, type Histogram, histogram } from '../../../report/histogram.js'
import { total } from './templates.js'

/** A prediction beside its target, in bins. */
export interface Closure {
  /** Its variances, over its sums, are those of the ratio to the target: those of the target are in them. */
  readonly prediction: Histogram
  readonly target: Histogram
  /** χ² of the shapes over the bins that have an error, and their number less one. */
  readonly chiSquare: number
  readonly freedom: number
}

/**
 * Shapes of two samples that may share events. The errors are of differences event by event, Σ (p/P − t/T)² and, for the
 * ratio r, Σ (p/P − r t/T)²: for samples without common events the sum of both variances, for templates of one
 * sample what is left when their common fluctuations cancel.
 */
export function closureOf(
  values: Float64Array,
  edges: readonly number[],
  prediction: Float64Array,
  target: Float64Array,
): Closure {
  const [p, t] = [prediction, target].map((weights) => histogram(values, weights, edges))
  const [wholeP, wholeT] = [p, t].map(({ sums }) => total(sums))
  const ratios = p.sums.map((sum, bin) => (t.sums[bin] === 0 ? 0 : (sum * wholeT) / (wholeP * t.sums[bin])))
  const [ofRatio, ofDifference] = [p, t].map(({ sums }) => new Float64Array(sums.length))
  for (let row = 0; row < values.length; row++) {
    const bin = binOf(edges, values[row])
    if (bin < 0) continue
    const [x, y] = [prediction[row] / wholeP, target[row] / wholeT]
    ofDifference[bin] += (x - y) ** 2
    ofRatio[bin] += (x - ratios[bin] * y) ** 2
  }
  const filled = Array.from(ofDifference.keys()).filter((bin) => ofDifference[bin] > 0)
  return {
    prediction: { ...p, variances: ofRatio.map((variance) => variance * wholeP ** 2) },
    target: { ...t, variances: new Float64Array(t.sums.length) },
    chiSquare: filled.reduce(
      (sum, bin) => sum + (p.sums[bin] / wholeP - t.sums[bin] / wholeT) ** 2 / ofDifference[bin],
      0,
    ),
    freedom: filled.length - 1,
  }
}
