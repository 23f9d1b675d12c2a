/** Fills a new array for a parameter of the given shape; `normal` gives standard normal numbers. */
export type Initializer = (shape: readonly number[], normal: () => number) => Float32Array

const sizeOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1)

export const constant =
  (value: number): Initializer =>
  (shape) =>
    new Float32Array(sizeOf(shape)).fill(value)

export const zeros: Initializer = constant(0)
export const ones: Initializer = constant(1)

/** Normal numbers of variance `gain` / inputs, where the inputs are the second-last axis (He, arXiv:1502.01852). */
export const scaledNormal =
  (gain = 2): Initializer =>
  (shape, normal) => {
    const inputs = shape.at(-2) ?? shape[0]
    const deviation = Math.sqrt(gain / inputs)
    return Float32Array.from({ length: sizeOf(shape) }, () => deviation * normal())
  }

/** Numbers that are known beforehand. */
export const given =
  (values: ArrayLike<number>): Initializer =>
  () =>
    Float32Array.from(values)

/** Standard normal numbers from a seed: mulberry32 and Box-Muller. */
export function normalRandom(seed: number): () => number {
  const uniform = uniformRandom(seed)
  return () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform())
}

/** Uniform numbers in [0, 1) from a seed (mulberry32). */
export function uniformRandom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let bits = Math.imul(state ^ (state >>> 15), state | 1)
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61)
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32
  }
}
