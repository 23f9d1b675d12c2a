import { SpillwayError } from '../../errors.js'
import {
  add,
  customGrad,
  expandDims,
  matMul,
  mul,
  reshape,
  softmax,
  sub,
  sum,
  type Tensor,
  transpose,
} from '../trace/tf.js'
import { dense, linear } from './dense.js'
import { joined, type Layer } from './parameters.js'

export interface AttentionOptions {
  readonly size: number
  readonly heads: number
  /** Size of the keys and values; `size` unless given. */
  readonly context?: number
}

/** Far below every score, yet finite, so that a row in which all is masked is uniform and not NaN. */
const MASKED = -1e9

/**
 * What to add to attention scores: 0 where the key is real, far below where it is padding, and the pair bias.
 *
 * @param mask [batch, keys], 1 for a real token.
 * @param pairs [batch, heads, queries, keys] or undefined: ParT's interaction term (arXiv:2202.03772).
 */
export function attentionBias(mask: Tensor, pairs?: Tensor): Tensor {
  const [batch, keys] = mask.shape as number[]
  const padding = reshape(mul(sub(1, mask), MASKED), [batch, 1, 1, keys])
  return pairs === undefined ? padding : add(pairs, padding)
}

/**
 * Scaled dot-product attention of several heads (Vaswani et al., arXiv:1706.03762): queries [batch, n, size] attend
 * to `source` [batch, m, context] with a bias from `attentionBias`; gives [batch, n, size].
 */
export function attention(name: string, options: AttentionOptions): Layer<[Tensor, Tensor, Tensor], Tensor> {
  const { size, heads, context = size } = options
  const width = size / heads
  if (!Number.isInteger(width)) {
    throw new SpillwayError('CONFIG_INVALID', `A size of ${size} does not divide into ${heads} heads.`, {
      place: name,
      remedy: 'Choose a size that is a multiple of the number of heads.',
    })
  }
  const query = dense(`${name}/query`, { inputs: size, outputs: size })
  const key = dense(`${name}/key`, { inputs: context, outputs: size })
  const value = dense(`${name}/value`, { inputs: context, outputs: size })
  const output = dense(`${name}/output`, { inputs: size, outputs: size })
  const split = (x: Tensor): Tensor => {
    const [batch, length] = x.shape as number[]
    return transpose(reshape(x, [batch, length, heads, width]), [0, 2, 1, 3])
  }
  return {
    parameters: joined(query, key, value, output),
    apply: (weights, x, source, bias) => {
      // The 1/√d goes into the small query weights instead of over all pairs.
      const scaled = (part: string) => mul(weights[`${name}/query/${part}`], 1 / Math.sqrt(width))
      const queries = split(linear(x, scaled('kernel'), scaled('bias')))
      const mixed = mix(queries, split(key.apply(weights, source)), split(value.apply(weights, source)), bias)
      return output.apply(weights, reshape(transpose(mixed, [0, 2, 1, 3]), x.shape))
    },
  }
}

/**
 * softmax(q kᵀ + bias) v over [batch, heads, n, width]. Its own gradient takes the sum of dP ∘ P over the keys from the
 * much smaller dO ∘ O, as FlashAttention does (arXiv:2205.14135, appendix B.2): half of the passes over all pairs.
 */
function mix(queries: Tensor, keys: Tensor, values: Tensor, bias: Tensor): Tensor {
  const op = customGrad((...args) => {
    const [q, k, v, b, save] = args as [Tensor, Tensor, Tensor, Tensor, (tensors: Tensor[]) => void]
    const shares = softmax(add(matMul(q, k, false, true), b))
    const value = matMul(shares, v)
    save([q, k, v, shares, value, b])
    return { value, gradFunc: mixGradient }
  })
  return op(queries, keys, values, bias)
}

function mixGradient(dy: Tensor, saved: Tensor[]): Tensor[] {
  const [q, k, v, shares, value, bias] = saved
  const along = sum(mul(dy, value), -1, true)
  const dScores = mul(shares, sub(matMul(dy, v, false, true), along))
  const repeated = bias.shape.flatMap((dim, axis) => (dim === dScores.shape[axis] ? [] : [axis]))
  return [
    matMul(dScores, k),
    matMul(dScores, q, true),
    matMul(shares, dy, true),
    repeated.length === 0 ? dScores : sum(dScores, repeated, true),
  ]
}

/** Embeds pair features [batch, n, n, features] as one bias per head, [batch, heads, n, n]. */
export function pairBias(
  name: string,
  options: { readonly features: number; readonly hidden: number; readonly heads: number },
): Layer<[Tensor, (x: Tensor) => Tensor], Tensor> {
  const first = dense(`${name}/0`, { inputs: options.features, outputs: options.hidden })
  const second = dense(`${name}/1`, { inputs: options.hidden, outputs: options.heads })
  return {
    parameters: joined(first, second),
    apply: (weights, pairs, activation) => {
      const hidden = activation(first.apply(weights, pairs))
      return transpose(second.apply(weights, hidden), [0, 3, 1, 2])
    },
  }
}

/** Zero where the mask [batch, n] is zero, for x of [batch, n, features]. */
export const masked = (x: Tensor, mask: Tensor): Tensor => mul(x, expandDims(mask, -1))
