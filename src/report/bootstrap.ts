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
  const [measured] = bootstrappedAll((counted) => [quantity(counted)], weights, replicas, seed)
  return measured
}

/** Several quantities of the same weights with their errors, from the same replicas; see `bootstrapped`. */
export function bootstrappedAll(
  quantities: (weights: Float64Array) => readonly number[],
  weights: ArrayLike<number>,
  replicas = 100,
  seed = 1,
): Measured[] {
  const uniform = uniformRandom(seed)
  const found = Array.from({ length: replicas }, () =>
    quantities(Float64Array.from(weights, (weight) => weight * poisson(uniform))),
  )
  return quantities(Float64Array.from(weights)).map((value, k) => {
    const values = found.map((replica) => replica[k]).filter(Number.isFinite)
    const mean = values.reduce((a, b) => a + b, 0) / values.length
    const variance = values.reduce((sum, other) => sum + (other - mean) ** 2, 0) / (values.length - 1)
    return { value, error: Math.sqrt(variance) }
  })
}
