import { counterUniform, type StepContext } from '../trace/index.js'
import { cast, greaterEqual, mul, reshape, type Tensor } from '../trace/tf.js'
import { hashOf } from './parameters.js'

/**
 * Sets a fraction of the entries to zero and scales the others up (Srivastava et al., JMLR 15). Which ones is a
 * function of (step, name, index) only, so a resumed run drops the same ones. Identity when there is no context
 * (evaluation, export) or the rate is 0.
 *
 * @param name tells the dropouts of one model apart.
 */
export function dropout(name: string, rate: number, x: Tensor, context: StepContext | undefined): Tensor {
  if (context === undefined || rate === 0) return x
  const uniform = counterUniform(x.size, context.step, hashOf(name))
  const kept = cast(greaterEqual(reshape(uniform, x.shape), rate), 'float32')
  return mul(x, mul(kept, 1 / (1 - rate)))
}
