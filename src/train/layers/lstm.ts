import { add, mul, sigmoid, slice, squeeze, type Tensor, tanh } from '../trace/tf.js'
import { linear } from './dense.js'
import { type RecurrentOptions, recurrentLayer } from './gru.js'
import type { Layer } from './parameters.js'
import { type Cell, parts, type RecurrentOutput } from './recurrent.js'

/** Gates in the order input, output, forget, cell. */
const cell: Cell = {
  op: 'LSTM',
  gates: 4,
  states: 2,
  attributes: {},
  step: (projected, [state, memory], weights) => {
    const stateBias = squeeze(slice(weights.bias, [1, 0], [1, -1]), [0])
    const gates = add(projected, linear(state, weights.recurrent, stateBias))
    const [input, output, forget, fresh] = parts(gates, 4, state.shape[1] as number)
    const kept = mul(sigmoid(forget), memory)
    const next = add(kept, mul(sigmoid(input), tanh(fresh)))
    return [mul(sigmoid(output), tanh(next)), next]
  },
}

/** Long short-term memory (Hochreiter and Schmidhuber, 1997) over x [batch, n, features]; see `recur` for masks. */
export function lstm(
  name: string,
  options: RecurrentOptions,
): Layer<[x: Tensor, mask: Tensor], RecurrentOutput> {
  return recurrentLayer(name, cell, options)
}
