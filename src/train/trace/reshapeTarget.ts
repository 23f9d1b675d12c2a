import type { SizeExpression } from './sizes.js'

const fixed = (constant: number): SizeExpression => ({ constant, terms: [] })

const same = (a: SizeExpression | undefined, b: SizeExpression): boolean =>
  JSON.stringify(a) === JSON.stringify(b)

/**
 * The cheapest second input of a Reshape. With one dynamic dimension it is constant (−1: inferred); when every
 * dynamic dimension stays where it was it is constant too (0: copied). Otherwise it is computed, and a size of
 * zero means zero (`allowZero`), so that empty batches and empty events pass.
 */
export function reshapeTarget(
  before: readonly SizeExpression[],
  after: readonly SizeExpression[],
): { readonly sizes: readonly SizeExpression[]; readonly allowZero: boolean } {
  const isDynamic = (size: SizeExpression) => size.terms.length > 0
  const dynamic = after.filter(isDynamic).length
  if (dynamic === 0) return { sizes: after, allowZero: false }
  if (after.every((size, axis) => !isDynamic(size) || same(before[axis], size))) {
    return { sizes: after.map((size) => (isDynamic(size) ? fixed(0) : size)), allowZero: false }
  }
  if (dynamic === 1) {
    return { sizes: after.map((size) => (isDynamic(size) ? fixed(-1) : size)), allowZero: false }
  }
  return { sizes: after, allowZero: true }
}
