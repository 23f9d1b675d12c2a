import { recordScan, type ScanBody } from '../trace/index.js'
import { add, concat, mul, sigmoid, square, sub, type Tensor, tanh, transpose, zeros } from '../trace/tf.js'
import { linear } from './dense.js'
import { type RecurrentOptions, recurrentLayer } from './gru.js'
import type { Layer } from './parameters.js'
import type { Cell, RecurrentOutput } from './recurrent.js'
import { delayed, type Passed } from './recurrentGradient.js'
import { biasOf, parts } from './recurrentWeights.js'

/** The memory after each token, which ONNX's operator keeps to itself: before ∘ keep + fresh. */
const memoryTurn: ScanBody = {
  states: ['before'],
  slices: ['keep', 'fresh'],
  nodes: [
    { op: 'Mul', inputs: ['before', 'keep'], outputs: ['kept'] },
    { op: 'Add', inputs: ['kept', 'fresh'], outputs: ['after'] },
    { op: 'Identity', inputs: ['after'], outputs: ['memory'] },
  ],
  next: ['after'],
  results: ['memory'],
}

/**
 * From the gradients of state and memory after a token to those before it. `m` is the gradient of the new memory, and the
 * gates have (m, state, m, m) ∘ share.
 */
const turn: ScanBody = {
  states: ['laterState', 'laterMemory'],
  slices: ['dy', 'share', 'ofMemory', 'forget', 'real', 'padded'],
  constants: ['recurrent'],
  nodes: [
    { op: 'Add', inputs: ['laterState', 'dy'], outputs: ['state'] },
    { op: 'Mul', inputs: ['state', 'ofMemory'], outputs: ['shown'] },
    { op: 'Mul', inputs: ['laterMemory', 'real'], outputs: ['carried'] },
    { op: 'Add', inputs: ['shown', 'carried'], outputs: ['m'] },
    { op: 'Concat', inputs: ['m', 'state', 'm', 'm'], outputs: ['all'], attributes: { axis: 1 } },
    { op: 'Mul', inputs: ['all', 'share'], outputs: ['gates'] },
    { op: 'MatMul', inputs: ['gates', 'recurrent'], outputs: ['through'] },
    { op: 'Mul', inputs: ['state', 'padded'], outputs: ['keptState'] },
    { op: 'Add', inputs: ['keptState', 'through'], outputs: ['earlierState'] },
    { op: 'Mul', inputs: ['laterMemory', 'padded'], outputs: ['keptMemory'] },
    { op: 'Mul', inputs: ['m', 'forget'], outputs: ['remembered'] },
    { op: 'Add', inputs: ['keptMemory', 'remembered'], outputs: ['earlierMemory'] },
  ],
  next: ['earlierState', 'earlierMemory'],
  results: ['gates'],
}

function backward(dy: Tensor, { ofInput, ofState, before, real, recurrent }: Passed) {
  const [batch, , units] = before.shape as number[]
  const [i, o, f, c] = parts(add(ofInput, ofState), 4, units)
  const [input, output, forget, fresh] = [sigmoid(i), sigmoid(o), sigmoid(f), tanh(c)]
  const padded = sub(1, real)
  const start = zeros([batch, units])
  const [memory] = recordScan(memoryTurn, {
    states: [start],
    slices: [add(mul(forget, real), padded), mul(mul(input, fresh), real)],
    widths: [units],
  })
  const shown = tanh(memory)
  const slope = (gate: Tensor): Tensor => mul(gate, sub(1, gate))
  const share = concat(
    [
      mul(fresh, slope(input)),
      mul(mul(shown, slope(output)), real),
      mul(delayed(memory), slope(forget)),
      mul(input, sub(1, square(fresh))),
    ],
    2,
  )
  const [gates] = recordScan(turn, {
    states: [start, start],
    slices: [dy, share, mul(mul(output, sub(1, square(shown))), real), forget, real, padded],
    constants: [transpose(recurrent)],
    widths: [4 * units],
    backwards: true,
  })
  return { ofInput: gates, ofState: gates }
}

/** Gates in the order input, output, forget, cell. */
const cell: Cell = {
  op: 'LSTM',
  gates: 4,
  states: 2,
  attributes: {},
  backward,
  step: (projected, [state, memory], weights) => {
    const gates = add(projected, linear(state, weights.recurrent, biasOf(weights, 'state')))
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
