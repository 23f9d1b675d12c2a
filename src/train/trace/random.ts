import { isTracing } from './operator.js'
import { engine, type NamedAttrMap, type Scalar, type Tensor1D, tensor1d } from './tf.js'

export const HASH_KERNEL = 'CounterHash'

/** Weyl increment and the multipliers of lowbias32 (Wellons, nullprogram.com/blog/2018/07/31). */
export const GOLDEN = 0x9e3779b9 | 0
export const MULTIPLIERS = [0x7feb352d | 0, 0x846ca68b | 0] as const
export const SHIFTS = [16, 15, 16] as const
/** 24 bits fill the mantissa of a float32, so that every number is exact. */
export const KEPT_BITS = 24

/**
 * `count` uniform numbers in [0, 1) that are a pure function of (index, step, key): there is no generator whose
 * state would have to be saved, and resuming at a step gives the same numbers as having run up to it. The same bits
 * in a traced graph and in TensorFlow.js.
 *
 * @param step int32 scalar, say the number of steps done.
 * @param key tells apart several uses within one step.
 */
export function counterUniform(count: number, step: Scalar, key: number): Tensor1D {
  if (isTracing()) {
    return engine().runKernel(HASH_KERNEL, { step }, { count, key } as NamedAttrMap) as unknown as Tensor1D
  }
  const seed = stepSeed(step.dataSync()[0], key)
  return tensor1d(Float32Array.from({ length: count }, (_, i) => hashUniform(Math.imul(i, GOLDEN) + seed)))
}

/** Mixes step and key so that neighbouring steps do not give shifted copies of one sequence. */
export const stepSeed = (step: number, key: number): number => mix((Math.imul(step, GOLDEN) + key) | 0)

const hashUniform = (counter: number): number => (mix(counter | 0) >>> (32 - KEPT_BITS)) * 2 ** -KEPT_BITS

function mix(counter: number): number {
  let bits = counter
  bits = Math.imul(bits ^ (bits >>> SHIFTS[0]), MULTIPLIERS[0])
  bits = Math.imul(bits ^ (bits >>> SHIFTS[1]), MULTIPLIERS[1])
  return bits ^ (bits >>> SHIFTS[2])
}
