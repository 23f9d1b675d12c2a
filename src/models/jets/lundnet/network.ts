import { z } from 'zod'
import {
  binaryCrossEntropy,
  dense,
  dropout,
  joined,
  mlp,
  normalise,
  weightedMean,
} from '../../../train/layers/index.js'
import type { LossTerms, Network, SampleStatistics } from '../../../train/recipe.js'
import type { StepContext, Tensors } from '../../../train/trace/index.js'
import { concat, log1p, mul, relu, reshape, sigmoid, sub, sum } from '../../../train/trace/tf.js'
import { distanceCorrelation } from './decorrelation.js'
import { type Graphs, packedGraphs, paddedGraphs } from './graph.js'
import { normalisedTrunk, plainTrunk } from './trunk.js'

export const NetworkOptions = z.strictObject({
  blocks: z
    .array(z.int().positive())
    .min(1)
    .default([32, 32, 64, 64, 128, 128])
    .describe('Widths of the EdgeConv blocks, each of two layers; their outputs are used side by side.'),
  normalisation: z
    .enum(['batch', 'none'])
    .default('batch')
    .describe('Of inputs, edges, shortcuts and fusion: by the batch, or of the inputs alone by the sample.'),
  fusion: z
    .int()
    .positive()
    .default(384)
    .describe('Size of what is learnt of a splitting from the outputs of all blocks.'),
  pooling: z
    .array(z.enum(['mean', 'max', 'count']))
    .min(1)
    .default(['mean', 'max', 'count'])
    .describe('What of its splittings makes a jet, side by side; count is their number.'),
  dense: z.int().positive().default(256).describe('Size of what is learnt of a jet.'),
  dropout: z.number().min(0).lt(1).default(0.1).describe('Share of it dropped in training.'),
})
export type NetworkOptions = z.infer<typeof NetworkOptions>

/**
 * LundNet (Dreyer, Qu, arXiv:2012.08526, section 3): EdgeConv over the Lund graph, the outputs of all blocks side by side,
 * a layer on each node, pooling over the nodes, a layer on the jet and on what is known of it besides (`jet`). One number:
 * the logit of signal.
 * @param decorrelation weight of the distance correlation between score and `target.mass` of background jets; 0 for none
 */
export function lundNetwork(
  options: NetworkOptions,
  { tensors }: SampleStatistics,
  decorrelation: number,
): Network {
  const { nodes, jet: known } = tensors
  const trunk =
    options.normalisation === 'batch'
      ? normalisedTrunk(nodes.mean.length, options)
      : plainTrunk(nodes, options)
  const besides = known && normalise('known', known)
  const sizes = options.pooling.map((kind) => (kind === 'count' ? 1 : options.fusion))
  const inputs = sizes.reduce((a, b) => a + b, known?.mean.length ?? 0)
  const jet = mlp('jet', { sizes: [inputs, options.dense], last: 'relu' })
  const output = dense('output', { inputs: options.dense, outputs: 1 })
  const logit = (weights: Tensors, batch: Tensors, graphs: Graphs, context?: StepContext) => {
    const splittings = trunk.apply(weights, graphs, context !== undefined)
    const parts = options.pooling.map((kind) =>
      kind === 'count' ? log1p(sum(batch['mask'], 1, true)) : graphs.pool(kind, splittings.output),
    )
    const all = besides === undefined ? parts : [...parts, besides.apply(weights, batch['jet'])]
    const hidden = jet.apply(weights, concat(all, -1))
    const z = output.apply(weights, dropout('jet', options.dropout, hidden, context))
    return { z, state: splittings.state }
  }
  return {
    parameters: joined(trunk, ...(besides === undefined ? [] : [besides]), jet, output),
    loss: (weights, batch, context) => {
      const { z, state } = logit(weights, batch, packedGraphs(batch), context)
      const losses = reshape(binaryCrossEntropy(z, batch['target.signal']), [z.shape[0] as number])
      const terms: LossTerms['terms'] = {
        classes: { value: weightedMean(losses, batch['weight']), weight: 1 },
      }
      if (decorrelation === 0) return { terms, state }
      const weight = reshape(batch['weight'], [-1, 1])
      // Weights may be negative; a distance has no use for such a share.
      const background = mul(relu(weight), sub(1, batch['target.signal']))
      const value = distanceCorrelation(sigmoid(z), batch['target.mass'], background)
      return { terms: { ...terms, mass: { value, weight: decorrelation } }, state }
    },
    predict: (weights, batch) => ({ probability: sigmoid(logit(weights, batch, paddedGraphs(batch)).z) }),
  }
}
