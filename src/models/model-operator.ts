import type { Column, ColumnSpec, Events } from '../ingest/columns.js'
import type { Part } from './batching.js'
import type { Fault, Operator } from './operator.js'
import type { PartScores, Scorer } from './scorer.js'

/** One byte per event, or per item of the model's axis: 1 where the model is to run. */
export type Mask = (events: Events) => Uint8Array

export interface ModelOperatorOptions {
  /** Prefix of the columns: `<name>.<column>`. */
  readonly name: string
  readonly scorer: Scorer
  /** Which items to score; all when absent. Columns are null elsewhere. */
  readonly when?: { readonly mask: Mask; readonly reads: readonly string[]; readonly axis: string }
  /** Column path → score column that takes its place for later steps and in the output. */
  readonly replace: Readonly<Record<string, string>>
}

/** The columns a model step adds. */
export function modelColumns(name: string, columns: readonly string[], axis: string): ColumnSpec[] {
  return columns.map((column) => ({ path: `${name}.${column}`, axis, type: 'float32' as const }))
}

/** A step that scores events, or the items of one of their lists, with one model. */
export function modelOperator({ name, scorer, when, replace }: ModelOperatorOptions): Operator {
  const { builder, columns } = scorer
  const reads = [...builder.reads, ...(when?.reads ?? []).map((path) => ({ path }))]
  return {
    name,
    reads,
    produces: modelColumns(name, columns, builder.axis),
    async apply(parts) {
      const wanted = parts.map((events) => selected(events, builder.bind(events), builder.axis, when))
      const { scores, cost } = await scorer.score(wanted)
      const faults: Fault[] = []
      const scored = parts.map((events, index) => {
        faults.push(...faultsOf(index, events, builder.axis, scores[index].bad, name))
        return withScores(events, wanted[index], scores[index])
      })
      return { parts: scored, faults, cost }
    },
    release: () => scorer.release(),
  }

  function withScores(events: Events, part: Part, { columns: values }: PartScores): Events {
    const valid = part.items.length === part.features.items ? null : validity(part)
    let result = events
    const added = new Map<string, Column>()
    columns.forEach((column, c) => {
      const made: Column = { axis: builder.axis, type: 'float32', values: values[c], valid }
      added.set(column, made)
      result = result.with(`${name}.${column}`, made)
    })
    for (const [path, column] of Object.entries(replace)) {
      result = result.with(path, replaced(events.column(path), added.get(column)!))
    }
    return result
  }
}

function selected(
  events: Events,
  features: Part['features'],
  axis: string,
  when: ModelOperatorOptions['when'],
): Part {
  const items = new Int32Array(features.items)
  if (when === undefined) {
    for (let i = 0; i < items.length; i++) items[i] = i
    return { features, items }
  }
  const mask = when.mask(events)
  let count = 0
  if (when.axis === axis) {
    for (let i = 0; i < items.length; i++) if (mask[i] === 1) items[count++] = i
  } else {
    // An event-level condition on a per-item model selects all items of the events that pass.
    const offsets = events.offsets(axis)
    for (let row = 0; row < events.rows; row++) {
      if (mask[row] === 1) for (let i = offsets[row]; i < offsets[row + 1]; i++) items[count++] = i
    }
  }
  return { features, items: items.subarray(0, count) }
}

function validity({ features, items }: Part): Uint8Array {
  const valid = new Uint8Array(features.items)
  for (const item of items) valid[item] = 1
  return valid
}

/** The calibrated values where the model ran, the old ones elsewhere. */
function replaced(old: Column, scores: Column): Column {
  if (scores.valid === null) return scores
  const values = Float32Array.from(old.values as ArrayLike<number | bigint>, Number)
  const valid = old.valid === null ? null : old.valid.slice()
  for (let i = 0; i < values.length; i++) {
    if (scores.valid[i] === 0) continue
    values[i] = Number(scores.values[i])
    if (valid !== null) valid[i] = 1
  }
  return { axis: old.axis, type: 'float32', values, valid }
}

function faultsOf(part: number, events: Events, axis: string, bad: readonly number[], name: string): Fault[] {
  if (bad.length === 0) return []
  const rows = new Set(axis === '' ? bad : bad.map((item) => rowOf(events.offsets(axis), item)))
  return [...rows].map((row) => ({
    part,
    row,
    code: 'SCORE_NOT_FINITE' as const,
    message: `model ${name}: a feature or a score of row ${row} is not finite`,
  }))
}

/** The row whose list holds `item`: the last offset that is not beyond it. */
function rowOf(offsets: Int32Array, item: number): number {
  let low = 0
  let high = offsets.length - 1
  while (low + 1 < high) {
    const middle = (low + high) >> 1
    if (offsets[middle] <= item) low = middle
    else high = middle
  }
  return low
}
