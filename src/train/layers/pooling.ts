import {
  add,
  concat,
  div,
  expandDims,
  max,
  maximum,
  mul,
  pad,
  reshape,
  softmax,
  sub,
  sum,
  type Tensor,
} from '../trace/tf.js'
import { masked } from './attention.js'
import { dense } from './dense.js'
import type { Layer } from './parameters.js'

export type Pooling = 'sum' | 'mean' | 'max'

/** Far below every feature, yet finite. */
export const LOWEST = -1e9

/**
 * Pools the real tokens of x [batch, n, features] (mask [batch, n]) to [batch, features]. An event without tokens
 * gives zeros.
 */
export function pooled(pooling: Pooling, x: Tensor, mask: Tensor): Tensor {
  switch (pooling) {
    case 'sum':
      return sum(masked(x, mask), 1)
    case 'mean':
      return div(sum(masked(x, mask), 1), maximum(sum(mask, 1, true), 1))
    case 'max':
      return pooledMax(x, mask)
  }
}

function pooledMax(x: Tensor, mask: Tensor): Tensor {
  const hidden = mul(sub(1, expandDims(mask, -1)), LOWEST)
  // One more, masked, token: the maximum over no tokens at all is not defined.
  const padded = pad(
    add(masked(x, mask), hidden),
    [
      [0, 0],
      [0, 1],
      [0, 0],
    ],
    LOWEST,
  )
  const some = pad(mask, [
    [0, 0],
    [0, 1],
  ])
  return mul(max(padded, 1), max(some, 1, true))
}

/** Several poolings side by side, as Deep Sets use them (Zaheer et al., arXiv:1703.06114). */
export function pooledAll(poolings: readonly Pooling[], x: Tensor, mask: Tensor): Tensor {
  const parts = poolings.map((pooling) => pooled(pooling, x, mask))
  return parts.length === 1 ? parts[0] : concat(parts, -1)
}

/**
 * A mean of x [batch, n, features] with learned weights: softmax over the real tokens of a score per token.
 * An event without tokens gives zeros.
 */
export function attentionPooling(name: string, features: number): Layer<[Tensor, Tensor], Tensor> {
  const score = dense(`${name}/score`, { inputs: features, outputs: 1, bias: false })
  return {
    parameters: score.parameters,
    apply: (weights, x, mask) => {
      const column = expandDims(mask, -1)
      const scores = add(mul(score.apply(weights, x), column), mul(sub(1, column), LOWEST))
      const [batch, length] = mask.shape as number[]
      const shares = softmax(reshape(scores, [batch, length]))
      return sum(mul(x, expandDims(mul(shares, mask), -1)), 1)
    },
  }
}
