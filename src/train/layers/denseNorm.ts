import { mul, type Tensor } from '../trace/tf.js'
import { type BatchNormOutput, batchNorm } from './batchNorm.js'
import { dense, linear } from './dense.js'
import { joined, type Layer } from './parameters.js'

export interface DenseNormOptions {
  readonly inputs: number
  readonly outputs: number
}

/**
 * x · kernel over the last axis, then batch normalisation, whose shift takes the place of a bias. In evaluation it is one
 * product: the running statistics go into kernel and bias, so that an exported model does not know of them.
 */
export function denseNorm(
  name: string,
  { inputs, outputs }: DenseNormOptions,
): Layer<[x: Tensor, training: boolean, real?: Tensor], BatchNormOutput> {
  const product = dense(name, { inputs, outputs, bias: false })
  const norm = batchNorm(`${name}/norm`, { features: outputs })
  return {
    parameters: joined(product, norm),
    apply: (weights, x, training, real) => {
      if (training) return norm.apply(weights, product.apply(weights, x), true, real)
      const { factor, offset } = norm.running(weights)
      return { output: linear(x, mul(weights[`${name}/kernel`], factor), offset), state: {} }
    },
  }
}
