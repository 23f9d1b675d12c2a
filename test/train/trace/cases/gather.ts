import * as tf from '@tensorflow/tfjs'
import { positionsOf } from '#spillway/train/trace/index.js'
import type { ParityCase, ParityInput } from '../parity.js'
import { dims, ints, NONE, one, two, x } from './inputs.js'

const table: ParityInput = { shape: [6, 3] }
const perBatch: ParityInput = { shape: ['B', 'N', 2], dtype: 'int32', values: 'index:N' }

const above = (t: tf.Tensor, least: number): tf.Tensor1D =>
  positionsOf(tf.greater(tf.reshape(t, [-1]), least))

export const gatherCases: readonly ParityCase[] = [
  one('positions', (t) => above(t, 0.2), x, false),
  one(
    'positions of none',
    (t) => tf.add(tf.reshape(t, [-1]), tf.sum(tf.cast(above(t, 1e9), 'float32'))),
    x,
    false,
  ),
  one('rows that the data choose', (t) => tf.gather(tf.reshape(t, [-1]), above(t, 0.2)), x, true),
  one(
    'two axes that the data make, with sizes of both',
    (t) => {
      const [some, few] = [above(t, 0.2), above(t, 0.5)].map((at) => tf.gather(tf.reshape(t, [-1]), at))
      const table = tf.mul(tf.reshape(some, [-1, 1]), tf.add(tf.ones([1, few.size]), few))
      return tf.div(tf.sum(tf.reshape(table, [few.size * some.size])), 1 + some.size + 3 * few.size)
    },
    x,
    true,
  ),
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
