import type { Tensors } from '../trace/index.js'
import { add, mul, relu, slice, sub, type Tensor } from '../trace/tf.js'
import { type BatchNormOutput, batchNorm } from './batchNorm.js'
import { dense, linear } from './dense.js'
import { denseNorm } from './denseNorm.js'
import type { EdgeConvOptions } from './edgeConv.js'
import type { Edges } from './edges.js'
import { joined, type Layer } from './parameters.js'

export type EdgeConvNormOptions = Pick<EdgeConvOptions, 'features' | 'widths'>

/**
 * `edgeConv` with batch normalisation after each product of the network on the edges, and of the shortcut, as ParticleNet
 * (arXiv:1902.08570) and LundNet (arXiv:2012.08526) have it: product, normalisation, ReLU. Statistics are over the edges
 * and points that are real. In evaluation it costs what `edgeConv` does.
 */
export function edgeConvNorm(
  name: string,
  { features, widths }: EdgeConvNormOptions,
): Layer<[x: Tensor, edges: Edges, training: boolean], BatchNormOutput> {
  const [width, ...others] = widths
  const first = dense(`${name}/0`, { inputs: 2 * features, outputs: width, bias: false })
  const norm = batchNorm(`${name}/0/norm`, { features: width })
  const rest = others.map((outputs, i) => denseNorm(`${name}/${i + 1}`, { inputs: widths[i], outputs }))
  const project = features !== widths.at(-1)
  const skip = denseNorm(`${name}/shortcut`, { inputs: features, outputs: widths.at(-1)! })

  /** The first layer, done once a point and gathered after. */
  const edgesOf = (weights: Tensors, x: Tensor, edges: Edges, training: boolean) => {
    const kernel = weights[`${name}/0/kernel`]
    const ofOther = slice(kernel, [features, 0], [features, width])
    const ofSelf = sub(slice(kernel, [0, 0], [features, width]), ofOther)
    if (training) {
      return norm.apply(weights, edges.sums(linear(x, ofSelf), linear(x, ofOther)), true, edges.real)
    }
    const { factor, offset } = norm.running(weights)
    const self = linear(x, mul(ofSelf, factor), offset)
    return { output: edges.sums(self, linear(x, mul(ofOther, factor))), state: {} }
  }

  return {
    parameters: joined(first, norm, ...rest, ...(project ? [skip] : [])),
    apply: (weights, x, edges, training) => {
      const deep = rest.reduce(
        ({ output, state }, layer) => {
          const next = layer.apply(weights, relu(output), training, edges.real)
          return { output: next.output, state: { ...state, ...next.state } }
        },
        edgesOf(weights, x, edges, training),
      )
      const mean = edges.means(relu(deep.output))
      const own = project ? skip.apply(weights, x, training, edges.points) : { output: x, state: {} }
      return { output: relu(add(mean, own.output)), state: { ...deep.state, ...own.state } }
    },
  }
}
