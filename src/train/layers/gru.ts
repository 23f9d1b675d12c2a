import { add, mul, sigmoid, slice, squeeze, sub, type Tensor, tanh } from '../trace/tf.js'
import { linear } from './dense.js'
import { scaledNormal, zeros } from './initial.js'
import type { Layer } from './parameters.js'
import { type Cell, parts, type RecurrentOutput, recur } from './recurrent.js'

export interface RecurrentOptions {
  readonly features: number
  readonly units: number
}

/** Gates in the order z, r, n; the reset gate acts after the recurrent product, as in PyTorch and Keras 2. */
const cell: Cell = {
  op: 'GRU',
  gates: 3,
  states: 1,
  attributes: { linear_before_reset: 1 },
  step: (projected, [state], weights) => {
    const units = state.shape[1] as number
    const stateBias = squeeze(slice(weights.bias, [1, 0], [1, -1]), [0])
    const [inputZ, inputR, inputN] = parts(projected, 3, units)
    const [stateZ, stateR, stateN] = parts(linear(state, weights.recurrent, stateBias), 3, units)
    const update = sigmoid(add(inputZ, stateZ))
    const candidate = tanh(add(inputN, mul(sigmoid(add(inputR, stateR)), stateN)))
    return [add(candidate, mul(update, sub(state, candidate)))]
  },
}

/** Gated recurrent units (Cho et al., arXiv:1406.1078) over x [batch, n, features]; see `recur` for masks. */
export function gru(
  name: string,
  options: RecurrentOptions,
): Layer<[x: Tensor, mask: Tensor], RecurrentOutput> {
  return recurrentLayer(name, cell, options)
}

export function recurrentLayer(
  name: string,
  kind: Cell,
  { features, units }: RecurrentOptions,
): Layer<[x: Tensor, mask: Tensor], RecurrentOutput> {
  const width = kind.gates * units
  return {
    parameters: {
      [`${name}/kernel`]: { shape: [features, width], initial: scaledNormal(1) },
      [`${name}/recurrent`]: { shape: [units, width], initial: scaledNormal(1) },
      [`${name}/bias`]: { shape: [2, width], initial: zeros },
    },
    apply: (weights, x, mask) => {
      const own = {
        kernel: weights[`${name}/kernel`],
        recurrent: weights[`${name}/recurrent`],
        bias: weights[`${name}/bias`],
      }
      return recur(kind, own, x, mask)
    },
  }
}
