import { uniformRandom } from '../layers/initial.js'

/** Swaps numbers about in place, every order as likely as another (Fisher and Yates). */
export function shuffle(values: Int32Array, uniform: () => number): Int32Array {
  for (let i = values.length - 1; i > 0; i--) {
    const j = Math.floor(uniform() * (i + 1))
    const kept = values[i]
    values[i] = values[j]
    values[j] = kept
  }
  return values
}

/** 0 to count − 1 in an order that depends on the seed alone. */
export const permutation = (count: number, uniform: () => number): Int32Array =>
  shuffle(
    Int32Array.from({ length: count }, (_, i) => i),
    uniform,
  )

/** Uniform numbers of one epoch of one run. */
export const epochRandom = (seed: number, epoch: number): (() => number) =>
  uniformRandom(Math.imul(seed + 1, 0x9e3779b1) ^ Math.imul(epoch + 1, 0x85ebca6b))
