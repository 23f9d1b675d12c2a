import * as tf from '@tensorflow/tfjs'
import type { ParityCase } from '../parity.js'
import { bool, dims, one, row, two, x } from './inputs.js'

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
