import { isDifferentiating, isTracing, recordOperator, type Tensors } from '../trace/index.js'
import {
  add,
  customGrad,
  expandDims,
  matMul,
  mean,
  mul,
  ones as onesTensor,
  reshape,
  rsqrt,
  square,
  sub,
  sum,
  type Tensor,
  zeros as zerosTensor,
} from '../trace/tf.js'
import { ones, zeros } from './initial.js'
import type { Layer } from './parameters.js'

const EPSILON = 1e-5

/** Normalises the last axis to mean 0 and variance 1, then scales and shifts it (Ba et al., arXiv:1607.06450). */
export function layerNorm(name: string, size: number, epsilon = EPSILON): Layer<[Tensor], Tensor> {
  const scale = `${name}/scale`
  const shift = `${name}/shift`
  return {
    parameters: {
      [scale]: { shape: [size], initial: ones },
      [shift]: { shape: [size], initial: zeros },
    },
    apply: (weights, x) => normalised(x, weights[scale], weights[shift], epsilon),
  }
}

/** A normalised tensor and the weights with which the layers on it are to be applied. */
export interface Normalised {
  readonly x: Tensor
  readonly weights: Tensors
}

/**
 * A layer norm right before dense layers. While differentiating, its scale γ and shift β go into the weights of those
 * layers, (u γ + β) W + b = u (γ W) + (β W + b), so that neither they nor their gradients take a pass over x.
 *
 * @param layers names of all dense layers that take the result; each must have a bias.
 */
export function normalisedFor(
  layers: readonly string[],
  name: string,
  weights: Tensors,
  x: Tensor,
): Normalised {
  const scale = weights[`${name}/scale`]
  const shift = weights[`${name}/shift`]
  if (!isDifferentiating()) return { x: normalised(x, scale, shift, EPSILON), weights }
  const entries = layers.flatMap((layer) => {
    const kernel = weights[`${layer}/kernel`]
    const [inputs, outputs] = kernel.shape as number[]
    const moved = reshape(matMul(reshape(shift, [1, inputs]), kernel), [outputs])
    return [
      [`${layer}/kernel`, mul(kernel, expandDims(scale, -1))] as const,
      [`${layer}/bias`, add(weights[`${layer}/bias`], moved)] as const,
    ]
  })
  return { x: standardised(x, EPSILON), weights: { ...weights, ...Object.fromEntries(entries) } }
}

/** Mean 0 and variance 1 along the last axis. */
function standardised(x: Tensor, epsilon: number): Tensor {
  const op = customGrad((...args) => {
    const [input, save] = args as [Tensor, (tensors: Tensor[]) => void]
    const [gamma, beta] = [onesTensor([input.shape.at(-1)!]), zerosTensor([input.shape.at(-1)!])]
    const { value, inverse } = isTracing()
      ? recorded(input, gamma, beta, epsilon)
      : composed(input, gamma, beta, epsilon)
    save([value, inverse])
    const gradFunc = (dy: Tensor, saved: Tensor[]) => {
      const [unit, over] = saved
      const along = mean(mul(dy, unit), -1, true)
      return mul(sub(sub(dy, mean(dy, -1, true)), mul(unit, along)), over)
    }
    return { value, gradFunc }
  })
  return op(x)
}

/** With its own gradient: three reductions instead of the eight that composing it costs. */
function normalised(x: Tensor, scale: Tensor, shift: Tensor, epsilon: number): Tensor {
  const op = customGrad((...args) => {
    const [input, gamma, beta, save] = args as [Tensor, Tensor, Tensor, (tensors: Tensor[]) => void]
    const { value, centre, inverse } = isTracing()
      ? recorded(input, gamma, beta, epsilon)
      : composed(input, gamma, beta, epsilon)
    save([input, gamma, centre, inverse])
    return { value, gradFunc: gradient }
  })
  return op(x, scale, shift)
}

function gradient(dy: Tensor, saved: Tensor[]): Tensor[] {
  const [x, gamma, centre, inverse] = saved
  const rows = x.shape.slice(0, -1).map((_, axis) => axis)
  const unit = mul(sub(x, centre), inverse)
  const inner = mul(dy, gamma)
  const along = mean(mul(inner, unit), -1, true)
  const dx = mul(sub(sub(inner, mean(inner, -1, true)), mul(unit, along)), inverse)
  return [dx, sum(mul(dy, unit), rows), sum(dy, rows)]
}

function recorded(x: Tensor, gamma: Tensor, beta: Tensor, epsilon: number) {
  const reduced = { shape: [...x.shape.slice(0, -1), 1], dtype: x.dtype }
  const [value, centre, inverse] = recordOperator({
    op: 'LayerNormalization',
    inputs: [x, gamma, beta],
    outputs: [{ shape: x.shape, dtype: x.dtype }, reduced, reduced],
    attributes: { axis: -1, epsilon: { float: epsilon } },
  })
  return { value, centre, inverse }
}

function composed(x: Tensor, gamma: Tensor, beta: Tensor, epsilon: number) {
  const centre = mean(x, -1, true)
  const centred = sub(x, centre)
  const inverse = rsqrt(add(mean(square(centred), -1, true), epsilon))
  return { value: add(mul(mul(centred, inverse), gamma), beta), centre, inverse }
}
