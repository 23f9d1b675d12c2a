import { contribAllowed, recordOperator } from '../trace/index.js'
import {
  add,
  customGrad,
  div,
  erf,
  exp,
  mul,
  relu,
  sigmoid,
  square,
  sub,
  type Tensor,
  tanh,
} from '../trace/tf.js'

export type Activation = 'relu' | 'gelu' | 'silu' | 'tanh' | 'linear'

/** Applies an activation by name. */
export function activate(activation: Activation, x: Tensor): Tensor {
  switch (activation) {
    case 'relu':
      return relu(x)
    case 'gelu':
      return gelu(x)
    case 'silu':
      return silu(x)
    case 'tanh':
      return tanh(x)
    case 'linear':
      return x
  }
}

/** The normal distribution function. */
const phi = (x: Tensor): Tensor => mul(add(erf(mul(x, Math.SQRT1_2)), 1), 0.5)

const fused = (op: string, x: Tensor, attributes: Record<string, { float: number }> = {}): Tensor => {
  const outputs = [{ shape: x.shape, dtype: x.dtype }]
  return recordOperator({ op, domain: 'com.microsoft', inputs: [x], outputs, attributes })[0]
}

/** x · Φ(x) (Hendrycks and Gimpel, arXiv:1606.08415), exact; derivative Φ(x) + x φ(x). */
export function gelu(x: Tensor): Tensor {
  return customGrad((input, save) => {
    const t = input as Tensor
    ;(save as (tensors: Tensor[]) => void)([t])
    const value = contribAllowed() ? fused('Gelu', t) : mul(t, phi(t))
    const gradFunc = (dy: Tensor, saved: Tensor[]) => {
      const [s] = saved
      const density = mul(exp(mul(square(s), -0.5)), 1 / Math.sqrt(2 * Math.PI))
      return mul(dy, add(phi(s), mul(s, density)))
    }
    return { value, gradFunc }
  })(x)
}

/**
 * t (1 + erf t) = √2 gelu(√2 t): GELU with its constants taken out, for training, where a pass over the activations costs
 * more than a scaling of the weights before and after. Derivative 1 + erf t + 2/√π t exp(−t²).
 */
export function scaledGelu(t: Tensor): Tensor {
  return customGrad((input, save) => {
    const x = input as Tensor
    const rise = add(erf(x), 1)
    ;(save as (tensors: Tensor[]) => void)([x, rise])
    const gradFunc = (dy: Tensor, saved: Tensor[]) => {
      const [s, above] = saved
      // Divided by exp(t²) rather than multiplied by exp(−t²): one pass fewer, and infinity gives the right zero.
      return mul(dy, add(above, mul(div(s, exp(square(s))), 2 / Math.sqrt(Math.PI))))
    }
    return { value: mul(x, rise), gradFunc }
  })(t)
}

/** x · σ(x), also called swish; derivative σ + y (1 − σ). */
export function silu(x: Tensor): Tensor {
  return customGrad((input, save) => {
    const t = input as Tensor
    const value = contribAllowed() ? fused('QuickGelu', t, { alpha: { float: 1 } }) : mul(t, sigmoid(t))
    ;(save as (tensors: Tensor[]) => void)([t, value])
    const gradFunc = (dy: Tensor, saved: Tensor[]) => {
      const [s, y] = saved
      const gate = sigmoid(s)
      return mul(dy, add(gate, mul(y, sub(1, gate))))
    }
    return { value, gradFunc }
  })(x)
}
