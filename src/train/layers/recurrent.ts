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
import { type Backward, recordedWithGradient } from './recurrentGradient.js'
import { biasOf, type RecurrentWeights } from './recurrentWeights.js'

/** What a recurrent layer gives: the state after each token [batch, n, units] and after the last real one. */
export interface RecurrentOutput {
  readonly sequence: Tensor
  readonly last: Tensor
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
  readonly backward: Backward
}

/**
 * Runs a cell over x [batch, n, features] whose real tokens come first (mask [batch, n], 1 then 0). Traced, it is ONNX's
 * own operator and takes any length; computed by TensorFlow.js, it is unrolled.
 */
export function recur(cell: Cell, weights: RecurrentWeights, x: Tensor, mask: Tensor): RecurrentOutput {
  if (!isTracing()) return unrolled(cell, weights, x, mask)
  if (!isDifferentiating()) return recorded(cell, weights, x, mask)
  const sequence = recordedWithGradient(
    cell,
    weights,
    x,
    mask,
    () => recorded(cell, weights, x, mask).sequence,
  )
  // The last real token is where the mask falls from 1 to 0.
  const after = slice(
    pad(mask, [
      [0, 0],
      [0, 1],
    ]),
    [0, 1],
    [-1, -1],
  )
  return { sequence, last: sum(mul(sequence, expandDims(sub(mask, after), -1)), 1) }
}

function unrolled(cell: Cell, weights: RecurrentWeights, x: Tensor, mask: Tensor): RecurrentOutput {
  const [batch, length] = x.shape as number[]
  const units = weights.recurrent.shape[0] as number
  const start = Array.from({ length: cell.states }, () => zeros([batch, units]))
  if (length === 0) return { sequence: zeros([batch, 0, units]), last: start[0] }
  const tokens = eachToken(linear(x, weights.kernel, biasOf(weights, 'input')))
  const real = eachToken(expandDims(mask, -1))
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

/** TensorFlow.js cannot differentiate an unstack into one. */
const eachToken = (x: Tensor): Tensor[] => (x.shape[1] === 1 ? [squeeze(x, [1])] : unstack(x, 1))

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
