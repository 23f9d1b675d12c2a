import type { StepContext } from '../trace/index.js'
import type { Tensor } from '../trace/tf.js'
import { type Activation, activate } from './activations.js'
import { dense } from './dense.js'
import { dropout } from './dropout.js'
import { joined, type Layer } from './parameters.js'

export interface MlpOptions {
  /** Sizes from the input to the output. */
  readonly sizes: readonly number[]
  /** Between the layers; relu unless given. */
  readonly activation?: Activation
  /** After the last layer; linear unless given. */
  readonly last?: Activation
  /** After each activation but the last; 0 unless given. */
  readonly dropout?: number
}

/** Dense layers over the last axis with activations between them. */
export function mlp(name: string, options: MlpOptions): Layer<[Tensor, StepContext?], Tensor> {
  const { sizes, activation = 'relu', last = 'linear', dropout: rate = 0 } = options
  const layers = sizes.slice(1).map((outputs, i) => dense(`${name}/${i}`, { inputs: sizes[i], outputs }))
  return {
    parameters: joined(...layers),
    apply: (weights, x, context) =>
      layers.reduce((h, layer, i) => {
        const y = layer.apply(weights, h)
        if (i + 1 === layers.length) return activate(last, y)
        return dropout(`${name}/${i}`, rate, activate(activation, y), context)
      }, x),
  }
}
