import { chiSquareOf } from '../../../report/chi-square.js'
import { binOf, type Histogram, histogram } from '../../../report/histogram.js'
import { total } from './templates.js'

/** A prediction beside its target, in bins. */
export interface Closure {
  /** Its variances, over its sums, are those of the ratio to the target: those of the target are in them. */
  readonly prediction: Histogram
  readonly target: Histogram
  /** χ² of the shapes, and what it is on average where they are the same: the rank of their covariance. */
  readonly chiSquare: number
  readonly freedom: number
}

/** Groups of like events that the variance of a template's shares is averaged over. */
const GROUPS = 20

/**
 * Mean of `squares` among the twentieth of the events that are next to an event in `along`. The shares of a template have far
 * tails: a bin in which none of the few large ones happens to be has too little in it, and by its own events too small an
 * error. What events of like weights vary by has no such bias.
 */
function averaged(squares: Float64Array, along: Float64Array): Float64Array {
  const order = Int32Array.from(along, (_, row) => row).sort((a, b) => along[a] - along[b])
  const means = new Float64Array(squares.length)
  for (let group = 0; group < GROUPS; group++) {
    const of = order.subarray(
      Math.floor((group * order.length) / GROUPS),
      Math.floor(((group + 1) * order.length) / GROUPS),
    )
    const mean = of.reduce((sum, row) => sum + squares[row], 0) / of.length
    for (const row of of) means[row] = mean
  }
  return means
}

/**
 * Shapes of two samples that may share events: the shares f = p/P and t/T of bins in the sums over all of them. Where they are the
 * same, an event moves their difference in bin b by ψ_b = d (1_b − f_b) to first order, d = x − y being the difference of its own
 * shares of P and T: of samples without common events the errors of both add up, of templates of one sample the common
 * fluctuations cancel. The covariance is Σ ψ ψᵀ: that an event moves every bin by changing P or T is in it.
 * With `along`, the weights that were found for instance, d² is the mean of events that are alike in it. The errors of ratios r of
 * single bins are Σ (x − r y)².
 */
export function closureOf(
  values: Float64Array,
  edges: readonly number[],
  prediction: Float64Array,
  target: Float64Array,
  along: Float64Array | null = null,
): Closure {
  const [p, t] = [prediction, target].map((weights) => histogram(values, weights, edges))
  const [wholeP, wholeT] = [p, t].map(({ sums }) => total(sums))
  const f = p.sums.map((sum) => sum / wholeP)
  const differences = f.map((share, bin) => share - t.sums[bin] / wholeT)
  const ratios = f.map((share, bin) => (t.sums[bin] === 0 ? 0 : (share * wholeT) / t.sums[bin]))
  const squares = prediction.map((x, row) => (x / wholeP - target[row] / wholeT) ** 2)
  const expected = along === null ? squares : averaged(squares, along)
  const [ofRatio, variances] = [new Float64Array(f.length), new Float64Array(f.length)]
  for (let row = 0; row < values.length; row++) {
    const bin = binOf(edges, values[row])
    if (bin < 0) continue
    ofRatio[bin] += (prediction[row] / wholeP - (ratios[bin] * target[row]) / wholeT) ** 2
    variances[bin] += expected[row]
  }
  const variance = total(variances)
  const covariance = Array.from(f, (_, a) =>
    f.map(
      (share, b) =>
        (a === b ? variances[a] : 0) - variances[a] * share - f[a] * variances[b] + variance * f[a] * share,
    ),
  )
  return {
    prediction: { ...p, variances: ofRatio.map((sum) => sum * wholeP ** 2) },
    target: { ...t, variances: new Float64Array(t.sums.length) },
    ...chiSquareOf(differences, covariance),
  }
}
