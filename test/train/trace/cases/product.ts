import * as tf from '@tensorflow/tfjs'
import type { ParityCase, ParityInput } from '../parity.js'
import { NONE, one, row, two, x } from './inputs.js'

export const productCases: readonly ParityCase[] = [
  two('matMul', (a, b) => tf.matMul(tf.reshape(a, [-1, 4]), b), x, { shape: [4, 3] }),
  two('matMul batched', (a, b) => tf.matMul(a, b), x, { shape: ['B', 4, 3] }),
  two('matMul broadcast', (a, b) => tf.matMul(a, b), { shape: ['B', 2, 'N', 4] }, { shape: [2, 4, 3] }, NONE),
  two('matMul b transposed', (a, b) => tf.matMul(a, b, false, true), x, x),
  two('matMul a transposed', (a, b) => tf.matMul(a, b, true, false), x, x),
  two('matMul both transposed', (a, b) => tf.matMul(a, b, true, true), x, { shape: ['B', 5, 'N'] }),
  two('dot', (a, b) => tf.dot(tf.reshape(a, [-1, 4]), b), x, row),
  ...(['linear', 'relu', 'elu', 'sigmoid', 'relu6', 'leakyrelu'] as const).map((activation) =>
    two(
      `fused matMul ${activation}`,
      (a, b) =>
        tf.fused.matMul({
          a: tf.reshape(a, [-1, 4]) as tf.Tensor2D,
          b: b as tf.Tensor2D,
          bias: tf.sum(b, 0),
          activation,
        }),
      x,
      { shape: [4, 3] },
      NONE,
    ),
  ),
  two('einsum', (a, b) => tf.einsum('bni,bi->bn', a, b), x, { shape: ['B', 4] }, NONE),
  two('einsum of pairs', (a, b) => tf.einsum('bnc,bmc->bmn', a, b), x, x, NONE),
  {
    // TensorFlow.js's own einsum gets outer products wrong.
    ...two('einsum outer', (a, b) => tf.einsum('bnc,d->dbn', a, b), x, row, NONE),
    reference: ({ a, b }) => tf.mul(tf.reshape(b, [-1, 1, 1]), tf.sum(a, -1)),
  },
  one('einsum of one', (t) => tf.einsum('bnc->cb', t), x, false),
]

const image: ParityInput = { shape: ['B', 6, 7, 2] }
const filter: ParityInput = { shape: [3, 2, 2, 3] }

export const convolutionCases: readonly ParityCase[] = [
  two('conv2d valid', (a, b) => tf.conv2d(a as tf.Tensor4D, b as tf.Tensor4D, 1, 'valid'), image, filter),
  two(
    'conv2d same, strides',
    (a, b) => tf.conv2d(a as tf.Tensor4D, b as tf.Tensor4D, [2, 1], 'same'),
    image,
    filter,
  ),
  two(
    'conv2d stride 2 not flush',
    (a, b) => tf.conv2d(a as tf.Tensor4D, b as tf.Tensor4D, 2, 'valid'),
    image,
    filter,
  ),
  two(
    'conv2d dilated',
    (a, b) => tf.conv2d(a as tf.Tensor4D, b as tf.Tensor4D, 1, 'same', 'NHWC', 2),
    image,
    filter,
    NONE,
  ),
  two(
    'conv1d',
    (a, b) => tf.conv1d(a as tf.Tensor3D, b as tf.Tensor3D, 1, 'same'),
    { shape: ['B', 9, 2] },
    { shape: [3, 2, 4] },
  ),
  two(
    'depthwiseConv2d',
    (a, b) => tf.depthwiseConv2d(a as tf.Tensor4D, b as tf.Tensor4D, 1, 'same'),
    image,
    filter,
    NONE,
  ),
  one(
    'fused conv2d',
    (t) =>
      tf.fused.conv2d({
        x: t as tf.Tensor4D,
        filter: tf.fill([2, 2, 2, 3], 0.3),
        strides: 1,
        pad: 'same',
        bias: tf.tensor1d([1, 2, 3]),
        activation: 'relu',
      }),
    image,
    false,
  ),
  one(
    'fused depthwiseConv2d',
    (t) =>
      tf.fused.depthwiseConv2d({
        x: t as tf.Tensor4D,
        filter: tf.fill([2, 2, 2, 3], 0.3),
        strides: 1,
        pad: 'same',
        activation: 'relu',
      }),
    image,
    false,
  ),
  one('maxPool', (t) => tf.maxPool(t as tf.Tensor4D, 2, 2, 'valid'), image, false),
  one('avgPool', (t) => tf.avgPool(t as tf.Tensor4D, [2, 3], 1, 'same'), image, false),
]
