import * as tf from '@tensorflow/tfjs'
import type { Tensors } from '../trace/parity.js'

/** Layers in plain operations, whose gradients TensorFlow.js derives itself. */
const dense = (w: Tensors, name: string, x: tf.Tensor): tf.Tensor => {
  const flat = tf.reshape(x, [-1, x.shape.at(-1)!])
  const product = tf.add(tf.matMul(flat, w[`${name}/kernel`]), w[`${name}/bias`])
  return tf.reshape(product, [...x.shape.slice(0, -1), product.shape[1]!])
}

const norm = (w: Tensors, name: string, x: tf.Tensor): tf.Tensor => {
  const { mean, variance } = tf.moments(x, -1, true)
  const unit = tf.div(tf.sub(x, mean), tf.sqrt(tf.add(variance, 1e-5)))
  return tf.add(tf.mul(unit, w[`${name}/scale`]), w[`${name}/shift`])
}

const gelu = (x: tf.Tensor): tf.Tensor => tf.mul(x, tf.mul(tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1), 0.5))

/** What `attention` computes; bias as `attentionBias` makes it. */
export function plainAttention(
  w: Tensors,
  name: string,
  heads: number,
  [x, source, bias]: readonly tf.Tensor[],
): tf.Tensor {
  const split = (part: string, t: tf.Tensor) => {
    const [batch, length, size] = t.shape as number[]
    const projected = dense(w, `${name}/${part}`, t)
    return tf.transpose(tf.reshape(projected, [batch, length, heads, size / heads]), [0, 2, 1, 3])
  }
  const query = split('query', x)
  const scores = tf.div(tf.matMul(query, split('key', source), false, true), Math.sqrt(query.shape.at(-1)!))
  const mixed = tf.matMul(tf.softmax(tf.add(scores, bias)), split('value', source))
  return dense(w, `${name}/output`, tf.reshape(tf.transpose(mixed, [0, 2, 1, 3]), x.shape))
}

/** What `transformerBlock` computes. */
export function plainBlock(
  w: Tensors,
  name: string,
  heads: number,
  [x, bias]: readonly tf.Tensor[],
): tf.Tensor {
  const first = norm(w, `${name}/norm1`, x)
  const middle = tf.add(x, plainAttention(w, `${name}/attention`, heads, [first, first, bias]))
  const wide = gelu(dense(w, `${name}/widen`, norm(w, `${name}/norm2`, middle)))
  return tf.add(middle, dense(w, `${name}/narrow`, wide))
}

/** What `batchNorm` gives in training: the statistics are part of what is differentiated. */
export function plainBatchNorm(w: Tensors, name: string, x: tf.Tensor, mask: tf.Tensor): tf.Tensor {
  const axes = mask.shape.map((_, axis) => axis)
  const count = tf.maximum(tf.sum(mask), 1)
  const over = (t: tf.Tensor) => tf.div(tf.sum(tf.mul(t, tf.expandDims(mask, -1)), axes), count)
  const centred = tf.sub(x, over(x))
  const unit = tf.div(centred, tf.sqrt(tf.add(over(tf.square(centred)), 1e-5)))
  return tf.add(tf.mul(unit, w[`${name}/scale`]), w[`${name}/shift`])
}

/** What `edgeConvNorm` gives in training, with two layers and a shortcut: on every edge by itself. */
export function plainEdgeConvNorm(
  w: Tensors,
  name: string,
  x: tf.Tensor,
  { indices, valid, mask }: Readonly<Record<'indices' | 'valid' | 'mask', tf.Tensor>>,
): tf.Tensor {
  const product = (part: string, t: tf.Tensor) => {
    const kernel = w[`${name}/${part}/kernel`]
    return tf.reshape(tf.matMul(tf.reshape(t, [-1, kernel.shape[0]]), kernel), [
      ...t.shape.slice(0, -1),
      kernel.shape[1] as number,
    ])
  }
  const layer = (part: string, t: tf.Tensor, rows: tf.Tensor) =>
    plainBatchNorm(w, `${name}/${part}/norm`, product(part, t), rows)
  const [batch, n, k] = indices.shape as number[]
  // Rows by a product: TensorFlow.js has no gradient of a batched gather. A depth of one it refuses.
  const rows = tf.slice(tf.oneHot(tf.cast(indices, 'int32'), n + 1), [0, 0, 0, 0], [-1, -1, -1, n])
  const picked = tf.matMul(tf.reshape(tf.cast(rows, 'float32'), [batch, n * k, n]), x)
  const theirs = tf.reshape(picked, [batch, n, k, x.shape[2] as number])
  const own = tf.add(tf.zerosLike(theirs), tf.expandDims(x, 2))
  const edges = tf.concat([own, tf.sub(theirs, own)], -1)
  const deep = tf.relu(layer('1', tf.relu(layer('0', edges, valid)), valid))
  const total = tf.sum(tf.mul(deep, tf.expandDims(valid, -1)), 2)
  const mean = tf.div(total, tf.maximum(tf.sum(valid, 2, true), 1))
  return tf.relu(tf.add(mean, layer('shortcut', x, mask)))
}
