import { expandDims, mul, sub, type Tensor } from '../trace/tf.js'
import { given } from './initial.js'
import type { Layer } from './parameters.js'

export interface NormalisationConstants {
  readonly mean: ArrayLike<number>
  /** Standard deviations; a feature that never varies may have 0 and comes out as 0. */
  readonly deviation: ArrayLike<number>
}

/**
 * (x − mean) / deviation of the training sample, inside the graph, so that a scorer feeds raw features. With a
 * mask of x's leading axes, padding becomes 0.
 */
export function normalise(
  name: string,
  constants: NormalisationConstants,
): Layer<[x: Tensor, mask?: Tensor], Tensor> {
  const { mean, deviation } = constants
  const shape = [mean.length]
  const inverse = Array.from(deviation, (value) => (value > 0 ? 1 / value : 0))
  return {
    parameters: {
      [`${name}/mean`]: { shape, initial: given(mean), trained: false },
      [`${name}/inverse`]: { shape, initial: given(inverse), trained: false },
    },
    apply: (weights, x, mask) => {
      const unit = mul(sub(x, weights[`${name}/mean`]), weights[`${name}/inverse`])
      return mask === undefined ? unit : mul(unit, expandDims(mask, -1))
    },
  }
}
