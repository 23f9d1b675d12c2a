import {
  abs,
  add,
  div,
  logSoftmax,
  minimum,
  mul,
  relu,
  type Scalar,
  softplus,
  square,
  sub,
  sum,
  type Tensor,
} from '../trace/tf.js'

/**
 * Σ wᵢ lossᵢ / Σ |wᵢ| over the batch. Weights may be negative (next-to-leading-order samples); the absolute values
 * below keep the scale of the loss from depending on how far they cancel.
 */
export function weightedMean(losses: Tensor, weights?: Tensor): Scalar {
  if (weights === undefined) return div(sum(losses), losses.size) as Scalar
  return div(sum(mul(losses, weights)), add(sum(abs(weights)), 1e-12)) as Scalar
}

/** Binary cross-entropy of logits z against targets t in [0, 1], per entry: softplus(z) − z t; exact for large |z|. */
export const binaryCrossEntropy = (logits: Tensor, targets: Tensor): Tensor =>
  sub(add(relu(logits), softplus(mul(abs(logits), -1))), mul(logits, targets))

/** Cross-entropy of logits [..., classes] against class probabilities of the same shape, per row. */
export const crossEntropy = (logits: Tensor, targets: Tensor): Tensor =>
  mul(sum(mul(logSoftmax(logits), targets), -1), -1)

export const squaredError = (predictions: Tensor, targets: Tensor): Tensor =>
  square(sub(predictions, targets))

/** Quadratic up to `delta`, linear beyond (Huber 1964), per entry. */
export function huber(predictions: Tensor, targets: Tensor, delta = 1): Tensor {
  const distance = abs(sub(predictions, targets))
  const near = minimum(distance, delta)
  return add(mul(square(near), 0.5), mul(sub(distance, near), delta))
}
