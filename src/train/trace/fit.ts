import {
  evaluate,
  evaluateMonomial,
  type Monomial,
  monomials,
  multiply,
  type Point,
  type SizeExpression,
} from './sizes.js'
import { solve } from './solve.js'

/**
 * Finds the function of the dynamic axes that gives `values[i]` at `points[i]`: a constant, a · m + c for a
 * monomial m, or m · (c₀ + Σ cᵢ axisᵢ). The simplest that holds at every point, or undefined.
 * Sizes (`integer`) must come out exactly, with integer coefficients; other scalars to one part in 10⁶.
 */
export function fitSizes(
  values: readonly number[],
  points: readonly Point[],
  integer: boolean,
): SizeExpression | undefined {
  if (values.every((value) => Object.is(value, values[0]))) return { constant: values[0], terms: [] }
  if (!values.every(Number.isFinite)) return undefined
  const axes = Object.keys(points[0])
  const candidates = monomials(axes, integer ? 0 : -2)
  const holds = (candidate: SizeExpression | undefined): candidate is SizeExpression =>
    candidate !== undefined && accepts(candidate, values, points, integer)
  for (const monomial of candidates) {
    const line = fitLine(monomial, values, points, integer)
    if (holds(line)) return line
  }
  for (const monomial of [{}, ...candidates]) {
    const plane = fitPlane(monomial, axes, values, points, integer)
    if (holds(plane)) return plane
  }
  return undefined
}

function accepts(
  candidate: SizeExpression,
  values: readonly number[],
  points: readonly Point[],
  integer: boolean,
): boolean {
  return values.every((value, i) => {
    const error = Math.abs(evaluate(candidate, points[i]) - value)
    return integer ? error === 0 : error <= 1e-6 * Math.abs(value)
  })
}

function fitLine(
  monomial: Monomial,
  values: readonly number[],
  points: readonly Point[],
  integer: boolean,
): SizeExpression | undefined {
  const at = points.map((point) => evaluateMonomial(monomial, point))
  const other = at.findIndex((value) => value !== at[0])
  if (other < 0) return undefined
  const slope = (values[other] - values[0]) / (at[other] - at[0])
  if (slope === 0) return undefined
  const offset = values[0] - slope * at[0]
  if (integer) return exact({ constant: offset, terms: [{ factor: slope, monomial }] })
  // A rounding left-over in the offset would become an extra node.
  const negligible = Math.abs(offset) <= 1e-7 * Math.abs(values[0])
  return { constant: negligible ? 0 : offset, terms: [{ factor: slope, monomial }] }
}

function fitPlane(
  monomial: Monomial,
  axes: readonly string[],
  values: readonly number[],
  points: readonly Point[],
  integer: boolean,
): SizeExpression | undefined {
  // With one axis this has no more freedom than a line; with k axes it has k + 1 unknowns and k + 2 points.
  if (axes.length < 2) return undefined
  const rows = points.slice(0, axes.length + 1).map((point) => [1, ...axes.map((axis) => point[axis])])
  const scaled = values.map((value, i) => value / evaluateMonomial(monomial, points[i]))
  const solution = solve(rows, scaled.slice(0, rows.length))
  if (solution === undefined) return undefined
  const [offset, ...slopes] = integer ? solution.map((c) => Math.round(c)) : solution
  const parts = [
    { factor: offset, monomial },
    ...axes.map((axis, k) => ({ factor: slopes[k], monomial: multiply(monomial, { [axis]: 1 }) })),
  ].filter((term) => Math.abs(term.factor) > 1e-9)
  const isOne = (m: Monomial) => Object.values(m).every((power) => power === 0)
  const constant = parts.filter((t) => isOne(t.monomial)).reduce((sum, t) => sum + t.factor, 0)
  return { constant, terms: parts.filter((t) => !isOne(t.monomial)) }
}

function exact(expression: SizeExpression): SizeExpression | undefined {
  const coefficients = [expression.constant, ...expression.terms.map((t) => t.factor)]
  return coefficients.every(Number.isInteger) ? expression : undefined
}
