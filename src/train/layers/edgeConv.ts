import { withoutGradient } from '../trace/index.js'
import { add, div, expandDims, gather, maximum, mul, pad, slice, sub, sum, type Tensor } from '../trace/tf.js'
import { type Activation, activate } from './activations.js'
import { dense, linear } from './dense.js'
import { clamped, type Neighbours } from './neighbours.js'
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
 * x [batch, n, features], over neighbours from `nearest` (ParticleNet, arXiv:1902.08570) or of a given graph
 * (LundNet, arXiv:2012.08526). Gives [batch, n, last width].
 *
 * The first layer is linear in (xᵢ, xⱼ − xᵢ), so it is done once per point, xᵢ (A − B) + xⱼ B, and gathered after:
 * k times fewer products than on the edges.
 */
export function edgeConv(name: string, options: EdgeConvOptions): Layer<[Tensor, Neighbours], Tensor> {
  const { features, widths, activation = 'relu', shortcut = true } = options
  const [width, ...others] = widths
  const first = dense(`${name}/0`, { inputs: 2 * features, outputs: width })
  const rest = others.map((outputs, i) => dense(`${name}/${i + 1}`, { inputs: widths[i], outputs }))
  const project = features !== widths.at(-1)
  const skip = dense(`${name}/shortcut`, { inputs: features, outputs: widths.at(-1)! })
  return {
    parameters: joined(first, ...rest, ...(shortcut && project ? [skip] : [])),
    apply: (weights, x, neighbours) => {
      const kernel = weights[`${name}/0/kernel`]
      const ofSelf = slice(kernel, [0, 0], [features, width])
      const ofOther = slice(kernel, [features, 0], [features, width])
      const self = linear(x, sub(ofSelf, ofOther), weights[`${name}/0/bias`])
      const others = gathered(linear(x, ofOther), neighbours.indices)
      const edges = activate(activation, add(expandDims(self, 2), others))
      const deep = rest.reduce((h, layer) => activate(activation, layer.apply(weights, h)), edges)
      const mean = edgeMean(deep, neighbours.valid)
      if (!shortcut) return mean
      return activate(activation, add(mean, project ? skip.apply(weights, x) : x))
    },
  }
}

/** Rows of x [batch, n, c] at indices [batch, n, k]; one row of zeros stands behind all, for what is not valid. */
export function gathered(x: Tensor, indices: Tensor): Tensor {
  const padded = pad(x, [
    [0, 0],
    [0, 1],
    [0, 0],
  ])
  const inside = withoutGradient(() => clamped(indices, padded.shape[1] as number))
  return gather(padded, inside as never, 1, 1)
}

/** The mean over the valid neighbours; zeros where a point has none. */
export function edgeMean(edges: Tensor, valid: Tensor): Tensor {
  const total = sum(mul(edges, expandDims(valid, -1)), 2)
  return div(total, maximum(sum(valid, 2, true), 1))
}
