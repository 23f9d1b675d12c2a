/** One size for each dynamic axis, as used in one trace. */
export type Point = Readonly<Record<string, number>>

/** A product of powers of dynamic axes, by axis; an exponent may be negative (a mean's 1/N). */
export type Monomial = Readonly<Record<string, number>>

/** A number as a function of the dynamic axes: constant + Σ factor · monomial. */
export interface SizeExpression {
  readonly constant: number
  readonly terms: readonly { readonly factor: number; readonly monomial: Monomial }[]
}

/** Sizes for one pair of axes after another, so that those of an axis are never those of another in the same trace. */
const PRIMES = [
  [5, 7, 11, 13, 17, 19, 23, 29, 31, 37],
  [41, 43, 47, 53, 59, 61, 67, 71, 73, 79],
  [83, 89, 97, 101, 103, 107, 109, 113, 127, 131],
]

/**
 * The sizes to trace at: two more traces than dynamic axes, so that every fit has a size left to be checked on.
 * A later `attempt` gives other sizes, for when some of these coincide with a fixed size of the model; they span
 * those of the first, so that a branch on a size which the first attempt saw is seen again.
 */
export function tracePoints(axes: readonly string[], attempt = 0): Point[] {
  const count = axes.length === 0 ? 1 : axes.length + 2
  return Array.from({ length: count }, (_, trace) => {
    const shift = attempt * (trace === 0 ? -2 : 2 + 2 * trace)
    // Steps of different length keep the points off every common line.
    return Object.fromEntries(
      axes.map((axis, k) => {
        const primes = PRIMES[Math.floor(k / 2) % PRIMES.length]
        return [axis, primes[(trace * (k + 1) + 2 * k) % primes.length] + shift]
      }),
    )
  })
}

export const isConstant = (expression: SizeExpression): boolean => expression.terms.length === 0

export const evaluateMonomial = (monomial: Monomial, point: Point): number =>
  Object.entries(monomial).reduce((product, [axis, power]) => product * point[axis] ** power, 1)

export function evaluate({ constant, terms }: SizeExpression, point: Point): number {
  return terms.reduce((sum, t) => sum + t.factor * evaluateMonomial(t.monomial, point), constant)
}

export function multiply(a: Monomial, b: Monomial): Monomial {
  const axes = new Set([...Object.keys(a), ...Object.keys(b)])
  return Object.fromEntries([...axes].map((axis) => [axis, (a[axis] ?? 0) + (b[axis] ?? 0)]))
}

/** All monomials with exponents between `least` and 2, the simplest first; without the constant. */
export function monomials(axes: readonly string[], least: 0 | -2): Monomial[] {
  const powers = Array.from({ length: 3 - least }, (_, i) => least + i)
  const all = axes.reduce<Monomial[]>(
    (list, axis) => list.flatMap((m) => powers.map((p) => (p === 0 ? m : { ...m, [axis]: p }))),
    [{}],
  )
  const weight = (m: Monomial) => Object.values(m).reduce((sum, p) => sum + (p < 0 ? 10 - p : p), 0)
  return all.filter((m) => Object.keys(m).length > 0).sort((a, b) => weight(a) - weight(b))
}
