import * as tf from '@tensorflow/tfjs'
import {
  edgeConv,
  edgeConvNorm,
  joined,
  type Parameters,
  type Pooling,
  packed,
  packedEdges,
  packing,
  paddedEdges,
  pooled,
  pooledRows,
} from '#spillway/train/layers/index.js'
import type { ParityCase, ParityInput, Tensors } from '../trace/parity.js'

const FEATURES = 6
const poolings: readonly Pooling[] = ['sum', 'mean', 'max']
const x: ParityInput = { shape: ['B', 'N', FEATURES] }
/** Real tokens anywhere, so that an event of few has none now and then. */
const mask: ParityInput = { shape: ['B', 'N'], values: 'mask' }

/**
 * Neighbours [batch, n, 3] of the real tokens, −1 for none: a binary tree in heap order of which only the real ones are
 * left, so that neighbours are mutual and many tokens have none.
 */
function treeOf(real: tf.Tensor): tf.Tensor {
  const [, n] = real.shape as number[]
  const at = tf.reshape(tf.range(0, n, 1, 'int32'), [n, 1])
  const up = tf.floorDiv(tf.sub(at, tf.scalar(1, 'int32')), tf.scalar(2, 'int32'))
  const left = tf.add(tf.mul(at, tf.scalar(2, 'int32')), tf.scalar(1, 'int32'))
  const positions = tf.concat([up, left, tf.add(left, tf.scalar(1, 'int32'))], 1)
  const inside = tf.logicalAnd(tf.greaterEqual(positions, 0), tf.less(positions, tf.scalar(n, 'int32')))
  const safe = tf.where(inside, positions, tf.scalar(n, 'int32'))
  const padded = tf.pad(real, [
    [0, 0],
    [0, 1],
  ])
  const theirs = tf.gather(padded, tf.cast(safe, 'int32') as tf.Tensor2D, 1)
  const both = tf.greater(tf.mul(theirs, tf.expandDims(real, -1)), 0)
  return tf.where(both, tf.cast(positions, 'float32'), -1)
}

/** As the padded layers want them. */
const neighboursOf = (positions: tf.Tensor) => ({
  indices: tf.cast(tf.maximum(positions, 0), 'int32'),
  valid: tf.cast(tf.greaterEqual(positions, 0), 'float32'),
})

/** What layers on tokens and edges give, pooled: the same with padding and without. */
type Layers = (weights: Tensors, x: tf.Tensor, edges: ReturnType<typeof packedEdges>) => tf.Tensor

const withoutPadding =
  (layers: Layers): ParityCase['fn'] =>
  (i) => {
    const places = packing(i['mask'])
    const out = layers(i, packed(i['x'], places), packedEdges(treeOf(i['mask']), places))
    return poolings.map((kind) => pooledRows(kind, out, places))
  }

const withPadding =
  (layers: Layers): ParityCase['fn'] =>
  (i) => {
    const out = layers(i, i['x'], paddedEdges(neighboursOf(treeOf(i['mask'])), i['mask']))
    return poolings.map((kind) => pooled(kind, out, i['mask']))
  }

const conv = edgeConv('e', { features: FEATURES, widths: [8, 7] })
const first = edgeConvNorm('a', { features: FEATURES, widths: [8, 7] })
const second = edgeConvNorm('b', { features: 7, widths: [7, 7] })
const trained = joined(first, second)
const twoBlocks =
  (training: boolean): Layers =>
  (w, tokens, edges) =>
    second.apply(w, first.apply(w, tokens, edges, training).output, edges, training).output

const layers: readonly {
  readonly name: string
  readonly parameters: Parameters
  readonly apply: Layers
  readonly tolerance?: number
}[] = [
  { name: 'pooling', parameters: {}, apply: (_, tokens) => tokens },
  { name: 'edge convolution', parameters: conv.parameters, apply: conv.apply },
  {
    name: 'edge convolutions and batch norm, training',
    parameters: trained,
    apply: twoBlocks(true),
    // Sums over rows in another order, divided by deviations four times.
    tolerance: 5e-4,
  },
  { name: 'edge convolutions and batch norm, evaluation', parameters: trained, apply: twoBlocks(false) },
]

/** Each layer against itself in TensorFlow.js, and against itself with padding. */
export const packedCases: readonly ParityCase[] = layers.flatMap(({ name, parameters, apply, tolerance }) => {
  const weights = Object.entries(parameters).map(([key, { shape, trained: isTrained }]) => {
    const values: ParityInput['values'] = isTrained === false ? 'positive' : 'weight'
    return [key, { shape, values }] as const
  })
  const learnt = Object.entries(parameters).filter(([, spec]) => spec.trained !== false)
  const parity = {
    inputs: { x, mask, ...Object.fromEntries(weights) },
    fn: withoutPadding(apply),
    gradients: ['x', ...learnt.map(([key]) => key)],
    tolerance,
  }
  return [
    { name, ...parity },
    { name: `${name}, beside padding`, ...parity, reference: withPadding(apply) },
  ]
})
