import { isDifferentiating, isTracing, recordOperator } from '../trace/index.js'
import {
  add,
  cast,
  expandDims,
  mul,
  pad,
  reshape,
  slice,
  squeeze,
  stack,
  sub,
  sum,
  type Tensor,
  transpose,
  unstack,
  zeros,
} from '../trace/tf.js'
import { linear } from './dense.js'

/** What a recurrent layer gives: the state after each token [batch, n, units] and after the last real one. */
export interface RecurrentOutput {
  readonly sequence: Tensor
  readonly last: Tensor
}

/** The weights of one recurrent layer; gates side by side along the last axis in ONNX's order. */
export interface RecurrentWeights {
  /** [features, gates · units] */
  readonly kernel: Tensor
  /** [units, gates · units] */
  readonly recurrent: Tensor
  /** [2, gates · units]: of the input and of the state. */
  readonly bias: Tensor
}

export interface Cell {
  readonly op: 'GRU' | 'LSTM'
  readonly gates: number
  readonly attributes: Readonly<Record<string, number>>
  /** The states (h first) after one token, given its projection x · kernel + bias[0]. */
  readonly step: (
    projected: Tensor,
    states: readonly Tensor[],
    weights: RecurrentWeights,
  ) => readonly Tensor[]
  readonly states: number
}

/**
 * Runs a cell over x [batch, n, features] whose real tokens come first (mask [batch, n], 1 then 0). Exported, it is
 * ONNX's own operator and takes any length. Differentiated, it is unrolled, which fixes the length while training:
 * give n as a number there.
 */
export function recur(cell: Cell, weights: RecurrentWeights, x: Tensor, mask: Tensor): RecurrentOutput {
  return isTracing() && !isDifferentiating()
    ? recorded(cell, weights, x, mask)
    : unrolled(cell, weights, x, mask)
}

function unrolled(cell: Cell, weights: RecurrentWeights, x: Tensor, mask: Tensor): RecurrentOutput {
  const [batch, length] = x.shape as number[]
  const units = weights.recurrent.shape[0] as number
  const start = Array.from({ length: cell.states }, () => zeros([batch, units]))
  if (length === 0) return { sequence: zeros([batch, 0, units]), last: start[0] }
  const inputBias = squeeze(slice(weights.bias, [0, 0], [1, -1]), [0])
  const tokens = unstack(linear(x, weights.kernel, inputBias), 1)
  const real = unstack(expandDims(mask, -1), 1)
  const outputs: Tensor[] = []
  let states: readonly Tensor[] = start
  tokens.forEach((token, i) => {
    const before = states
    const after = cell.step(token, before, weights)
    states = after.map((state, k) => add(before[k], mul(real[i], sub(state, before[k]))))
    outputs.push(mul(states[0], real[i]))
  })
  return { sequence: stack(outputs, 1), last: states[0] }
}

/**
 * As ONNX's operator, with one more token and one more event, neither of them real: ONNX Runtime refuses sequences
 * of length zero and ends the process on an empty batch.
 */
function recorded(cell: Cell, weights: RecurrentWeights, x: Tensor, mask: Tensor): RecurrentOutput {
  const [batch, length] = x.shape as number[]
  const [units, width] = weights.recurrent.shape as number[]
  const tokens = transpose(
    pad(x, [
      [0, 1],
      [0, 1],
      [0, 0],
    ]),
    [1, 0, 2],
  )
  const lengths = pad(sum(mask, 1), [[0, 1]])
  const [all, final] = recordOperator({
    op: cell.op,
    inputs: [
      tokens,
      expandDims(transpose(weights.kernel), 0),
      expandDims(transpose(weights.recurrent), 0),
      reshape(weights.bias, [1, 2 * width]),
      cast(lengths, 'int32'),
    ],
    outputs: [
      { shape: [length + 1, 1, batch + 1, units], dtype: x.dtype },
      { shape: [1, batch + 1, units], dtype: x.dtype },
    ],
    attributes: { hidden_size: units, ...cell.attributes },
  })
  const rows = transpose(squeeze(all, [1]), [1, 0, 2])
  return {
    sequence: slice(rows, [0, 0, 0], [batch, length, units]),
    last: slice(squeeze(final, [0]), [0, 0], [batch, units]),
  }
}

/** Cuts the last axis into `count` parts of `units`. */
export const parts = (x: Tensor, count: number, units: number): Tensor[] =>
  Array.from({ length: count }, (_, i) => slice(x, [0, i * units], [-1, units]))
