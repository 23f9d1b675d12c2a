import { isDifferentiating, type StepContext, type Tensors } from '../trace/index.js'
import { add, mul, type Tensor } from '../trace/tf.js'
import { gelu, scaledGelu } from './activations.js'
import { attention } from './attention.js'
import { dense } from './dense.js'
import { dropout } from './dropout.js'
import { layerNorm, normalisedFor } from './layerNorm.js'
import { joined, type Layer } from './parameters.js'

export interface BlockOptions {
  readonly size: number
  readonly heads: number
  /** Width of the feed-forward layer; 4 · size unless given. */
  readonly hidden?: number
  /** 0 unless given. */
  readonly dropout?: number
}

/**
 * A pre-norm transformer block: x + attention(norm(x)), then x + feed-forward(norm(x)), GELU inside.
 * Inputs: x [batch, n, size], the bias of `attentionBias`, and the context while training.
 */
export function transformerBlock(
  name: string,
  options: BlockOptions,
): Layer<[Tensor, Tensor, StepContext?], Tensor> {
  const { size, heads, hidden = 4 * size, dropout: rate = 0 } = options
  const norm1 = layerNorm(`${name}/norm1`, size)
  const attend = attention(`${name}/attention`, { size, heads })
  const norm2 = layerNorm(`${name}/norm2`, size)
  const widen = dense(`${name}/widen`, { inputs: size, outputs: hidden })
  const narrow = dense(`${name}/narrow`, { inputs: hidden, outputs: size })
  /** With `scaledGelu` between them, these do what the plain weights do with `gelu`. */
  const unscaled = (weights: Tensors): Tensors => {
    const names = [`${name}/widen/kernel`, `${name}/widen/bias`, `${name}/narrow/kernel`]
    return { ...weights, ...Object.fromEntries(names.map((key) => [key, mul(weights[key], Math.SQRT1_2)])) }
  }
  return {
    parameters: joined(norm1, attend, norm2, widen, narrow),
    apply: (weights, x, bias, context) => {
      const heads = ['query', 'key', 'value'].map((part) => `${name}/attention/${part}`)
      const first = normalisedFor(heads, `${name}/norm1`, weights, x)
      const attended = attend.apply(first.weights, first.x, first.x, bias)
      const middle = add(x, dropout(`${name}/attended`, rate, attended, context))
      const second = normalisedFor([`${name}/widen`], `${name}/norm2`, weights, middle)
      const inner = isDifferentiating() ? unscaled(second.weights) : second.weights
      const activation = isDifferentiating() ? scaledGelu : gelu
      const wide = activation(widen.apply(inner, second.x))
      const fed = narrow.apply(inner, dropout(`${name}/wide`, rate, wide, context))
      return add(middle, fed)
    },
  }
}
