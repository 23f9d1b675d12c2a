import type { StepContext } from '../trace/index.js'
import { add, type Tensor } from '../trace/tf.js'
import { gelu } from './activations.js'
import { attention } from './attention.js'
import { dense } from './dense.js'
import { dropout } from './dropout.js'
import { layerNorm } from './layerNorm.js'
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
  return {
    parameters: joined(norm1, attend, norm2, widen, narrow),
    apply: (weights, x, bias, context) => {
      const first = norm1.apply(weights, x)
      const attended = attend.apply(weights, first, first, bias)
      const middle = add(x, dropout(`${name}/attended`, rate, attended, context))
      const wide = gelu(widen.apply(weights, norm2.apply(weights, middle)))
      const fed = narrow.apply(weights, dropout(`${name}/wide`, rate, wide, context))
      return add(middle, fed)
    },
  }
}
