import { withoutGradient } from '../trace/index.js'
import { add, div, expandDims, gather, maximum, mul, pad, sum, type Tensor } from '../trace/tf.js'
import { clamped, type Neighbours } from './neighbours.js'

/**
 * The edges of graphs, in whatever layout: how numbers get from points to edges and back. An edge belongs to one point and
 * comes from another. Numbers of points and of edges have some leading axes, which only the maker of the edges knows, and
 * the features as last axis; layers on single points or edges need not know more.
 */
export interface Edges {
  /** On each edge, `own` of the point that it belongs to plus `other` of the point that it comes from. */
  readonly sums: (own: Tensor, other: Tensor) => Tensor
  /** At each point the mean over its edges; zeros where it has none. */
  readonly means: (edges: Tensor) => Tensor
  /** Which edges count in statistics, as `batchNorm` takes it. */
  readonly real: Tensor
  /** Which points count; all when left out. */
  readonly points?: Tensor
}

/**
 * Edges in places of their own, [batch, n, k, features] for points [batch, n, features], whether there is a neighbour or
 * not. Any graph will do.
 *
 * @param mask [batch, n]
 */
export function paddedEdges({ indices, valid }: Neighbours, mask?: Tensor): Edges {
  return {
    sums: (own, other) => add(expandDims(own, 2), gathered(other, indices)),
    means: (edges) => {
      const total = sum(mul(edges, expandDims(valid, -1)), 2)
      return div(total, maximum(sum(valid, 2, true), 1))
    },
    real: valid,
    points: mask,
  }
}

/** Rows of x [batch, n, c] at indices [batch, n, k]; one row of zeros stands behind all, for what is not valid. */
function gathered(x: Tensor, indices: Tensor): Tensor {
  const padded = pad(x, [
    [0, 0],
    [0, 1],
    [0, 0],
  ])
  const inside = withoutGradient(() => clamped(indices, padded.shape[1] as number))
  return gather(padded, inside as never, 1, 1)
}
