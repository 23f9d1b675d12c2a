import * as tf from '@tensorflow/tfjs'
import type { Tensors } from '../trace/parity.js'

/** A dense layer, a layer norm, GELU and attention in plain operations, whose gradients TensorFlow.js derives itself. */
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
