import * as tf from '@tensorflow/tfjs'
import type { TrainProgram } from '#spillway/train/executor/index.js'
import {
  attentionBias,
  attentionPooling,
  batchNorm,
  binaryCrossEntropy,
  carriedSpecs,
  deepSets,
  dense,
  dropout,
  edgeConv,
  flow,
  gelu,
  gru,
  inputConvex,
  joined,
  logProbability,
  lstm,
  mlp,
  nearest,
  normalise,
  type Parameters,
  paddedEdges,
  pairBias,
  pooled,
  splineCoupling,
  trainedSpecs,
  transformerBlock,
  weightedMean,
} from '#spillway/train/layers/index.js'
import {
  adam,
  type InputSpecs,
  type Optimizer,
  type StepContext,
  type Tensors,
} from '#spillway/train/trace/index.js'

/** A model to train: logits [batch, 1], or log-probabilities where there is no target. */
export interface Model {
  readonly name: string
  readonly inputs: InputSpecs
  readonly parameters: Parameters
  readonly forward: (weights: Tensors, inputs: Tensors, context?: StepContext) => tf.Tensor
  /** New running statistics, where the model has any. */
  readonly state?: (weights: Tensors, inputs: Tensors) => Tensors
  /** Tensors whose true gradient is zero: rounding alone moves them, in any backend. */
  readonly nullGradient?: readonly string[]
}

const tokens = (n: string, f: number): InputSpecs => ({
  x: { shape: ['B', n, f] },
  mask: { shape: ['B', n] },
})

const head = (name: string, inputs: number) => dense(name, { inputs, outputs: 1 })

function mlpModel(): Model {
  const input = normalise('in', { mean: [0.1, 0.2, 0.3, 0.4], deviation: [1, 2, 1, 2] })
  const first = mlp('net', { sizes: [4, 16], last: 'gelu' })
  const norm = batchNorm('norm', { features: 16 })
  const last = mlp('out', { sizes: [16, 16, 1], activation: 'silu' })
  const hidden = (w: Tensors, i: Tensors) => first.apply(w, input.apply(w, i['x']))
  return {
    name: 'MLP with batch norm and dropout',
    inputs: { x: { shape: ['B', 4] } },
    parameters: joined(input, first, norm, last),
    forward: (w, i, context) => {
      const { output } = norm.apply(w, hidden(w, i), context !== undefined)
      return last.apply(w, dropout('drop', 0.2, output, context))
    },
    state: (w, i) => norm.apply(w, hidden(w, i), true).state,
  }
}

function deepSetsModel(): Model {
  const net = deepSets('sets', { features: 3, token: [12, 12], set: [12, 1], poolings: ['mean', 'max'] })
  return {
    name: 'Deep Sets',
    inputs: tokens('N', 3),
    parameters: net.parameters,
    forward: (w, { x, mask }) => net.apply(w, x, mask),
  }
}

function recurrentModel(kind: 'GRU' | 'LSTM'): Model {
  const net = (kind === 'GRU' ? gru : lstm)('rnn', { features: 3, units: 8 })
  const out = head('out', 8)
  return {
    name: kind,
    inputs: tokens('N', 3),
    parameters: joined(net, out),
    forward: (w, { x, mask }) => out.apply(w, net.apply(w, x, mask).last),
  }
}

function transformerModel(): Model {
  const embed = dense('embed', { inputs: 3, outputs: 12 })
  const pairs = pairBias('pairs', { features: 2, hidden: 6, heads: 3 })
  const blocks = [0, 1].map((i) => transformerBlock(`block${i}`, { size: 12, heads: 3, dropout: 0.1 }))
  const pool = attentionPooling('pool', 12)
  const out = head('out', 12)
  return {
    name: 'Transformer with pair bias',
    inputs: { ...tokens('N', 3), pairs: { shape: ['B', 'N', 'N', 2] } },
    parameters: joined(embed, pairs, ...blocks, pool, out),
    // The softmax does not see a constant added to all scores of a row.
    nullGradient: ['block0/attention/key/bias', 'block1/attention/key/bias', 'pairs/1/bias'],
    forward: (w, { x, mask, pairs: features }, context) => {
      const bias = attentionBias(mask, pairs.apply(w, features, gelu))
      const deep = blocks.reduce((h, block) => block.apply(w, h, bias, context), embed.apply(w, x))
      return out.apply(w, pool.apply(w, deep, mask))
    },
  }
}

function edgeConvModel(dynamic: boolean): Model {
  const first = edgeConv('edge0', { features: 3, widths: [8, 8] })
  const second = edgeConv('edge1', { features: 8, widths: [8] })
  const out = head('out', 8)
  return {
    name: `EdgeConv, ${dynamic ? 'dynamic' : 'static'} graph`,
    inputs: tokens('N', 3),
    parameters: joined(first, second, out),
    forward: (w, { x, mask }) => {
      const graph = nearest(tf.slice(x, [0, 0, 0], [-1, -1, 2]), mask, 3)
      const h = first.apply(w, x, paddedEdges(graph))
      const deep = second.apply(w, h, paddedEdges(dynamic ? nearest(h, mask, 3) : graph))
      return out.apply(w, pooled('mean', deep, mask))
    },
  }
}

function flowModel(): Model {
  const options = { size: 4, context: 0, hidden: [12], bins: 4, bound: 3 }
  const net = flow(splineCoupling('flow0', options), splineCoupling('flow1', options))
  return {
    name: 'spline flow',
    inputs: { x: { shape: ['B', 4] } },
    parameters: net.parameters,
    // Only the differences of the raw widths and heights of a spline matter (softmax), not these sums: no tensor
    // as a whole has a zero gradient.
    forward: (w, { x }) => logProbability(net.apply(w, x)),
  }
}

function convexModel(): Model {
  const net = inputConvex('convex', { inputs: 2, context: 3, widths: [8, 8] })
  return {
    name: 'partially input-convex network',
    inputs: { x: { shape: ['B', 2] }, context: { shape: ['B', 3] } },
    parameters: net.parameters,
    forward: (w, { x, context }) => net.apply(w, x, context),
  }
}

export const models: readonly Model[] = [
  mlpModel(),
  deepSetsModel(),
  recurrentModel('GRU'),
  recurrentModel('LSTM'),
  transformerModel(),
  edgeConvModel(false),
  edgeConvModel(true),
  flowModel(),
  convexModel(),
]

/** Binary cross-entropy against `t`, or the negative log-probability where the model has no target. */
export function programOf(
  model: Model,
  optimizer: Optimizer = adam(),
  extra: Pick<TrainProgram, 'transformGradients'> = {},
): TrainProgram {
  const isFlow = model.name.endsWith('flow')
  const lossOf = (output: tf.Tensor, inputs: Tensors) =>
    isFlow ? (tf.neg(tf.mean(output)) as tf.Scalar) : weightedMean(binaryCrossEntropy(output, inputs['t']))
  return {
    inputs: isFlow ? model.inputs : { ...model.inputs, t: { shape: ['B', 1] } },
    parameters: trainedSpecs(model.parameters),
    state: carriedSpecs(model.parameters),
    optimizer,
    loss: (weights, inputs, context) => ({
      loss: lossOf(model.forward(weights, inputs, context), inputs),
      state: model.state?.(weights, inputs),
    }),
    evaluate: (weights, inputs) => {
      const output = model.forward(weights, inputs)
      return { output, loss: lossOf(output, inputs) }
    },
    ...extra,
  }
}
