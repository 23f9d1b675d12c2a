import type * as tf from '@tensorflow/tfjs'
import type { ParityCase, ParityInput } from '../parity.js'

export const x: ParityInput = { shape: ['B', 'N', 4] }
export const positive: ParityInput = { ...x, values: 'positive' }
export const unit: ParityInput = { ...x, values: 'unit' }
export const bool: ParityInput = { shape: ['B', 'N', 4], dtype: 'bool', values: 'mask' }
export const row: ParityInput = { shape: [4] }
export const ints: ParityInput = { shape: ['B', 'N'], dtype: 'int32', values: 'index:3' }

type Op = (t: tf.Tensor) => tf.Tensor

export const one = (name: string, fn: Op, input: ParityInput = x, gradient = true): ParityCase => ({
  name,
  inputs: { x: input },
  fn: (i) => fn(i['x']),
  gradients: gradient ? ['x'] : [],
})

export const two = (
  name: string,
  fn: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor | tf.Tensor[],
  a: ParityInput = x,
  b: ParityInput = row,
  gradients: readonly string[] = ['a', 'b'],
): ParityCase => ({ name, inputs: { a, b }, fn: (i) => fn(i['a'], i['b']), gradients })

/** Not differentiated: TensorFlow.js has no gradient, or one that fails on these shapes. */
export const NONE: readonly string[] = []

/** Dimensions as plain numbers: TensorFlow.js types them by a rank that is not known here. */
export const dims = (t: tf.Tensor): readonly number[] => t.shape
