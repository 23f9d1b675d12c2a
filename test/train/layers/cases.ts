import * as tf from '@tensorflow/tfjs'
import {
  affineCoupling,
  attention,
  attentionBias,
  attentionPooling,
  batchNorm,
  binaryCrossEntropy,
  crossEntropy,
  deepSets,
  dense,
  denseNorm,
  dropout,
  edgeConv,
  edgeConvNorm,
  flow,
  gelu,
  gru,
  huber,
  inputConvex,
  layerNorm,
  logProbability,
  lstm,
  mlp,
  nearest,
  normalise,
  type Parameters,
  paddedEdges,
  pairBias,
  pooledAll,
  silu,
  splineCoupling,
  transformerBlock,
  weightedMean,
} from '#spillway/train/layers/index.js'
import type { ParityCase, ParityInput, Tensors } from '../trace/parity.js'
import { plainAttention, plainBatchNorm, plainBlock, plainEdgeConvNorm } from './plain.js'

const tokens: ParityInput = { shape: ['B', 'N', 6] }
const mask: ParityInput = { shape: ['B', 'N'], values: 'prefix' }

/** A case whose weights are inputs, so that they are differentiated too. */
function layerCase(
  name: string,
  layer: { readonly parameters: Parameters },
  inputs: Readonly<Record<string, ParityInput>>,
  fn: ParityCase['fn'],
  options: {
    differentiate?: readonly string[]
    reference?: ParityCase['fn']
    nullGradient?: readonly string[]
    tolerance?: number
    contrib?: boolean
  } = {},
): ParityCase {
  const weights = Object.entries(layer.parameters).map(([key, { shape, trained }]) => {
    const values: ParityInput['values'] = trained === false ? 'positive' : 'weight'
    return [key, { shape, values }] as const
  })
  const trained = Object.entries(layer.parameters).filter(([, spec]) => spec.trained !== false)
  const gradients = [...(options.differentiate ?? ['x']), ...trained.map(([key]) => key)]
  return { name, inputs: { ...inputs, ...Object.fromEntries(weights) }, fn, gradients, ...options }
}

const denseLayer = dense('d', { inputs: 6, outputs: 5 })
const norm = layerNorm('n', 6)
const net = mlp('m', { sizes: [6, 8, 3], activation: 'silu' })
const attend = attention('a', { size: 6, heads: 2 })
const pairs = pairBias('p', { features: 3, hidden: 4, heads: 2 })
const block = transformerBlock('b', { size: 6, heads: 3 })
const sets = deepSets('s', { features: 6, token: [8, 7], set: [5, 2], poolings: ['sum', 'mean', 'max'] })
const conv = edgeConv('e', { features: 6, widths: [8, 7] })
const same = edgeConv('e', { features: 6, widths: [6] })
const pooling = attentionPooling('pool', 6)
const batch = batchNorm('bn', { features: 6 })
const normed = denseNorm('dn', { inputs: 6, outputs: 5 })
const convNormed = edgeConvNorm('en', { features: 6, widths: [8, 7] })
const standard = normalise('in', { mean: [1, 2, 3, 4, 5, 6], deviation: [1, 2, 0, 1, 2, 3] })
const convex = inputConvex('c', { inputs: 3, context: 4, widths: [8, 7] })
const affine = flow(
  affineCoupling('f/0', { size: 4, context: 2, hidden: [8] }),
  affineCoupling('f/1', { size: 4, context: 2, hidden: [8] }),
)
const spline = flow(
  splineCoupling('f/0', { size: 4, context: 0, hidden: [8], bins: 5, bound: 3 }),
  splineCoupling('f/1', { size: 4, context: 0, hidden: [8], bins: 5, bound: 3 }),
)

const bias = (i: Tensors) => attentionBias(i['mask'])
const graph: Readonly<Record<string, ParityInput>> = {
  indices: { shape: ['B', 'N', 3], dtype: 'int32', values: 'index:N' },
  valid: { shape: ['B', 'N', 3], values: 'mask' },
}

const neighboursIn = (i: Tensors) => ({ indices: i['indices'], valid: i['valid'] })
const edgesIn = (i: Tensors) => paddedEdges(neighboursIn(i), i['mask'])
/** Running statistics by other names than those that they had before. */
const renamed = (state: Tensors): Tensors =>
  Object.fromEntries(Object.entries(state).map(([name, tensor]) => [`new ${name}`, tensor]))

/** Layers of tokens: batch and length are free. */
export const tokenCases: readonly ParityCase[] = [
  layerCase('dense', denseLayer, { x: tokens }, (i) => denseLayer.apply(i, i['x'])),
  layerCase('layer norm', norm, { x: tokens }, (i) => norm.apply(i, i['x'])),
  ...[false, true].flatMap((contrib) => [
    layerCase(`gelu, contrib ${contrib}`, { parameters: {} }, { x: tokens }, (i) => gelu(i['x']), {
      contrib,
    }),
    layerCase(`silu, contrib ${contrib}`, { parameters: {} }, { x: tokens }, (i) => silu(i['x']), {
      contrib,
    }),
    layerCase(
      `transformer block with pair bias, contrib ${contrib}`,
      {
        parameters: {
          ...block.parameters,
          ...pairBias('p', { features: 3, hidden: 4, heads: 3 }).parameters,
        },
      },
      { x: tokens, mask, pairs: { shape: ['B', 'N', 'N', 3] } },
      (i) => {
        const interaction = pairBias('p', { features: 3, hidden: 4, heads: 3 }).apply(i, i['pairs'], gelu)
        return block.apply(i, i['x'], attentionBias(i['mask'], interaction))
      },
      {
        contrib,
        differentiate: ['x', 'pairs'],
        // In plain operations: what the block's own gradients must be.
        reference: (i) => {
          const interaction = pairBias('p', { features: 3, hidden: 4, heads: 3 }).apply(i, i['pairs'], gelu)
          return plainBlock(i, 'b', 3, [i['x'], attentionBias(i['mask'], interaction)])
        },
        nullGradient: ['b/attention/key/bias', 'p/1/bias'],
      },
    ),
  ]),
  layerCase('mlp', net, { x: tokens }, (i) => net.apply(i, i['x'])),
  layerCase(
    'dropout',
    { parameters: {} },
    { x: tokens, step: { shape: [], dtype: 'int32', values: 'index:1000' } },
    (i) => dropout('drop', 0.3, i['x'], { step: i['step'] as tf.Scalar }),
  ),
  layerCase(
    'masked attention',
    attend,
    { x: tokens, mask },
    (i) => attend.apply(i, i['x'], i['x'], bias(i)),
    { nullGradient: ['a/key/bias'] },
  ),
  layerCase(
    'cross attention to another length',
    attend,
    { x: tokens, source: { shape: ['B', 'M', 6] }, mask: { shape: ['B', 'M'], values: 'prefix' } },
    (i) => attend.apply(i, i['x'], i['source'], bias(i)),
    {
      differentiate: ['x', 'source'],
      reference: (i) => plainAttention(i, 'a', 2, [i['x'], i['source'], bias(i)]),
      // The softmax does not see what is added to all scores of a row.
      nullGradient: ['a/key/bias'],
    },
  ),
  layerCase('pair bias', pairs, { x: { shape: ['B', 'N', 'N', 3] } }, (i) => pairs.apply(i, i['x'], tf.relu)),
  layerCase('deep sets, all poolings', sets, { x: tokens, mask }, (i) => sets.apply(i, i['x'], i['mask'])),
  layerCase('poolings', { parameters: {} }, { x: tokens, mask }, (i) =>
    pooledAll(['max', 'mean'], i['x'], i['mask']),
  ),
  layerCase('attention pooling', pooling, { x: tokens, mask }, (i) => pooling.apply(i, i['x'], i['mask'])),
  layerCase('edge convolution over nearest neighbours', conv, { x: tokens, mask }, (i) =>
    conv.apply(i, i['x'], paddedEdges(nearest(tf.slice(i['x'], [0, 0, 0], [-1, -1, 2]), i['mask'], 3))),
  ),
  layerCase('edge convolution, dynamic', conv, { x: tokens, mask }, (i) =>
    conv.apply(i, i['x'], paddedEdges(nearest(i['x'], i['mask'], 2))),
  ),
  layerCase('edge convolution over a given graph', same, { x: tokens, ...graph }, (i) =>
    same.apply(i, i['x'], edgesIn(i)),
  ),
  layerCase(
    'batch norm, training',
    batch,
    { x: tokens, mask },
    (i) => batch.apply(i, i['x'], true, i['mask']).output,
    { reference: (i) => plainBatchNorm(i, 'bn', i['x'], i['mask']) },
  ),
  {
    ...layerCase('batch norm, running statistics', batch, { x: tokens, mask }, (i) =>
      renamed(batch.apply(i, i['x'], true, i['mask']).state),
    ),
    gradients: [],
  },
  layerCase('batch norm, evaluation', batch, { x: tokens }, (i) => batch.apply(i, i['x'], false).output),
  layerCase('dense layer and batch norm, training', normed, { x: tokens, mask }, (i) => {
    const { output } = normed.apply(i, i['x'], true, i['mask'])
    return output
  }),
  layerCase(
    'dense layer and batch norm, evaluation',
    normed,
    { x: tokens },
    (i) => normed.apply(i, i['x'], false).output,
  ),
  layerCase(
    'edge convolution and batch norm, training',
    convNormed,
    { x: tokens, mask, ...graph },
    (i) => convNormed.apply(i, i['x'], edgesIn(i), true).output,
    {
      reference: (i) => plainEdgeConvNorm(i, 'en', i['x'], { ...neighboursIn(i), mask: i['mask'] }),
      // The reference rounds otherwise in its first product, and what follows is divided by deviations twice.
      tolerance: 5e-4,
    },
  ),
  {
    ...layerCase(
      'edge convolution and batch norm, running statistics',
      convNormed,
      { x: tokens, mask, ...graph },
      (i) => renamed(convNormed.apply(i, i['x'], edgesIn(i), true).state),
    ),
    gradients: [],
  },
  layerCase(
    'edge convolution and batch norm, evaluation',
    convNormed,
    { x: tokens, ...graph },
    (i) => convNormed.apply(i, i['x'], edgesIn(i), false).output,
  ),
  layerCase('input normalisation', standard, { x: tokens, mask }, (i) =>
    standard.apply(i, i['x'], i['mask']),
  ),
]

/** Layers of whole events: the batch is free. */
export const eventCases: readonly ParityCase[] = [
  layerCase(
    'input-convex network',
    convex,
    { x: { shape: ['B', 3] }, context: { shape: ['B', 4] } },
    (i) => convex.apply(i, i['x'], i['context']),
    { differentiate: ['x', 'context'] },
  ),
  layerCase(
    'affine flow',
    affine,
    { x: { shape: ['B', 4] }, context: { shape: ['B', 2] } },
    (i) => logProbability(affine.apply(i, i['x'], i['context'])),
    { differentiate: ['x', 'context'], tolerance: 3e-5 },
  ),
  layerCase(
    'spline flow',
    spline,
    { x: { shape: ['B', 4] } },
    (i) => logProbability(spline.apply(i, i['x'])),
    {
      tolerance: 1e-4,
    },
  ),
  layerCase(
    'losses',
    { parameters: {} },
    {
      x: { shape: ['B', 3] },
      t: { shape: ['B', 3], values: 'mask' },
      w: { shape: ['B', 3] },
      v: { shape: ['B'] },
    },
    ({ x, t, w, v }) => [
      weightedMean(binaryCrossEntropy(x, t), w),
      weightedMean(crossEntropy(x, t), v),
      weightedMean(huber(x, t, 0.5)),
    ],
  ),
]

/** Recurrent layers: traced they take any length, by TensorFlow.js they are unrolled. */
export const recurrentCases: readonly ParityCase[] = Object.entries({
  gru: gru('r', { features: 6, units: 5 }),
  lstm: lstm('r', { features: 6, units: 5 }),
}).map(([kind, layer]) =>
  layerCase(kind, layer, { x: tokens, mask }, (i) => ({ ...layer.apply(i, i['x'], i['mask']) })),
)
