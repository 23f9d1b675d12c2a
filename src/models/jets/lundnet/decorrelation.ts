import {
  abs,
  add,
  div,
  matMul,
  mul,
  type Scalar,
  sqrt,
  sub,
  sum,
  type Tensor,
  transpose,
} from '../../../train/trace/tf.js'

/** Keeps the square root and the ratio of distance variances away from zero. */
const TINY = 1e-9

/**
 * Squared distance correlation of two quantities over weighted items (Székely, Rizzo, Bakirov, Ann. Statist. 35 (2007)
 * 2769; as a penalty that keeps a score from knowing a mass: Kasieczka, Shih, arXiv:2001.05310). 0 where they are
 * independent, 1 where one is a linear function of the other. A batch without weight gives 0.
 * @param x,y [n, 1]
 * @param weights [n, 1], none negative
 */
export function distanceCorrelation(x: Tensor, y: Tensor, weights: Tensor): Scalar {
  const share = div(weights, add(sum(weights), TINY))
  const [a, b] = [x, y].map((values) => centred(values, share))
  const pairs = matMul(share, transpose(share))
  const covariance = (p: Tensor, q: Tensor): Tensor => sum(mul(pairs, mul(p, q)))
  const spread = sqrt(add(mul(covariance(a, a), covariance(b, b)), TINY))
  return div(covariance(a, b), spread) as Scalar
}

/** |xᵢ − xⱼ| less its weighted means over rows and columns, plus that over all. */
function centred(x: Tensor, share: Tensor): Tensor {
  const distances = abs(sub(x, transpose(x)))
  const rows = matMul(distances, share)
  const all = sum(mul(rows, share))
  return add(sub(sub(distances, rows), transpose(rows)), all)
}
