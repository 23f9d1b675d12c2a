import type { Events } from '../../ingest/columns.js'
import type { Compiled } from '../../ingest/expression/compile.js'

/** What is counted of a cut-flow step. */
export interface BoundCutFlow {
  readonly step: string
  readonly cuts: readonly string[]
  /** `null`: every event weighs 1. */
  readonly weight: Compiled | null
}

/** Counts of one cut-flow: entry 0 is all events, entry k those that pass the first k cuts. */
export interface CutCounts {
  readonly cuts: readonly string[]
  readonly events: readonly number[]
  /** Sums of weights, and of their squares. A weight that is null or not finite counts as 0. */
  readonly weights: readonly number[]
  readonly squares: readonly number[]
}

/** Counts by the name of the step, in the order of the pipeline. Plain data: it goes between threads and into files. */
export type CutFlowCounts = Readonly<Record<string, CutCounts>>

/** Counts the events of one message from the columns that the steps added. */
export function countCutFlows(flows: readonly BoundCutFlow[], events: Events): CutFlowCounts {
  return Object.fromEntries(flows.map((flow) => [flow.step, countOf(flow, events)]))
}

function countOf({ step, cuts, weight }: BoundCutFlow, events: Events): CutCounts {
  const weights = weight === null ? null : (weight.evaluate(events) as Float64Array)
  const masks = cuts.map((cut) => events.column(`${step}.${cut}`).values as Uint8Array)
  const lines = [null, ...masks].map((mask) => {
    let [count, sum, squares] = [0, 0, 0]
    for (let row = 0; row < events.rows; row++) {
      if (mask !== null && mask[row] === 0) continue
      const w = weights === null ? 1 : weights[row]
      count++
      if (!Number.isFinite(w)) continue
      sum += w
      squares += w * w
    }
    return { count, sum, squares }
  })
  return {
    cuts,
    events: lines.map(({ count }) => count),
    weights: lines.map(({ sum }) => sum),
    squares: lines.map(({ squares }) => squares),
  }
}

/** Both counts together. Counts of a step whose cuts have other names take the place of the old ones. */
export function addCutFlows(a: CutFlowCounts, b: CutFlowCounts): CutFlowCounts {
  const both = Object.entries(b).map(([step, counts]) => {
    const before = Object.hasOwn(a, step) ? a[step] : undefined
    if (before === undefined || before.cuts.join() !== counts.cuts.join()) return [step, counts] as const
    const sum = (x: readonly number[], y: readonly number[]) => x.map((value, k) => value + y[k])
    const events = sum(before.events, counts.events)
    const weights = sum(before.weights, counts.weights)
    const squares = sum(before.squares, counts.squares)
    return [step, { cuts: counts.cuts, events, weights, squares }] as const
  })
  return { ...a, ...Object.fromEntries(both) }
}
