import type { Tensor } from '../trace/tf.js'
import type { Activation } from './activations.js'
import { mlp } from './mlp.js'
import { joined, type Layer } from './parameters.js'
import { type Pooling, pooledAll } from './pooling.js'

export interface DeepSetsOptions {
  readonly features: number
  /** Widths of the network on each token. */
  readonly token: readonly number[]
  /** Widths of the network on the pooled set; the last is the output. */
  readonly set: readonly number[]
  /** Sum unless given. */
  readonly poolings?: readonly Pooling[]
  readonly activation?: Activation
}

/** ρ(pool(φ(token))) (Zaheer et al., arXiv:1703.06114): x [batch, n, features] and mask [batch, n] to [batch, out]. */
export function deepSets(name: string, options: DeepSetsOptions): Layer<[Tensor, Tensor], Tensor> {
  const { features, token, set, poolings = ['sum'], activation = 'relu' } = options
  const pooledSize = token.at(-1)! * poolings.length
  const inner = mlp(`${name}/token`, { sizes: [features, ...token], activation, last: activation })
  const outer = mlp(`${name}/set`, { sizes: [pooledSize, ...set], activation })
  return {
    parameters: joined(inner, outer),
    apply: (weights, x, mask) => outer.apply(weights, pooledAll(poolings, inner.apply(weights, x), mask)),
  }
}
