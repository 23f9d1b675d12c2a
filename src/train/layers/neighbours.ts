import { withoutGradient } from '../trace/index.js'
import {
  add,
  cast,
  equal,
  expandDims,
  less,
  matMul,
  minimum,
  mul,
  neg,
  pad,
  range,
  reshape,
  scalar,
  square,
  sub,
  sum,
  type Tensor,
  topk,
  transpose,
} from '../trace/tf.js'

/** For each of n points up to k others: `indices` int32 [batch, n, k], and `valid` [batch, n, k], 1 where real. */
export interface Neighbours {
  readonly indices: Tensor
  readonly valid: Tensor
}

/** Squared distances above this belong to padding. */
const FAR = 1e9

/**
 * The k nearest real points of each point by Euclidean distance, without itself. With fewer than k others the rest
 * is not valid. No gradient flows through the choice.
 *
 * @param points coordinates [batch, n, d], of a size far below √FAR.
 * @param mask [batch, n].
 */
export function nearest(points: Tensor, mask: Tensor, k: number): Neighbours {
  return withPair(() => {
    const count = points.shape[1] as number
    const norms = sum(square(points), -1, true)
    const products = mul(matMul(points, points, false, true), -2)
    const squared = add(add(products, norms), transpose(norms, [0, 2, 1]))
    const index = range(0, count, 1, 'int32')
    const itself = cast(equal(reshape(index, [count, 1]), index), 'float32')
    const padding = sub(1, expandDims(mask, 1))
    const distances = add(squared, mul(add(itself, padding), 4 * FAR))
    // k more candidates that are never real: top-k needs at least k entries, and an event may have none.
    const candidates = pad(
      distances,
      [
        [0, 0],
        [0, 0],
        [0, k],
      ],
      4 * FAR,
    )
    const found = topk(neg(candidates), k)
    const valid = cast(less(neg(found.values), FAR), 'float32')
    return { indices: found.indices, valid: mul(valid, expandDims(mask, -1)) }
  })
}

function withPair(fn: () => Neighbours): Neighbours {
  const [indices, valid] = withoutGradient(() => {
    const { indices, valid } = fn()
    return [indices, valid]
  })
  return { indices, valid }
}

/** Keeps indices of neighbours that are not valid inside of [0, rows). */
export const clamped = (indices: Tensor, rows: number): Tensor => minimum(indices, scalar(rows - 1, 'int32'))
