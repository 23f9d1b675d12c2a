import * as tf from '@tensorflow/tfjs'
import { describe, expect, it } from 'vitest'
import { SpillwayError } from '#spillway/errors.js'
import { type InputSpecs, type TracedFunction, traceGraph } from '#spillway/train/trace/index.js'

tf.enableProdMode()

const inputs: InputSpecs = { x: { shape: ['B', 6] } }

function refusal(fn: TracedFunction): SpillwayError {
  try {
    traceGraph(fn, inputs)
  } catch (error) {
    if (error instanceof SpillwayError) return error
    throw error
  }
  throw new Error('was not refused')
}

const batchOf = (t: tf.Tensor): number => t.shape[0] as number

const dataReads: readonly [string, RegExp, TracedFunction][] = [
  [
    'dataSync',
    /reads the value of a tensor \(of ReduceMax\)/,
    ({ x }) => ({ y: tf.mul(x, tf.max(x).dataSync()[0]) }),
  ],
  ['arraySync of an input', /of input x/, ({ x }) => ({ y: tf.tensor(x.arraySync() as number[][]) })],
  ['a branch on the batch size', /another size/, ({ x }) => ({ y: batchOf(x) > 6 ? tf.exp(x) : tf.log(x) })],
  [
    'a loop over the batch',
    /another size/,
    ({ x }) => ({ y: tf.stack(tf.unstack(x).map((row) => tf.square(row))) }),
  ],
]

const unsupported: readonly [string, RegExp, TracedFunction][] = [
  [
    'a kernel without a translation',
    /kernel LRN /,
    ({ x }) => ({ y: tf.localResponseNormalization(tf.reshape(x, [-1, 1, 1, 6]) as tf.Tensor4D) }),
  ],
  ['a kernel that ONNX lacks', /Cumprod/, ({ x }) => ({ y: tf.cumprod(x, 1) })],
  ['values that select rows', /Unique/, ({ x }) => ({ y: tf.unique(tf.reshape(x, [-1])).values })],
  [
    'half of the batch',
    /in no simple way/,
    ({ x }) => ({ y: tf.slice(x, [0, 0], [Math.floor(batchOf(x) / 2), -1]) }),
  ],
  [
    'random numbers of JavaScript',
    /random numbers/,
    ({ x }) => ({ y: tf.add(x, tf.tensor1d(Array.from({ length: 6 }, Math.random))) }),
  ],
  [
    'an array as long as the batch',
    /depends on a dynamic axis/,
    ({ x }) => ({ y: tf.add(x, tf.tensor2d(Array.from({ length: batchOf(x) }, (_, i) => [i]))) }),
  ],
  [
    'a promise',
    /does not return an object of tensors/,
    (async (tensors: object) => tensors) as unknown as TracedFunction,
  ],
  ['an output named as an input', /both an input and an output/, ({ x }) => ({ x: tf.exp(x) })],
]

describe('what cannot be traced is refused', () => {
  it.each(dataReads)('%s', (_, message, fn) => {
    const error = refusal(fn)
    expect(error.code).toBe('TRACE_DATA_READ')
    expect(error.message).toMatch(message)
    expect(error.place).toContain('errors.test.ts')
  })

  it.each(unsupported)('%s', (name, message, fn) => {
    const error = refusal(fn)
    expect(error.code).toBe('TRACE_UNSUPPORTED')
    expect(error.message).toMatch(message)
    if (!/promise|named/.test(name)) expect(error.place).toContain('errors.test.ts')
  })
})

describe('after a trace', () => {
  it('TensorFlow.js is as it was: backend, gradients, captured tensors', () => {
    tf.setBackend('cpu')
    const before = tf.getGradient('Tile')
    const weight = tf.tensor1d([1, 2, 3, 4, 5, 6])
    traceGraph(({ x }) => ({ y: tf.mul(x, weight) }), inputs)
    expect(() => traceGraph(({ x }) => ({ y: tf.cumprod(tf.mul(x, weight)) }), inputs)).toThrow()
    expect(tf.getBackend()).toBe('cpu')
    expect(tf.getGradient('Tile')).toBe(before)
    expect(Array.from(tf.square(weight).dataSync())).toEqual([1, 4, 9, 16, 25, 36])
  })
})
