import type { CutCounts, CutFlowCounts } from './counts.js'

/** A fraction of weights with its statistical error; `null` where nothing can be said. */
export interface Efficiency {
  readonly value: number | null
  readonly error: number | null
}

/** One line of a cut-flow: what passes this cut and all before it. */
export interface CutLine {
  /** `all` for the first line. */
  readonly cut: string
  readonly events: number
  readonly weight: number
  /** √Σw². */
  readonly weightError: number
  /** Relative to the line before, and to the first line. */
  readonly relative: Efficiency
  readonly total: Efficiency
}

export interface CutFlowReport {
  readonly step: string
  readonly lines: readonly CutLine[]
}

/** The cut-flows of committed events, in the order of the pipeline. */
export function cutFlowReports(counts: CutFlowCounts): CutFlowReport[] {
  return Object.entries(counts).map(([step, one]) => ({ step, lines: linesOf(one) }))
}

function linesOf(counts: CutCounts): CutLine[] {
  return ['all', ...counts.cuts].map((cut, k) => ({
    cut,
    events: counts.events[k],
    weight: counts.weights[k],
    weightError: Math.sqrt(counts.squares[k]),
    relative: efficiency(counts, k, Math.max(0, k - 1)),
    total: efficiency(counts, k, 0),
  }))
}

/**
 * ε = Σ_pass w / Σ_all w with σ² = ((1 − 2ε) Σ_pass w² + ε² Σ_all w²) / (Σ_all w)², which is ε (1 − ε) / N where all
 * weights are equal (as ROOT's TH1::Divide with option B). Weights of both signs may make it anything: at least 0 is given.
 */
function efficiency({ weights, squares }: CutCounts, passed: number, all: number): Efficiency {
  if (weights[all] === 0) return { value: null, error: null }
  const value = weights[passed] / weights[all]
  const variance = ((1 - 2 * value) * squares[passed] + value * value * squares[all]) / weights[all] ** 2
  return { value, error: Math.sqrt(Math.max(0, variance)) }
}
