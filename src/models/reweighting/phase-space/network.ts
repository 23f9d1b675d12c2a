import { z } from 'zod'
import { binaryCrossEntropy, joined, mlp, normalise, weightedMean } from '../../../train/layers/index.js'
import type { Network, SampleStatistics } from '../../../train/recipe.js'
import type { StepContext, Tensors } from '../../../train/trace/index.js'
import {
  add,
  concat,
  customGrad,
  exp,
  maximum,
  minimum,
  mul,
  sigmoid,
  sub,
  type Tensor,
  zerosLike,
} from '../../../train/trace/tf.js'

export const NetworkOptions = z.strictObject({
  layers: z.int().min(1).max(8).default(3).describe('Hidden layers of each classifier.'),
  units: z.int().positive().default(64).describe('Size of a hidden layer.'),
  dropout: z.number().min(0).lt(1).default(0).describe('Share of activations dropped in training.'),
  largest: z.number().gt(1).default(50).describe('Weights are kept between its inverse and this.'),
})
export type NetworkOptions = z.infer<typeof NetworkOptions>

/** The same numbers, through which no gradient flows. */
const stopped = (x: Tensor): Tensor =>
  customGrad((input) => ({
    value: mul(input as Tensor, 1),
    gradFunc: (dy: Tensor) => zerosLike(dy),
  }))(x)

/**
 * Two classifiers with nothing in common but their inputs. The first, f, tells the target from the source; where both weigh the
 * same, w = f / (1 − f) = exp(logit) is the ratio of their densities (Andreassen and Nachman, arXiv:1907.08209). The second
 * is trained to tell the target from the source as it is weighted at that moment: what it still finds, the weights have
 * missed. No gradient flows from the second into the first.
 */
export function reweighter(
  { layers, units, dropout, largest }: NetworkOptions,
  { tensors: { kinematics } }: SampleStatistics,
): Network {
  const input = normalise('input', kinematics)
  const sizes = [kinematics.mean.length, ...new Array<number>(layers).fill(units), 1]
  const [ratio, closure] = ['ratio', 'closure'].map((name) =>
    mlp(name, { sizes, activation: 'gelu', dropout }),
  )
  const most = Math.log(largest)
  const bounded = (z: Tensor): Tensor => minimum(maximum(z, -most), most)
  const logits = (weights: Tensors, batch: Tensors, context?: StepContext): Tensor[] => {
    const x = input.apply(weights, batch['kinematics'])
    return [ratio, closure].map((net) => net.apply(weights, x, context))
  }
  return {
    parameters: joined(input, ratio, closure),
    loss: (weights, batch, context) => {
      const { weight, 'target.sample': isTarget } = batch
      const [first, second] = logits(weights, batch, context)
      const rows = [isTarget.shape[0] as number]
      const losses = (z: Tensor): Tensor => binaryCrossEntropy(z, isTarget).reshape(rows)
      const found = stopped(exp(bounded(first)))
      // 1 for the target, w for the source.
      const factor = add(isTarget, mul(found, sub(1, isTarget))).reshape(rows)
      return {
        terms: {
          ratio: { value: weightedMean(losses(first), weight), weight: 1 },
          closure: { value: weightedMean(losses(second), mul(weight, factor)), weight: 1 },
        },
      }
    },
    predict: (weights, batch) => {
      const [first, second] = logits(weights, batch)
      return { reweighting: concat([exp(bounded(first)), sigmoid(first), sigmoid(second)], -1) }
    },
  }
}
