import type { Events } from '../ingest/columns.js'
import type { Part } from './batching.js'
import { compareScores, type ScoreDifference } from './compare.js'
import type { PartScores, ScoreCost, Scorer } from './scorer.js'

/** What one model did in one call, beside its scores. */
export interface ModelReport {
  /** Key of the model in the line-up. */
  readonly model: string
  readonly role: 'live' | 'canary' | 'shadow'
  /** Items given to it. */
  readonly items: number
  /** Items it could not score; the live model's count as dead letters elsewhere. */
  readonly errors: number
  /** What the first error said. */
  readonly error: string | null
  /** Shadow: how far from the live model's scores, by column. */
  readonly differences: Readonly<Record<string, ScoreDifference>>
  /** What it saw and gave since the last time, in the bins of its references; `null` most of the time. */
  readonly drift: Uint32Array | null
}

/** A scorer with its key and version. */
export interface ServingModel {
  readonly key: string
  readonly version: number
  readonly scorer: Scorer
}

/** The models of a step for one batch: one serves; a canary takes some events over; a shadow is only compared. */
export interface Serving {
  readonly live: ServingModel
  /** `chosen` is one byte a row: 1 where the canary is to score. */
  readonly canary?: ServingModel & { readonly chosen: (events: Events) => Uint8Array }
  readonly shadow?: ServingModel
}

export interface Served {
  readonly scores: readonly PartScores[]
  /** One byte a row of each part: 1 where the canary's scores stand; `null` where none do. */
  readonly canaried: readonly (Uint8Array | null)[]
  readonly cost: ScoreCost
  readonly reports: readonly ModelReport[]
}

/**
 * Scores the wanted items of several messages. What the canary cannot score the live model scores, and what the shadow
 * does is only reported: neither ever costs an event.
 */
export async function serve(
  { live, canary, shadow }: Serving,
  events: readonly Events[],
  wanted: readonly Int32Array[],
): Promise<Served> {
  const bound = partsOf(live.scorer, events, wanted)
  const trial = canary === undefined ? null : await tryCanary(canary, events, wanted)
  const left = bound.map((part, index) =>
    without(part, events[index], live.scorer, trial?.rows[index] ?? null),
  )
  const own = await live.scorer.score(left)
  const scores = own.scores.map((part, index) =>
    merged(part, trial?.scores?.[index] ?? null, trial?.items[index]),
  )
  const liveItems = left.reduce((sum, { items }) => sum + items.length, 0)
  const reports: ModelReport[] = [report(live, 'live', liveItems)]
  let cost = own.cost
  if (trial !== null) {
    reports.push(trial.report)
    if (trial.cost !== null) cost = addCosts(cost, trial.cost)
  }
  if (shadow !== undefined) {
    const compared = await tryShadow(shadow, events, wanted, scores)
    reports.push(compared.report)
    if (compared.cost !== null) cost = addCosts(cost, compared.cost)
  }
  return { scores, canaried: trial?.rows ?? events.map(() => null), cost, reports }
}

const report = (
  { key, scorer }: ServingModel,
  role: ModelReport['role'],
  items: number,
  more: Partial<ModelReport> = {},
): ModelReport => ({
  model: key,
  role,
  items,
  errors: 0,
  error: null,
  differences: {},
  drift: scorer.drift?.take() ?? null,
  ...more,
})

const partsOf = (scorer: Scorer, events: readonly Events[], wanted: readonly Int32Array[]): Part[] =>
  events.map((one, index) => ({ features: scorer.builder.bind(one), items: wanted[index] }))

interface CanaryTrial {
  /** Rows whose scores are the canary's. */
  readonly rows: readonly (Uint8Array | null)[]
  /** Their items. */
  readonly items: readonly Int32Array[]
  readonly scores: readonly PartScores[] | null
  readonly cost: ScoreCost | null
  readonly report: ModelReport
}

async function tryCanary(
  canary: NonNullable<Serving['canary']>,
  events: readonly Events[],
  wanted: readonly Int32Array[],
): Promise<CanaryTrial> {
  const { scorer, chosen } = canary
  const { axis } = scorer.builder
  const none = { rows: events.map(() => null), items: events.map(() => NO_ITEMS), scores: null, cost: null }
  let items: Int32Array[] = []
  try {
    const rows = events.map(chosen)
    items = wanted.map((list, index) => inRows(list, events[index], axis, rows[index]))
    const total = countOf(items)
    if (total === 0) return { ...none, report: report(canary, 'canary', 0) }
    const { scores, cost } = await scorer.score(partsOf(scorer, events, items))
    const bad = countOf(scores.map(({ bad: list }) => list))
    scores.forEach((part, index) => {
      for (const item of part.bad) rows[index][rowOf(events[index], axis, item)] = 0
    })
    const error = bad > 0 ? `${bad} scores are not finite` : null
    return {
      rows,
      items: items.map((list, index) =>
        scores[index].bad.length === 0 ? list : inRows(list, events[index], axis, rows[index]),
      ),
      scores,
      cost,
      report: report(canary, 'canary', total, { errors: bad, error }),
    }
  } catch (cause) {
    const error = cause instanceof Error ? cause.message : String(cause)
    const total = countOf(items)
    return { ...none, report: report(canary, 'canary', total, { errors: Math.max(1, total), error }) }
  }
}

async function tryShadow(
  shadow: ServingModel,
  events: readonly Events[],
  wanted: readonly Int32Array[],
  live: readonly PartScores[],
): Promise<{ readonly report: ModelReport; readonly cost: ScoreCost | null }> {
  const { scorer } = shadow
  const total = countOf(wanted)
  try {
    const { scores, cost } = await scorer.score(partsOf(scorer, events, wanted))
    const errors = countOf(scores.map(({ bad }) => bad))
    const error = errors > 0 ? `${errors} scores are not finite` : null
    const differences = compareScores(scorer.columns, wanted, live, scores)
    return { report: report(shadow, 'shadow', total, { errors, error, differences }), cost }
  } catch (cause) {
    const error = cause instanceof Error ? cause.message : String(cause)
    return { report: report(shadow, 'shadow', total, { errors: Math.max(1, total), error }), cost: null }
  }
}

const NO_ITEMS = new Int32Array(0)

const countOf = (lists: readonly { readonly length: number }[]): number =>
  lists.reduce((sum, { length }) => sum + length, 0)

/** Those of `items` whose row is marked. */
function inRows(items: Int32Array, events: Events, axis: string, rows: Uint8Array): Int32Array {
  return items.filter((item) => rows[rowOf(events, axis, item)] === 1)
}

/** The part without the items of marked rows. */
function without(part: Part, events: Events, scorer: Scorer, rows: Uint8Array | null): Part {
  if (rows === null) return part
  const { axis } = scorer.builder
  return { ...part, items: part.items.filter((item) => rows[rowOf(events, axis, item)] === 0) }
}

/** The row whose list holds `item`: the last offset that is not beyond it. */
export function rowOf(events: Events, axis: string, item: number): number {
  if (axis === '') return item
  const offsets = events.offsets(axis)
  let low = 0
  let high = offsets.length - 1
  while (low + 1 < high) {
    const middle = (low + high) >> 1
    if (offsets[middle] <= item) low = middle
    else high = middle
  }
  return low
}

/** The live model's scores with the canary's at `items`. */
function merged(own: PartScores, other: PartScores | null, items: Int32Array = NO_ITEMS): PartScores {
  if (other === null || items.length === 0) return own
  own.columns.forEach((column, c) => {
    for (const item of items) column[item] = other.columns[c][item]
  })
  return own
}

function addCosts(a: ScoreCost, b: ScoreCost): ScoreCost {
  return {
    buildSeconds: a.buildSeconds + b.buildSeconds,
    inferSeconds: a.inferSeconds + b.inferSeconds,
    calls: [...a.calls, ...b.calls],
    entries: a.entries + b.entries,
    paddedEntries: a.paddedEntries + b.paddedEntries,
  }
}
