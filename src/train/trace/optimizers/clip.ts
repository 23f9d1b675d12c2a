import { addN, clipByValue, div, maximum, mul, scalar, sqrt, square, sum, type Tensor } from '../tf.js'

type Transform = (gradients: readonly Tensor[]) => readonly Tensor[]

/** Scales all gradients by one number so that their joint L2 norm is at most `limit` (Pascanu, arXiv:1211.5063). */
export function clipByGlobalNorm(limit: number): Transform {
  return (gradients) => {
    const norm = sqrt(addN(gradients.map((g) => sum(square(g)))))
    const factor = div(scalar(limit), maximum(norm, limit))
    return gradients.map((g) => mul(g, factor))
  }
}

/** Cuts each entry of each gradient to [−limit, limit]. */
export function clipByEntry(limit: number): Transform {
  return (gradients) => gradients.map((g) => clipByValue(g, -limit, limit))
}
