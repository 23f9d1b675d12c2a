import { z } from 'zod'
import { joined, mlp, normalise, weightedMean } from '../../../train/layers/index.js'
import type { Network, SampleStatistics } from '../../../train/recipe.js'
import type { StepContext, Tensors } from '../../../train/trace/index.js'
import {
  abs,
  add,
  concat,
  customGrad,
  div,
  exp,
  maximum,
  minimum,
  mul,
  relu,
  type Scalar,
  sigmoid,
  slice,
  softplus,
  sub,
  sum,
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

/** Cross-entropy of logits z with an event's shares of signal and background: s softplus(−z) + b softplus(z). */
function shared(z: Tensor, signal: Tensor, background: Tensor): Tensor {
  // softplus(z), exact for large |z|; softplus(−z) = softplus(z) − z.
  const up = add(relu(z), softplus(mul(abs(z), -1)))
  return add(mul(signal, sub(up, z)), mul(background, up))
}

/**
 * Two classifiers with nothing in common but their inputs. The first, f, tells the target from the source;
 * w = f / (1 − f) = exp(logit) is the ratio of their densities, where both weigh the same, else of their events
 * (Andreassen and Nachman, arXiv:1907.08209). The second is trained to tell the target from the source as it is weighted at
 * that moment: what it still finds, the weights have missed. No gradient flows from the second into the first.
 * An event belongs to both samples in shares (`target.sample` [n, 2]: of the target, of the source), which may be negative
 * as its weight may: 1 and 0 where the samples are of different files.
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
      const { weight, 'target.sample': shares } = batch
      const [first, second] = logits(weights, batch, context)
      const [target, source] = [0, 1].map((column) => slice(shares, [0, column], [-1, 1]))
      const flat = (x: Tensor): Tensor => x.reshape([shares.shape[0] as number])
      const found = mul(source, stopped(exp(bounded(first))))
      const left = sum(mul(weight, flat(shared(second, target, found))))
      // As weightedMean: absolute values keep the scale from depending on how far weights cancel.
      const size = sum(abs(mul(weight, flat(add(target, found)))))
      return {
        terms: {
          ratio: { value: weightedMean(flat(shared(first, target, source)), weight), weight: 1 },
          // The better the weights, the less the second finds and the larger its loss: epochs are not chosen by it.
          closure: { value: div(left, add(size, 1e-12)) as Scalar, weight: context === undefined ? 0 : 1 },
        },
      }
    },
    predict: (weights, batch) => {
      const [first, second] = logits(weights, batch)
      return { reweighting: concat([exp(bounded(first)), sigmoid(first), sigmoid(second)], -1) }
    },
  }
}
