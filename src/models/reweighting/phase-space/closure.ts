import { chiSquareOf } from '../../../report/chi-square.js'
import { binOf, type Histogram, histogram } from '../../../report/histogram.js'
import { total } from './templates.js'

/** A prediction beside its target, in bins. */
export interface Closure {
  /** Its variances, over its sums, are those of the ratio to the target: those of the target are in them. */
  readonly prediction: Histogram
  readonly target: Histogram
  /** χ² of the shapes and what it is expected to be where they are the same, the rank of their covariance. */
  readonly chiSquare: number
  readonly freedom: number
}

/**
 * Shapes of two samples that may share events: the shares of bins f = p/P and g = t/T (sums of a bin over those of all bins). To
 * first order an event moves f − g in bin b by ψ_b = x (1_b − f_b) − y (1_b − g_b), where x and y are its own shares of P and T
 * and 1_b is 1 in its bin, and Σ ψ ψᵀ over the events is the covariance of the differences. Samples without common events
 * add up in it; of templates of one sample the common fluctuations cancel. That an event of a large weight moves every bin by
 * changing P is in it too. The errors of the ratio r of a bin are Σ (x − r y)², without that.
 */
export function closureOf(
  values: Float64Array,
  edges: readonly number[],
  prediction: Float64Array,
  target: Float64Array,
): Closure {
  const [p, t] = [prediction, target].map((weights) => histogram(values, weights, edges))
  const [wholeP, wholeT] = [p, t].map(({ sums }) => total(sums))
  const [f, g] = [p.sums.map((sum) => sum / wholeP), t.sums.map((sum) => sum / wholeT)]
  const ratios = f.map((share, bin) => (g[bin] === 0 ? 0 : share / g[bin]))
  const [ofRatio, ofDifference, withX, withY] = [0, 0, 0, 0].map(() => new Float64Array(f.length))
  let [xx, xy, yy] = [0, 0, 0]
  for (let row = 0; row < values.length; row++) {
    const bin = binOf(edges, values[row])
    if (bin < 0) continue
    const [x, y] = [prediction[row] / wholeP, target[row] / wholeT]
    ofRatio[bin] += (x - ratios[bin] * y) ** 2
    ofDifference[bin] += (x - y) ** 2
    withX[bin] += (x - y) * x
    withY[bin] += (x - y) * y
    xx += x * x
    xy += x * y
    yy += y * y
  }
  // Σ ψ ψᵀ, multiplied out: (x − y) 1_b − (x f_b − y g_b) in two bins.
  const covariance = Array.from(f, (_, a) =>
    Float64Array.from(
      f,
      (_, b) =>
        (a === b ? ofDifference[a] : 0) -
        (withX[a] * f[b] + withX[b] * f[a]) +
        (withY[a] * g[b] + withY[b] * g[a]) +
        xx * f[a] * f[b] -
        xy * (f[a] * g[b] + g[a] * f[b]) +
        yy * g[a] * g[b],
    ),
  )
  return {
    prediction: { ...p, variances: ofRatio.map((variance) => variance * wholeP ** 2) },
    target: { ...t, variances: new Float64Array(t.sums.length) },
    ...chiSquareOf(
      f.map((share, bin) => share - g[bin]),
      covariance,
    ),
  }
}
