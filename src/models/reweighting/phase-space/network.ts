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
  log,
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
  loss: z
    .enum(['cross-entropy', 'square-root'])
    .default('cross-entropy')
    .describe(
      'Of the first classifier. square-root: s / √w + b √w, which minds the relative error of small weights more.',
    ),
  members: z
    .int()
    .min(1)
    .max(20)
    .default(1)
    .describe(
      'Networks of the first classifier, each with its own starting weights; the weight is their mean.',
    ),
  largest: z.number().gt(1).default(50).describe('Weights are at most this.'),
  smallest: z
    .number()
    .gt(0)
    .lt(1)
    .nullable()
    .default(null)
    .describe('Weights are at least this; null for the inverse of the largest.'),
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
 * s / √w + b √w with w = exp(z), halved: its minimum is at w = s / b too, by which weights are found as well as by the
 * cross-entropy (Rizvi, Pettee and Nachman, arXiv:2305.10500). An event's error counts by w^(−3/2) instead of 1 / (w (1 + w)).
 */
const squareRoot = (z: Tensor, signal: Tensor, background: Tensor): Tensor =>
  mul(add(mul(signal, exp(mul(z, -0.5))), mul(background, exp(mul(z, 0.5)))), 0.5)

/**
 * Two classifiers with nothing in common but their inputs. The first, f, tells the target from the source;
 * w = f / (1 − f) = exp(logit) is the ratio of their densities, where both weigh the same, else of their events
 * (Andreassen and Nachman, arXiv:1907.08209); it may be of several networks, whose mean ratio it is. The second is trained to tell
 * the target from the source as it is weighted at that moment: what it still finds, the weights have missed. No gradient flows from
 * the second into the first.
 * An event belongs to both samples in shares (`target.sample` [n, 2]: of the target, of the source), which may be negative
 * as its weight may: 1 and 0 where the samples are of different files.
 */
export function reweighter(
  { layers, units, dropout, loss: kind, members, largest, smallest }: NetworkOptions,
  { tensors: { kinematics } }: SampleStatistics,
): Network {
  const input = normalise('input', kinematics)
  const sizes = [kinematics.mean.length, ...new Array<number>(layers).fill(units), 1]
  const net = (name: string) => mlp(name, { sizes, activation: 'gelu', dropout })
  const ratios = Array.from({ length: members }, (_, k) => net(members === 1 ? 'ratio' : `ratio/${k}`))
  const closure = net('closure')
  const [least, most] = [Math.log(smallest ?? 1 / largest), Math.log(largest)]
  const bounded = (z: Tensor): Tensor => minimum(maximum(z, least), most)
  const mean = (values: readonly Tensor[]): Tensor =>
    values.length === 1 ? values[0] : mul(values.reduce(add), 1 / values.length)
  const weightOf = (logits: readonly Tensor[]): Tensor => mean(logits.map((z) => exp(bounded(z))))
  const run = (weights: Tensors, batch: Tensors, context?: StepContext) => {
    const x = input.apply(weights, batch['kinematics'])
    return {
      logits: ratios.map((ratio) => ratio.apply(weights, x, context)),
      second: closure.apply(weights, x, context),
    }
  }
  const lossOf = kind === 'cross-entropy' ? shared : squareRoot
  return {
    parameters: joined(input, ...ratios, closure),
    loss: (weights, batch, context) => {
      const { weight, 'target.sample': shares } = batch
      const { logits, second } = run(weights, batch, context)
      const [target, source] = [0, 1].map((column) => slice(shares, [0, column], [-1, 1]))
      const flat = (x: Tensor): Tensor => x.reshape([shares.shape[0] as number])
      const weighted = stopped(weightOf(logits))
      const found = mul(source, weighted)
      const left = sum(mul(weight, flat(shared(second, target, found))))
      // As weightedMean: absolute values keep the scale from depending on how far weights cancel.
      const size = sum(abs(mul(weight, flat(add(target, found)))))
      // In training each network by itself; epochs are chosen by what they are worth together.
      const judged = context === undefined && members > 1 ? [log(weighted)] : logits
      const ratio = mean(judged.map((z) => weightedMean(flat(lossOf(z, target, source)), weight)))
      return {
        terms: {
          ratio: { value: ratio as Scalar, weight: 1 },
          // The better the weights, the less the second finds and the larger its loss: epochs are not chosen by it.
          closure: { value: div(left, add(size, 1e-12)) as Scalar, weight: context === undefined ? 0 : 1 },
        },
      }
    },
    predict: (weights, batch) => {
      const { logits, second } = run(weights, batch)
      const weight = weightOf(logits)
      const probability = members === 1 ? sigmoid(logits[0]) : div(weight, add(weight, 1))
      return { reweighting: concat([weight, probability, sigmoid(second)], -1) }
    },
  }
}
