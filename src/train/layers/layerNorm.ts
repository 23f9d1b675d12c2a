import { isTracing, recordOperator } from '../trace/index.js'
import { add, customGrad, mean, mul, rsqrt, square, sub, sum, type Tensor } from '../trace/tf.js'
import { ones, zeros } from './initial.js'
import type { Layer } from './parameters.js'

/** Normalises the last axis to mean 0 and variance 1, then scales and shifts it (Ba et al., arXiv:1607.06450). */
export function layerNorm(name: string, size: number, epsilon = 1e-5): Layer<[Tensor], Tensor> {
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
