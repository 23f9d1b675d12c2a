import { uniformRandom } from '../train/layers/initial.js'
import type { Measured } from './weighted-roc.js'

/** Poisson numbers of mean 1 (Knuth). */
function poisson(uniform: () => number): number {
  const limit = Math.exp(-1)
  let count = 0
  for (let product = uniform(); product > limit; product *= uniform()) count++
  return count
}

/**
 * A quantity with its statistical error by the bootstrap: the deviation over replicas in which every item counts a
 * Poisson number of times (Efron, Ann. Statist. 7 (1979) 1). Things compared on the same items keep their correlation.
 * Replicas in which the quantity is not finite (no background left in one) are passed over.
 * @param quantity of the weights that it is given, one an item
 */
export function bootstrapped(
  quantity: (weights: Float64Array) => number,
  weights: ArrayLike<number>,
  replicas = 100,
  seed = 1,
): Measured {
  const uniform = uniformRandom(seed)
  const values = Array.from({ length: replicas }, () =>
    quantity(Float64Array.from(weights, (weight) => weight * poisson(uniform))),
  ).filter(Number.isFinite)
  const mean = values.reduce((a, b) => a + b, 0) / values.length
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1)
  return { value: quantity(Float64Array.from(weights)), error: Math.sqrt(variance) }
}
