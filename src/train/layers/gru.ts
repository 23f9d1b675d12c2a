import { recordScan, type ScanBody } from '../trace/index.js'
import {
  add,
  concat,
  zeros as filled,
  mul,
  sigmoid,
  square,
  sub,
  type Tensor,
  tanh,
  transpose,
} from '../trace/tf.js'
import { linear } from './dense.js'
import { scaledNormal, zeros } from './initial.js'
import type { Layer } from './parameters.js'
import { type Cell, type RecurrentOutput, recur } from './recurrent.js'
import type { Passed } from './recurrentGradient.js'
import { biasOf, parts } from './recurrentWeights.js'

export interface RecurrentOptions {
  readonly features: number
  readonly units: number
}

/** From the gradient g of the state after a token to that before it: g ∘ keep + (g, g, g) ∘ share · recurrentᵀ. */
const turn: ScanBody = {
  states: ['later'],
  slices: ['dy', 'share', 'keep'],
  constants: ['recurrent'],
  nodes: [
    { op: 'Add', inputs: ['later', 'dy'], outputs: ['g'] },
    { op: 'Concat', inputs: ['g', 'g', 'g'], outputs: ['ggg'], attributes: { axis: 1 } },
    { op: 'Mul', inputs: ['ggg', 'share'], outputs: ['gates'] },
    { op: 'MatMul', inputs: ['gates', 'recurrent'], outputs: ['through'] },
    { op: 'Mul', inputs: ['g', 'keep'], outputs: ['kept'] },
    { op: 'Add', inputs: ['kept', 'through'], outputs: ['earlier'] },
  ],
  next: ['earlier'],
  results: ['g'],
}

function backward(dy: Tensor, { ofInput, ofState, before, real, recurrent }: Passed) {
  const units = before.shape[2] as number
  const [inputZ, inputR, inputN] = parts(ofInput, 3, units)
  const [stateZ, stateR, stateN] = parts(ofState, 3, units)
  const update = sigmoid(add(inputZ, stateZ))
  const reset = sigmoid(add(inputR, stateR))
  const candidate = tanh(add(inputN, mul(reset, stateN)))
  // What one unit of gradient of the new state is in each gate before its activation.
  const fresh = mul(sub(1, update), real)
  const ofN = mul(fresh, sub(1, square(candidate)))
  const ofZ = mul(mul(sub(before, candidate), update), fresh)
  const ofR = mul(mul(ofN, stateN), mul(reset, sub(1, reset)))
  const share = concat([ofZ, ofR, mul(ofN, reset)], 2)
  const [g] = recordScan(turn, {
    states: [filled([before.shape[0] as number, units])],
    slices: [dy, share, sub(1, fresh)],
    constants: [transpose(recurrent)],
    widths: [units],
    backwards: true,
  })
  return {
    ofInput: concat([mul(g, ofZ), mul(g, ofR), mul(g, ofN)], 2),
    ofState: mul(concat([g, g, g], 2), share),
  }
}

/** Gates in the order z, r, n; the reset gate acts after the recurrent product, as in PyTorch and Keras 2. */
const cell: Cell = {
  op: 'GRU',
  gates: 3,
  states: 1,
  attributes: { linear_before_reset: 1 },
  backward,
  step: (projected, [state], weights) => {
    const units = state.shape[1] as number
    const [inputZ, inputR, inputN] = parts(projected, 3, units)
    const [stateZ, stateR, stateN] = parts(
      linear(state, weights.recurrent, biasOf(weights, 'state')),
      3,
      units,
    )
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
