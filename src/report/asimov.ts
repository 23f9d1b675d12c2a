/** Expected events by bin: what is measured, and what else is there. */
export interface BinnedModel {
  readonly signal: ArrayLike<number>
  /** Parts whose normalisation the fit finds. */
  readonly floating: readonly ArrayLike<number>[]
  /** What is known. */
  readonly fixed: ArrayLike<number>
}

/** What a measurement of a signal strength μ = 1 is expected to give, with statistical uncertainty alone. */
export interface Expectation {
  /** Significance of the signal where all else is known: √Σ 2((s + b) ln(1 + s/b) − s). */
  readonly known: number
  /** The same with the floating parts fitted. */
  readonly fitted: number
  /** Uncertainty of μ with the floating parts fitted, from the Fisher information. */
  readonly uncertainty: number
}

const STEPS = 200
const PRECISION = 1e-10

/**
 * Expected significance of a signal on its Asimov data, the expectation itself, by the profile likelihood ratio of the
 * bins' Poisson counts (Cowan, Cranmer, Gross, Vitells, arXiv:1007.1727). Neighbouring bins are joined until at least
 * `least` events apart from the signal are expected in each: where a simulated sample leaves a bin empty by chance, the
 * significance would be infinite.
 */
export function expectation(model: BinnedModel, least = 1): Expectation {
  const { signal, floating, fixed } = usedBins(model, least)
  const data = signal.map((s, i) => s + fixed[i] + floating.reduce((sum, part) => sum + part[i], 0))
  const rest = data.map((n, i) => n - signal[i])
  const zero = conditionalFit(data, fixed, floating)
  const significance = (alternative: readonly number[]): number =>
    Math.sqrt(Math.max(0, 2 * (loss(data, alternative) - loss(data, data))))
  return {
    known: significance(rest),
    fitted: significance(zero),
    uncertainty: Math.sqrt(inverse(information(data, [signal, ...floating]))[0][0]),
  }
}

/** Σ ν − n ln ν; infinite where events are expected in a bin that the alternative leaves empty. */
function loss(data: readonly number[], expected: readonly number[]): number {
  return data.reduce((sum, n, i) => {
    const nu = expected[i]
    return nu > 0 ? sum + nu - n * Math.log(nu) : Number.POSITIVE_INFINITY
  }, 0)
}

function usedBins({ signal, floating, fixed }: BinnedModel, least: number) {
  const groups: number[][] = []
  let open: number[] = []
  let rest = 0
  for (let i = 0; i < signal.length; i++) {
    open.push(i)
    rest += fixed[i] + floating.reduce((sum, part) => sum + part[i], 0)
    if (rest < least) continue
    groups.push(open)
    open = []
    rest = 0
  }
  if (open.length > 0) groups.push([...(groups.pop() ?? []), ...open])
  const of = (values: ArrayLike<number>): number[] =>
    groups.map((bins) => bins.reduce((sum, i) => sum + values[i], 0))
  return { signal: of(signal), floating: floating.map(of), fixed: of(fixed) }
}

/** The expectation without signal whose floating parts fit the data best: Newton's method with shorter steps on need. */
function conditionalFit(
  data: readonly number[],
  fixed: readonly number[],
  floating: readonly (readonly number[])[],
): number[] {
  const expected = (scales: readonly number[]): number[] =>
    fixed.map((b, i) => floating.reduce((sum, part, k) => sum + scales[k] * part[i], b))
  // More than enough of every part, so that no bin starts empty.
  let scales = floating.map(() => 1.5)
  let best = loss(data, expected(scales))
  for (let step = 0; step < STEPS && floating.length > 0; step++) {
    const nu = expected(scales)
    const gradient = floating.map((part) => part.reduce((sum, t, i) => sum + t * (1 - data[i] / nu[i]), 0))
    const curvature = floating.map((a) =>
      floating.map((b) => a.reduce((sum, t, i) => sum + (t * b[i] * data[i]) / nu[i] ** 2, 0)),
    )
    const full = product(inverse(curvature), gradient)
    let size = 1
    let next = scales.map((scale, k) => scale - full[k])
    while (size > PRECISION && !(loss(data, expected(next)) <= best)) {
      size /= 2
      next = scales.map((scale, k) => scale - size * full[k])
    }
    const found = loss(data, expected(next))
    if (!(found <= best)) break
    const gain = best - found
    scales = next
    best = found
    if (gain < PRECISION) break
  }
  return expected(scales)
}

/** Fisher information of the normalisations of some parts of a Poisson model at its expectation. */
const information = (data: readonly number[], parts: readonly (readonly number[])[]): number[][] =>
  parts.map((a) => parts.map((b) => a.reduce((sum, t, i) => sum + (t * b[i]) / data[i], 0)))

const product = (matrix: readonly (readonly number[])[], vector: readonly number[]): number[] =>
  matrix.map((row) => row.reduce((sum, value, k) => sum + value * vector[k], 0))

/** By Gauss and Jordan with row exchange; NaN for a singular matrix. */
function inverse(matrix: readonly (readonly number[])[]): number[][] {
  const n = matrix.length
  const rows = matrix.map((row, i) => [...row, ...Array.from({ length: n }, (_, j) => (i === j ? 1 : 0))])
  for (let c = 0; c < n; c++) {
    const pivot = rows
      .slice(c)
      .reduce((p, row, i) => (Math.abs(row[c]) > Math.abs(rows[p][c]) ? c + i : p), c)
    const [top, other] = [rows[pivot], rows[c]]
    rows[c] = top.map((value) => value / top[c])
    if (pivot !== c) rows[pivot] = other
    for (let r = 0; r < n; r++) {
      if (r === c) continue
      const factor = rows[r][c]
      rows[r] = rows[r].map((value, k) => value - factor * rows[c][k])
    }
  }
  return rows.map((row) => row.slice(n))
}
