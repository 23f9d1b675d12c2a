import type { Column, ColumnSpec, Events } from '../ingest/columns.js'
import type { Fault, Operator } from './operator.js'
import type { PartScores } from './scorer.js'
import { rowOf, type Serving, serve } from './serving.js'

/** One byte per event, or per item of the model's axis: 1 where the model is to run. */
export type Mask = (events: Events) => Uint8Array

export interface ModelOperatorOptions {
  /** Prefix of the columns: `<name>.<column>`. */
  readonly name: string
  readonly serving: Serving
  /** Adds `<name>.version`: which version scored the event. */
  readonly versioned?: boolean
  /** Which items to score; all when absent. Columns are null elsewhere. */
  readonly when?: { readonly mask: Mask; readonly reads: readonly string[]; readonly axis: string }
  /** Column path → score column that takes its place for later steps and in the output. */
  readonly replace: Readonly<Record<string, string>>
}

const VERSION = 'version'

/** The columns a model step adds. */
export function modelColumns(
  name: string,
  columns: readonly string[],
  axis: string,
  versioned = false,
): ColumnSpec[] {
  const scores = columns.map((column) => ({ path: `${name}.${column}`, axis, type: 'float32' as const }))
  return versioned ? [...scores, { path: `${name}.${VERSION}`, axis: '', type: 'int32' as const }] : scores
}

/** A step that scores events, or the items of one of their lists, with one model. */
export function modelOperator({ name, serving, versioned, when, replace }: ModelOperatorOptions): Operator {
  const { builder, columns } = serving.live.scorer
  const { axis } = builder
  const reads = [...builder.reads, ...(when?.reads ?? []).map((path) => ({ path }))]
  return {
    name,
    reads,
    produces: modelColumns(name, columns, axis, versioned),
    async apply(parts) {
      const wanted = parts.map((events) => selected(events, axis, when))
      const { scores, canaried, cost, reports } = await serve(serving, parts, wanted)
      const faults: Fault[] = []
      const scored = parts.map((events, index) => {
        faults.push(...faultsOf(index, events, axis, scores[index].bad, name))
        const made = withScores(events, wanted[index], scores[index])
        return versioned
          ? made.with(`${name}.${VERSION}`, versionsOf(events, wanted[index], canaried[index]))
          : made
      })
      return { parts: scored, faults, cost, reports }
    },
    async release() {
      for (const model of [serving.live, serving.canary, serving.shadow]) await model?.scorer.release()
    },
  }

  function withScores(events: Events, items: Int32Array, { columns: values }: PartScores): Events {
    const total = values[0]?.length ?? 0
    const valid = items.length === total ? null : validity(total, items)
    let result = events
    const added = new Map<string, Column>()
    columns.forEach((column, c) => {
      const made: Column = { axis, type: 'float32', values: values[c], valid }
      added.set(column, made)
      result = result.with(`${name}.${column}`, made)
    })
    for (const [path, column] of Object.entries(replace)) {
      result = result.with(path, replaced(events.column(path), added.get(column)!))
    }
    return result
  }

  /** The version that scored each event; null where nothing of it was scored. */
  function versionsOf(events: Events, items: Int32Array, canaried: Uint8Array | null): Column {
    const values = new Int32Array(events.rows).fill(serving.live.version)
    const { canary } = serving
    if (canaried !== null && canary !== undefined) {
      for (let row = 0; row < events.rows; row++) if (canaried[row] === 1) values[row] = canary.version
    }
    if (axis === '' && items.length === events.rows) return { axis: '', type: 'int32', values, valid: null }
    const valid = new Uint8Array(events.rows)
    for (const item of items) valid[rowOf(events, axis, item)] = 1
    return { axis: '', type: 'int32', values, valid }
  }
}

/** The items that a model is to score. */
function selected(events: Events, axis: string, when: ModelOperatorOptions['when']): Int32Array {
  const items = new Int32Array(axis === '' ? events.rows : events.offsets(axis)[events.rows])
  if (when === undefined) {
    for (let i = 0; i < items.length; i++) items[i] = i
    return items
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
  return items.subarray(0, count)
}

function validity(total: number, items: Int32Array): Uint8Array {
  const valid = new Uint8Array(total)
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
  const rows = new Set(axis === '' ? bad : bad.map((item) => rowOf(events, axis, item)))
  return [...rows].map((row) => ({
    part,
    row,
    code: 'SCORE_NOT_FINITE' as const,
    message: `model ${name}: a feature or a score of row ${row} is not finite`,
  }))
}
