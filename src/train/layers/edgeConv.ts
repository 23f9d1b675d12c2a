import { add, slice, sub, type Tensor } from '../trace/tf.js'
import { type Activation, activate } from './activations.js'
import { dense, linear } from './dense.js'
import type { Edges } from './edges.js'
import { joined, type Layer } from './parameters.js'

export interface EdgeConvOptions {
  readonly features: number
  /** Widths of the network on each edge. */
  readonly widths: readonly number[]
  /** relu unless given. */
  readonly activation?: Activation
  /** Adds the input, projected where the sizes differ, as ParticleNet and LundNet do; true unless given. */
  readonly shortcut?: boolean
}

/**
 * EdgeConv (Wang et al., arXiv:1801.07829): the mean over the neighbours j of a network on (xᵢ, xⱼ − xᵢ).
 * x [...points, features], over edges to those that `nearest` finds (ParticleNet, arXiv:1902.08570) or of a given graph
 * (LundNet, arXiv:2012.08526). Gives [...points, last width].
 *
 * The first layer is linear in (xᵢ, xⱼ − xᵢ), so it is done once per point, xᵢ (A − B) + xⱼ B, and gathered after:
 * k times fewer products than on the edges.
 */
export function edgeConv(name: string, options: EdgeConvOptions): Layer<[Tensor, Edges], Tensor> {
  const { features, widths, activation = 'relu', shortcut = true } = options
  const [width, ...others] = widths
  const first = dense(`${name}/0`, { inputs: 2 * features, outputs: width })
  const rest = others.map((outputs, i) => dense(`${name}/${i + 1}`, { inputs: widths[i], outputs }))
  const project = features !== widths.at(-1)
  const skip = dense(`${name}/shortcut`, { inputs: features, outputs: widths.at(-1)! })
  return {
    parameters: joined(first, ...rest, ...(shortcut && project ? [skip] : [])),
    apply: (weights, x, edges) => {
      const kernel = weights[`${name}/0/kernel`]
      const ofSelf = slice(kernel, [0, 0], [features, width])
      const ofOther = slice(kernel, [features, 0], [features, width])
      const self = linear(x, sub(ofSelf, ofOther), weights[`${name}/0/bias`])
      const start = activate(activation, edges.sums(self, linear(x, ofOther)))
      const deep = rest.reduce((h, layer) => activate(activation, layer.apply(weights, h)), start)
      const mean = edges.means(deep)
      if (!shortcut) return mean
      return activate(activation, add(mean, project ? skip.apply(weights, x) : x))
    },
  }
}
