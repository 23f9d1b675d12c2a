import { z } from 'zod'
import {
  binaryCrossEntropy,
  dense,
  dropout,
  edgeConv,
  joined,
  mlp,
  type Neighbours,
  normalise,
  pooledAll,
  weightedMean,
} from '../../../train/layers/index.js'
import type { LossTerms, Network, SampleStatistics } from '../../../train/recipe.js'
import type { StepContext, Tensors } from '../../../train/trace/index.js'
import {
  cast,
  concat,
  expandDims,
  greaterEqual,
  maximum,
  mul,
  relu,
  reshape,
  sigmoid,
  sub,
  type Tensor,
} from '../../../train/trace/tf.js'
import { distanceCorrelation } from './decorrelation.js'

export const NetworkOptions = z.strictObject({
  blocks: z
    .array(z.int().positive())
    .min(1)
    .default([32, 32, 64, 64, 128, 128])
    .describe('Widths of the EdgeConv blocks, each of two layers; their outputs are used side by side.'),
  dense: z.int().positive().default(256).describe('Size of what is learnt of a jet.'),
  dropout: z.number().min(0).lt(1).default(0.1).describe('Share of it dropped in training.'),
})
export type NetworkOptions = z.infer<typeof NetworkOptions>

/**
 * LundNet (Dreyer, Qu, arXiv:2012.08526, section 3): EdgeConv over the Lund graph, the outputs of all blocks side by side,
 * a layer on each node, pooling over the nodes, a layer on the jet. One number: the logit of signal.
 * @param decorrelation weight of the distance correlation between score and `target.mass` of background jets; 0 for none
 */
export function lundNetwork(
  options: NetworkOptions,
  { tensors }: SampleStatistics,
  decorrelation: number,
): Network {
  const { nodes } = tensors
  const features = nodes.mean.length
  const input = normalise('input', nodes)
  const blocks = options.blocks.map((width, i) =>
    edgeConv(`edge${i}`, { features: i === 0 ? features : options.blocks[i - 1], widths: [width, width] }),
  )
  const together = options.blocks.reduce((a, b) => a + b, 0)
  const fuse = mlp('fuse', { sizes: [together, options.dense], last: 'relu' })
  const jet = mlp('jet', { sizes: [2 * options.dense, options.dense], last: 'relu' })
  const output = dense('output', { inputs: options.dense, outputs: 1 })
  const logit = (weights: Tensors, batch: Tensors, context?: StepContext): Tensor => {
    const { mask } = batch
    const graph = neighboursOf(batch['neighbours'])
    const outputs: Tensor[] = []
    blocks.reduce(
      (x, block) => {
        const y = mul(block.apply(weights, x, graph), expandDims(mask, -1))
        outputs.push(y)
        return y
      },
      input.apply(weights, batch['nodes'], mask),
    )
    const pooled = pooledAll(['mean', 'max'], fuse.apply(weights, concat(outputs, -1)), mask)
    return output.apply(weights, dropout('jet', options.dropout, jet.apply(weights, pooled), context))
  }
  return {
    parameters: joined(input, ...blocks, fuse, jet, output),
    loss: (weights, batch, context) => {
      const z = logit(weights, batch, context)
      const losses = reshape(binaryCrossEntropy(z, batch['target.signal']), [z.shape[0] as number])
      const terms: LossTerms['terms'] = {
        classes: { value: weightedMean(losses, batch['weight']), weight: 1 },
      }
      if (decorrelation === 0) return { terms }
      const weight = reshape(batch['weight'], [-1, 1])
      // Weights may be negative; a distance has no use for such a share.
      const background = mul(relu(weight), sub(1, batch['target.signal']))
      const value = distanceCorrelation(sigmoid(z), batch['target.mass'], background)
      return { terms: { ...terms, mass: { value, weight: decorrelation } } }
    },
    predict: (weights, batch) => ({ probability: sigmoid(logit(weights, batch)) }),
  }
}

/** Positions as a scorer feeds them, −1 for none, as the neighbours of an EdgeConv. */
function neighboursOf(positions: Tensor): Neighbours {
  const valid = cast(greaterEqual(positions, 0), 'float32')
  return { indices: cast(maximum(positions, 0), 'int32'), valid }
}
