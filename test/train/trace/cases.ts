import * as tf from '@tensorflow/tfjs'
import type { ParityCase, ParityInput } from './parity.js'

const x: ParityInput = { shape: ['B', 'N', 4] }
const positive: ParityInput = { ...x, values: 'positive' }
const unit: ParityInput = { ...x, values: 'unit' }
const bool: ParityInput = { shape: ['B', 'N', 4], dtype: 'bool', values: 'mask' }
const row: ParityInput = { shape: [4] }
const ints: ParityInput = { shape: ['B', 'N'], dtype: 'int32', values: 'index:3' }

type Op = (t: tf.Tensor) => tf.Tensor

const one = (name: string, fn: Op, input: ParityInput = x, gradient = true): ParityCase => ({
  name,
  inputs: { x: input },
  fn: (i) => fn(i['x']),
  gradients: gradient ? ['x'] : [],
})

const two = (
  name: string,
  fn: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor | tf.Tensor[],
  a: ParityInput = x,
  b: ParityInput = row,
  gradients: readonly string[] = ['a', 'b'],
): ParityCase => ({ name, inputs: { a, b }, fn: (i) => fn(i['a'], i['b']), gradients })

/** Not differentiated: TensorFlow.js has no gradient, or one that fails on these shapes. */
const NONE: readonly string[] = []

/** Dimensions as plain numbers: TensorFlow.js types them by a rank that is not known here. */
const dims = (t: tf.Tensor): readonly number[] => t.shape

export const unaryCases: readonly ParityCase[] = [
  one('abs', tf.abs),
  one('acos', tf.acos, unit),
  one('acosh', (t) => tf.acosh(tf.add(t, 1)), positive),
  one('asin', tf.asin, unit),
  one('asinh', tf.asinh),
  one('atan', tf.atan),
  one('atanh', tf.atanh, unit),
  one('ceil', tf.ceil),
  one('cos', tf.cos),
  one('cosh', tf.cosh),
  one('elu', tf.elu),
  one('erf', tf.erf),
  one('exp', tf.exp),
  one('expm1', tf.expm1),
  one('expm1 near zero', (t) => tf.mul(tf.expm1(tf.mul(t, 1e-4)), 1e4), x, false),
  one('floor', tf.floor),
  one('log', tf.log, positive),
  one('log1p', tf.log1p, positive),
  one('log1p near zero', (t) => tf.mul(tf.log1p(tf.mul(t, 1e-4)), 1e4), x, false),
  one('neg', tf.neg),
  one('reciprocal', tf.reciprocal, positive),
  one('relu', tf.relu),
  one('relu6', (t) => tf.relu6(tf.mul(t, 5))),
  one('round', tf.round),
  one('rsqrt', tf.rsqrt, positive),
  one('selu', tf.selu),
  one('sigmoid', tf.sigmoid),
  one('sign', tf.sign),
  one('sin', tf.sin),
  one('sinh', tf.sinh),
  one('softplus', tf.softplus),
  one('sqrt', tf.sqrt, positive),
  one('square', tf.square),
  one('step', (t) => tf.step(t, 0.2), x, false),
  one('tan', tf.tan, unit),
  one('tanh', tf.tanh),
  one('leakyRelu', (t) => tf.leakyRelu(t, 0.1)),
  one('clip', (t) => tf.clipByValue(t, -0.5, 0.7)),
  two('prelu', (a, b) => tf.prelu(a, b)),
  one('logicalNot', (t) => tf.logicalNot(t), bool, false),
  one('isNaN', (t) => tf.isNaN(tf.sqrt(t)), x, false),
  one('isInf', (t) => tf.isInf(tf.div(t, tf.relu(t))), x, false),
  one('isFinite', (t) => tf.isFinite(tf.log(t)), x, false),
]

export const binaryCases: readonly ParityCase[] = [
  two('add', tf.add),
  two('sub', tf.sub),
  two('mul', tf.mul),
  two('div', tf.div, x, { shape: ['N', 4], values: 'positive' }),
  two('maximum', tf.maximum, x, x),
  two('maximum broadcast', tf.maximum, x, row, NONE),
  two('minimum', tf.minimum, x, x),
  two('minimum broadcast', tf.minimum, x, row, NONE),
  two('pow', tf.pow, positive, row),
  two('squaredDifference', tf.squaredDifference, x, x),
  two('squaredDifference broadcast', tf.squaredDifference, x, row, NONE),
  two('floorDiv', tf.floorDiv, x, { shape: [4], values: 'positive' }, NONE),
  two('floorDiv int32', (a, b) => tf.floorDiv(a, tf.add(b, tf.scalar(1, 'int32'))), ints, ints, NONE),
  two('mod', tf.mod, x, { shape: [4], values: 'positive' }),
  two('mod by a negative', (a, b) => tf.mod(a, tf.neg(b)), x, { shape: [4], values: 'positive' }, NONE),
  two('atan2', tf.atan2, x, x),
  one('atan2 at the origin', (t) => tf.atan2(tf.zerosLike(t), tf.abs(tf.mul(t, 0))), x, false),
  two('equal', tf.equal, ints, ints, NONE),
  two('notEqual', tf.notEqual, ints, ints, NONE),
  two('greater', tf.greater, x, row, NONE),
  two('greaterEqual', tf.greaterEqual, x, row, NONE),
  two('less', tf.less, x, row, NONE),
  two('lessEqual', tf.lessEqual, x, row, NONE),
  two('logicalAnd', tf.logicalAnd, bool, bool, NONE),
  two('logicalOr', tf.logicalOr, bool, bool, NONE),
  two('logicalXor', tf.logicalXor, bool, bool, NONE),
  two('bitwiseAnd', (a, b) => tf.bitwiseAnd(a, b), ints, ints, NONE),
  two('addN', (a, b) => tf.addN([a, b, a]), x, x),
  {
    name: 'where',
    inputs: { a: x, b: x, c: { shape: ['B', 1, 4], dtype: 'bool', values: 'mask' } },
    fn: ({ a, b, c }) => tf.where(c, a, b),
    gradients: ['a', 'b'],
  },
]

export const shapeCases: readonly ParityCase[] = [
  one('reshape', (t) => tf.reshape(tf.exp(t), [dims(t)[0] * dims(t)[1], 4])),
  one('reshape to batch rows', (t) => tf.reshape(t, [dims(t)[0], dims(t)[1] * 4])),
  one('reshape there and back', (t) => tf.reshape(tf.exp(tf.reshape(t, [-1, 4])), t.shape)),
  one('reshape splitting', (t) => tf.reshape(t, [dims(t)[0], dims(t)[1], 2, 2])),
  one('expandDims', (t) => tf.expandDims(t, 2)),
  one('squeeze', (t) => tf.squeeze(tf.sum(t, 1, true), [1])),
  one('transpose', (t) => tf.transpose(t, [2, 0, 1])),
  two('concat', (a, b) => tf.concat([a, b], 1), x, x),
  two('concat of other lengths', (a, b) => tf.concat([a, tf.slice(b, [0, 0, 1], [-1, -1, 2])], -1), x, x),
  two('stack', (a, b) => tf.stack([a, b], 1), x, x),
  one('unstack', (t) => tf.add(tf.unstack(t, 2)[0], tf.unstack(t, -1)[3])),
  one('split', (t) => tf.mul(tf.split(t, [1, 3], -1)[0], tf.split(t, 2, -1)[1])),
  one('slice', (t) => tf.slice(t, [0, 1, 0], [-1, -1, 2])),
  one('slice last', (t) => tf.slice(t, [0, dims(t)[1] - 1, 0], [-1, 1, -1])),
  one('stridedSlice', (t) => tf.stridedSlice(t, [0, 1, 3], [1e9, 1e9, -1e9], [1, 1, -2]), x, false),
  one('tile', (t) => tf.tile(t, [1, 2, 3])),
  one('tile of ones', (t) => tf.tile(tf.expandDims(t, 2), [1, 1, 5, 1])),
  two('broadcastTo', (a, b) => tf.add(tf.broadcastTo(b, a.shape), a), x, row),
  one('pad', (t) =>
    tf.pad(
      t,
      [
        [0, 0],
        [1, 2],
        [0, 1],
      ],
      3,
    ),
  ),
  one(
    'mirrorPad',
    (t) =>
      tf.mirrorPad(
        t,
        [
          [0, 0],
          [0, 0],
          [1, 2],
        ],
        'reflect',
      ),
    x,
    false,
  ),
  one('reverse', (t) => tf.reverse(t, [1, 2])),
  one('depthToSpace', (t) => tf.depthToSpace(tf.expandDims(t, 0) as tf.Tensor4D, 2, 'NHWC'), x, false),
  one('cast', (t) => tf.cast(tf.cast(t, 'int32'), 'float32'), x, false),
  one(
    'zerosLike, onesLike, fill',
    (t) => tf.add(tf.add(tf.zerosLike(t), tf.onesLike(t)), tf.fill(t.shape, 2)),
    x,
    false,
  ),
  one('a uniform output', (t) => tf.fill([dims(t)[0], 3], 2.5), x, false),
  one('range', (t) => tf.mul(tf.reshape(tf.range(0, dims(t)[1], 1), [-1, 1]), t)),
  one('linspace', (t) => tf.add(tf.linspace(-1, 1, dims(t)[2]), t)),
  one('diag', (t) => tf.diag(tf.sum(t, [0, 1])), x, false),
  one('eye', (t) => tf.matMul(tf.reshape(t, [-1, 4]), tf.eye(4))),
  one('number of entries', (t) => tf.div(tf.sum(t), t.size)),
  one('identity', (t) => tf.clone(t)),
]

export const reduceCases: readonly ParityCase[] = [
  one('sum', (t) => tf.sum(t, 1)),
  one('sum of all', (t) => tf.sum(t)),
  one('sum of booleans', (t) => tf.sum(t, -1), bool, false),
  one('sum of a broadcast', (t) => tf.sum(tf.broadcastTo(tf.sum(t, 1, true), t.shape), [0, 1])),
  one('mean', (t) => tf.mean(t, [0, 1], true)),
  one('mean of a broadcast', (t) => tf.mean(tf.tile(tf.max(t, 1, true), [1, dims(t)[1], 1]), 1)),
  one('max', (t) => tf.max(t, 1)),
  one('min', (t) => tf.min(t, [1, 2])),
  one('prod', (t) => tf.prod(t, -1), x, false),
  one('any', (t) => tf.any(t, 1), bool, false),
  one('all', (t) => tf.all(t, -1, true), bool, false),
  one('argMax', (t) => tf.argMax(t, 1), x, false),
  one('argMin', (t) => tf.argMin(t, -1), x, false),
  one('cumsum', (t) => tf.cumsum(t, 2)),
  {
    // TensorFlow.js's own gradient fails on an axis that is not the last.
    ...one('cumsum of an inner axis', (t) => tf.cumsum(t, 1)),
    reference: ({ x }) => tf.transpose(tf.cumsum(tf.transpose(x, [0, 2, 1]), 2), [0, 2, 1]),
  },
  one('cumsum exclusive reverse', (t) => tf.cumsum(t, 2, true, true)),
  one('topk', (t) => tf.topk(t, 3).values, x, false),
  {
    ...one('topk of one, differentiated', (t) => tf.squeeze(tf.topk(t, 1).values, [-1])),
    reference: ({ x }) => tf.max(x, -1),
  },
  one('topk indices', (t) => tf.topk(t, 2).indices, x, false),
  one('logSumExp', (t) => tf.logSumExp(t, 1)),
  one('softmax', (t) => tf.softmax(t)),
  one('logSoftmax', (t) => tf.logSoftmax(t)),
  one('moments', (t) => tf.moments(t, -1).variance),
  two('batchNorm', (a, b) => tf.batchNorm(a, tf.mul(b, 0.1), tf.add(tf.square(b), 0.5), b, tf.exp(b), 1e-3)),
  one('norm', (t) => tf.norm(tf.add(t, 0.01), 2, -1)),
]

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

const table: ParityInput = { shape: [6, 3] }
const perBatch: ParityInput = { shape: ['B', 'N', 2], dtype: 'int32', values: 'index:N' }

export const gatherCases: readonly ParityCase[] = [
  two('gather', (a, b) => tf.gather(a, b as tf.Tensor1D), table, { ...ints, values: 'index:6' }, ['a']),
  two(
    'gather axis 1',
    (a, b) => tf.gather(a, b as tf.Tensor1D, 2),
    x,
    { shape: [5], dtype: 'int32', values: 'index:4' },
    ['a'],
  ),
  two('gather batched', (a, b) => tf.gather(a, b as tf.Tensor1D, 1, 1), x, perBatch, ['a']),
  two(
    'gatherND',
    (a, b) => tf.gatherND(a, b),
    { shape: [3, 3, 2] },
    { shape: ['B', 2], dtype: 'int32', values: 'index:3' },
    NONE,
  ),
  two(
    'unsortedSegmentSum',
    (a, b) => tf.unsortedSegmentSum(tf.reshape(a, [-1, 4]), tf.reshape(b, [-1]) as tf.Tensor1D, 3),
    x,
    ints,
    ['a'],
  ),
  two(
    'scatterND',
    (a, b) => tf.scatterND(tf.reshape(b, [-1, 1]), tf.reshape(a, [-1, 4]), [3, 4]),
    x,
    ints,
    NONE,
  ),
  two(
    'scatterND pairs',
    (a, b) => tf.scatterND(b, tf.sum(a, [1, 2]), [3, 3]),
    x,
    { shape: ['B', 2], dtype: 'int32', values: 'index:3' },
    NONE,
  ),
  one(
    'tensorScatterUpdate',
    (t) => tf.tensorScatterUpdate(t, tf.tensor2d([[0]], [1, 1], 'int32'), tf.zeros([1, dims(t)[1], 4])),
    x,
    false,
  ),
  one('oneHot', (t) => tf.oneHot(t, 3), ints, false),
  one('oneHot with values', (t) => tf.oneHot(t, 3, 5, -1), ints, false),
  two(
    'searchSorted left',
    (a, b) => tf.searchSorted(tf.cumsum(tf.abs(b), 1), a, 'left'),
    { shape: ['B', 'N'] },
    { shape: ['B', 4] },
    NONE,
  ),
  two(
    'searchSorted right',
    (a, b) => tf.searchSorted(tf.cumsum(tf.abs(b), 1), a, 'right'),
    { shape: ['B', 'N'] },
    { shape: ['B', 4] },
    NONE,
  ),
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
