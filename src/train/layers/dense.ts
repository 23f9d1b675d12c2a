import type { Tensor } from '../trace/tf.js'
import { add, matMul, reshape } from '../trace/tf.js'
import { type Initializer, scaledNormal, zeros } from './initial.js'
import type { Layer } from './parameters.js'

export interface DenseOptions {
  readonly inputs: number
  readonly outputs: number
  /** True unless given. */
  readonly bias?: boolean
  /** Variance 2 / inputs unless given. */
  readonly initial?: Initializer
}

/** x · kernel + bias over the last axis: [..., inputs] to [..., outputs]. */
export function dense(name: string, options: DenseOptions): Layer<[Tensor], Tensor> {
  const { inputs, outputs, bias = true, initial = scaledNormal() } = options
  const kernel = `${name}/kernel`
  const offset = `${name}/bias`
  return {
    parameters: {
      [kernel]: { shape: [inputs, outputs], initial },
      ...(bias ? { [offset]: { shape: [outputs], initial: zeros } } : {}),
    },
    apply: (weights, x) => linear(x, weights[kernel], bias ? weights[offset] : undefined),
  }
}

/** x · kernel + bias over the last axis. One matrix product over all rows, whatever the leading axes are. */
export function linear(x: Tensor, kernel: Tensor, bias?: Tensor): Tensor {
  const [inputs, outputs] = kernel.shape as number[]
  const leading = x.shape.slice(0, -1)
  const rows = leading.length === 1 ? x : reshape(x, [leading.reduce((a, b) => a * b, 1), inputs])
  const product = matMul(rows, kernel)
  const shifted = bias === undefined ? product : add(product, bias)
  return leading.length === 1 ? shifted : reshape(shifted, [...leading, outputs])
}
