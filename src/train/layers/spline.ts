import { withoutGradient } from '../trace/index.js'
import {
  add,
  cast,
  clipByValue,
  concat,
  cumsum,
  div,
  expandDims,
  greaterEqual,
  less,
  log,
  logicalAnd,
  minimum,
  mul,
  oneHot,
  ones,
  pad,
  reshape,
  scalar,
  slice,
  softmax,
  softplus,
  square,
  sub,
  sum,
  type Tensor,
  where,
  zerosLike,
} from '../trace/tf.js'

export interface SplineOptions {
  readonly bins: number
  /** The spline acts on [−bound, bound]; outside it is the identity. */
  readonly bound: number
}

/** Transformed values and the logarithm of the derivative, both of x's shape. */
export interface Transformed {
  readonly y: Tensor
  readonly logDerivative: Tensor
}

/** Least width, height and slope of a bin, as fractions; keeps every division safe. */
const LEAST = 1e-3

/** Numbers per value that `rationalQuadraticSpline` takes: widths, heights and inner slopes. */
export const splineParameters = (bins: number): number => 3 * bins - 1

/** Cumulated bin edges from −bound to bound, [batch, d, bins + 1]. */
function edgesOf(raw: Tensor, { bins, bound }: SplineOptions): Tensor {
  const shares = add(mul(softmax(raw), 1 - LEAST * bins), LEAST)
  const upTo = pad(cumsum(shares, 2), [
    [0, 0],
    [0, 0],
    [1, 0],
  ])
  return sub(mul(upTo, 2 * bound), bound)
}

/** The bin of each value as one-hot rows [batch, d, bins]. */
function binOf(x: Tensor, edges: Tensor, bins: number): Tensor {
  return withoutGradient(() => {
    const passed = sum(
      cast(greaterEqual(expandDims(x, -1), slice(edges, [0, 0, 1], [-1, -1, bins])), 'int32'),
      -1,
    )
    return cast(oneHot(minimum(passed, scalar(bins - 1, 'int32')), bins), 'float32')
  })
}

/**
 * A monotonic rational-quadratic spline (Durkan et al., arXiv:1906.04032, equations 4 and 5) on each value of
 * x [batch, d], with raw parameters [batch, d, 3 bins − 1]. Comparisons and sums only: nothing is searched or
 * masked out by data-dependent indices, so it exports as it is.
 */
export function rationalQuadraticSpline(x: Tensor, raw: Tensor, options: SplineOptions): Transformed {
  const { bins, bound } = options
  const [batch, size] = x.shape as number[]
  const part = (from: number, length: number) => slice(raw, [0, 0, from], [-1, -1, length])
  const xs = edgesOf(part(0, bins), options)
  const ys = edgesOf(part(bins, bins), options)
  const end = ones([batch, size, 1])
  const slopes = concat([end, add(softplus(part(2 * bins, bins - 1)), LEAST), end], -1)
  const inside = withoutGradient(() => logicalAnd(greaterEqual(x, -bound), less(x, bound)))
  const inner = clipByValue(x, -bound, bound)
  const bin = binOf(inner, xs, bins)
  const at = (edges: Tensor, offset: 0 | 1) => sum(mul(slice(edges, [0, 0, offset], [-1, -1, bins]), bin), -1)
  const [x0, y0, d0, d1] = [at(xs, 0), at(ys, 0), at(slopes, 0), at(slopes, 1)]
  const width = sub(at(xs, 1), x0)
  const height = sub(at(ys, 1), y0)
  const slope = div(height, width)
  const t = div(sub(inner, x0), width)
  const rest = sub(1, t)
  const mixed = mul(t, rest)
  const bottom = add(slope, mul(sub(add(d0, d1), mul(slope, 2)), mixed))
  const top = mul(height, add(mul(slope, square(t)), mul(d0, mixed)))
  const rise = add(add(mul(d1, square(t)), mul(mul(slope, 2), mixed)), mul(d0, square(rest)))
  const logDerivative = sub(log(mul(square(slope), rise)), mul(log(bottom), 2))
  return {
    y: where(inside, add(y0, div(top, bottom)), x),
    logDerivative: where(inside, logDerivative, zerosLike(x)),
  }
}

/** Gives a network's output [batch, d · (3 bins − 1)] the shape that the spline takes. */
export const splineRaw = (output: Tensor, size: number, bins: number): Tensor =>
  reshape(output, [output.shape[0] as number, size, splineParameters(bins)])
