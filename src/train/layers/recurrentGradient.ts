import {
  customGrad,
  expandDims,
  matMul,
  mul,
  pad,
  reshape,
  slice,
  stack,
  sum,
  type Tensor,
  zerosLike,
} from '../trace/tf.js'
import { linear } from './dense.js'
import { biasOf, type RecurrentWeights } from './recurrentWeights.js'

/** All tokens of a finished forward pass at once: [batch, n, …] each, without a loop. */
export interface Passed {
  /** x · kernel + bias[0] and h · recurrent + bias[1], [batch, n, gates · units] each. */
  readonly ofInput: Tensor
  readonly ofState: Tensor
  /** The state before each token, [batch, n, units]. */
  readonly before: Tensor
  /** 1 for a real token, [batch, n, 1]. */
  readonly real: Tensor
  /** [units, gates · units] */
  readonly recurrent: Tensor
}

/** The gradients of the two projections of `Passed`, from that of the states [batch, n, units]. */
export type Backward = (dy: Tensor, passed: Passed) => Pick<Passed, 'ofInput' | 'ofState'>

/**
 * The states that `forward` records, with a gradient whose length is as free as theirs (backpropagation through time):
 * the gates of all tokens are computed again as two matrix products, and only what hands a gradient from a token to the
 * one before it is a loop.
 */
export function recordedWithGradient(
  { backward }: { readonly backward: Backward },
  weights: RecurrentWeights,
  x: Tensor,
  mask: Tensor,
  forward: () => Tensor,
): Tensor {
  const op = customGrad((...args) => {
    const save = args[5] as unknown as (tensors: Tensor[]) => void
    const value = forward()
    save([...(args.slice(0, 5) as Tensor[]), value])
    return { value, gradFunc: (dy: Tensor, saved: Tensor[]) => gradient(backward, dy, saved) }
  })
  return op(x, mask, weights.kernel, weights.recurrent, weights.bias)
}

function gradient(backward: Backward, dy: Tensor, saved: Tensor[]): Tensor[] {
  const [x, mask, kernel, recurrent, bias, sequence] = saved
  const before = delayed(sequence)
  const real = expandDims(mask, -1)
  const { ofInput, ofState } = backward(mul(dy, real), {
    ofInput: linear(x, kernel, biasOf({ bias }, 'input')),
    ofState: linear(before, recurrent, biasOf({ bias }, 'state')),
    before,
    real,
    recurrent,
  })
  return [
    reshape(matMul(rows(ofInput), kernel, false, true), x.shape),
    zerosLike(mask),
    matMul(rows(x), rows(ofInput), true),
    matMul(rows(before), rows(ofState), true),
    stack([sum(rows(ofInput), 0), sum(rows(ofState), 0)]),
  ]
}

const rows = (x: Tensor): Tensor => {
  const [batch, length, width] = x.shape as number[]
  return reshape(x, [batch * length, width])
}

/** What each token finds: zeros for the first, then what the one before it left. */
export function delayed(states: Tensor): Tensor {
  const [, length] = states.shape as number[]
  return slice(
    pad(states, [
      [0, 0],
      [1, 0],
      [0, 0],
    ]),
    [0, 0, 0],
    [-1, length, -1],
  )
}
