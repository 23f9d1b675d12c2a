import { withoutGradient } from '../trace/index.js'
import {
  customGrad,
  div,
  equal,
  gather,
  matMul,
  max,
  maximum,
  mul,
  pad,
  reshape,
  sum,
  type Tensor,
  where,
  zerosLike,
} from '../trace/tf.js'
import { type Packing, rowsAt } from './packing.js'
import { LOWEST, type Pooling } from './pooling.js'

/**
 * What `pooled` gives, from the rows x [rows, features] of the real tokens: [batch, features], zeros for an event without
 * any. Padding is put back for the one pass over an event that a sum or a maximum is; gradients are rows again.
 */
export function pooledRows(pooling: Pooling, x: Tensor, packing: Packing): Tensor {
  switch (pooling) {
    case 'sum':
      return summed(x, packing, packing.mask)
    case 'mean': {
      const shares = withoutGradient(() => div(packing.mask, maximum(sum(packing.mask, 1, true), 1)))
      return summed(x, packing, shares)
    }
    case 'max':
      return largest(x, packing)
  }
}

/**
 * Rows as tokens [batch, length + 1, features]. The last token is always padding: a maximum over none is not defined. Both
 * poolings ask for the same, and the runtime computes it once.
 */
function tokensOf(x: Tensor, rows: Tensor): Tensor {
  const none = x.shape[0]
  const some = pad(
    rows,
    [
      [0, 0],
      [0, 1],
    ],
    none,
  )
  return rowsAt(x, some, LOWEST)
}

/** Σ share · token over each event, shares [batch, length] being 0 in padding, equal in the rest of an event. */
function summed(x: Tensor, { rows, events }: Packing, shares: Tensor): Tensor {
  const [batch, length] = shares.shape as number[]
  const op = customGrad((...args) => {
    const [input, save] = args as unknown as [Tensor, (tensors: Tensor[]) => void]
    const row = pad(shares, [
      [0, 0],
      [0, 1],
    ])
    // A product, not a masked sum: one pass over the tokens.
    const total = matMul(reshape(row, [batch, 1, length + 1]), tokensOf(input, rows))
    save([events, max(row, 1, true)])
    const gradFunc = (dy: Tensor, [at, share]: Tensor[]) => gather(mul(dy, share), at as never)
    return { value: reshape(total, [batch, input.shape[1] as number]), gradFunc }
  })
  return op(x)
}

/** As TensorFlow.js has it, every token that is the largest gets the whole gradient. */
function largest(x: Tensor, { rows, events, mask }: Packing): Tensor {
  const op = customGrad((...args) => {
    const [input, save] = args as unknown as [Tensor, (tensors: Tensor[]) => void]
    const some = max(
      pad(mask, [
        [0, 0],
        [0, 1],
      ]),
      1,
      true,
    )
    const value = mul(max(tokensOf(input, rows), 1), some)
    save([input, value, events])
    const gradFunc = (dy: Tensor, [tokens, most, at]: Tensor[]) => {
      const hit = equal(tokens, gather(most, at as never))
      return where(hit, gather(dy, at as never), zerosLike(tokens))
    }
    return { value, gradFunc }
  })
  return op(x)
}
