import { z } from 'zod'
import { joined, mlp, normalise, weightedMean } from '../../../train/layers/index.js'
import type { Network, SampleStatistics } from '../../../train/recipe.js'
import type { StepContext, Tensors } from '../../../train/trace/index.js'
import {
  abs,
  add,
  concat,
  mul,
  relu,
  sigmoid,
  slice,
  softplus,
  sub,
  type Tensor,
} from '../../../train/trace/tf.js'

export const NetworkOptions = z.strictObject({
  layers: z.int().min(1).max(8).default(3).describe('Hidden layers of each classifier.'),
  units: z.int().positive().default(64).describe('Size of a hidden layer.'),
  activation: z.enum(['relu', 'gelu', 'silu', 'tanh']).default('gelu').describe('Between the layers.'),
  dropout: z.number().min(0).lt(1).default(0.1).describe('Share of activations dropped in training.'),
})
export type NetworkOptions = z.infer<typeof NetworkOptions>

/** A binary classifier: its name, and the share of the sample that its signal template has. */
export interface Classifier {
  readonly name: string
  readonly prior: number
}

/**
 * Binary classifiers side by side in one graph, sharing nothing but their inputs. Each event belongs to both templates of
 * a classifier, in shares a and b (`target.<name>` [n, 2]): its loss is (a/π) softplus(−z) + (b/(1−π)) softplus(z), halved,
 * which is the cross-entropy of two samples of reweighted events without drawing any. With π the mean of a/(a+b) the two
 * weigh the same, and the score is p = (a/π) / (a/π + b/(1−π)).
 */
export function classifiers(
  list: readonly Classifier[],
  { layers, units, activation, dropout }: NetworkOptions,
  { tensors: { kinematics } }: SampleStatistics,
): Network {
  const input = normalise('input', kinematics)
  const hidden = new Array<number>(layers).fill(units)
  const nets = list.map(({ name }) =>
    mlp(name, { sizes: [kinematics.mean.length, ...hidden, 1], activation, dropout }),
  )
  const logits = (weights: Tensors, batch: Tensors, context?: StepContext): Tensor[] => {
    const x = input.apply(weights, batch['kinematics'])
    return nets.map((net) => net.apply(weights, x, context))
  }
  return {
    parameters: joined(input, ...nets),
    loss: (weights, batch, context) => {
      const found = logits(weights, batch, context)
      const terms = list.map(({ name, prior }, k) => {
        const shares = batch[`target.${name}`]
        const [z] = [found[k]]
        const signal = mul(slice(shares, [0, 0], [-1, 1]), 0.5 / prior)
        const rest = mul(slice(shares, [0, 1], [-1, 1]), 0.5 / (1 - prior))
        // softplus(z), exact for large |z|; softplus(−z) = softplus(z) − z.
        const up = add(relu(z), softplus(mul(abs(z), -1)))
        const losses = add(mul(signal, sub(up, z)), mul(rest, up))
        const value = weightedMean(losses.reshape([losses.shape[0] as number]), batch['weight'])
        return [name, { value, weight: 1 }] as const
      })
      return { terms: Object.fromEntries(terms) }
    },
    predict: (weights, batch) => ({ scores: sigmoid(concat(logits(weights, batch), -1)) }),
  }
}
