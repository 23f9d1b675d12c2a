import type { Column, ColumnSpec, Events } from '../../ingest/columns.js'
import type { Operator } from '../operator.js'
import type { Selection } from './selection.js'

/**
 * A selection as a step of a pipeline. It adds `<name>.<cut>` for each cut (bool: the event passes this cut and all
 * before it), `<name>.pass` (all cuts) and the derived columns `<name>.<column>`.
 */
export function cutFlowOperator(name: string, selection: Selection): Operator {
  return {
    name,
    reads: selection.reads,
    produces: cutFlowColumns(name, selection),
    apply: async (parts) => ({ parts: parts.map((events) => applied(name, selection, events)), faults: [] }),
    release: async () => {},
  }
}

/** The columns a cut-flow step adds. */
export function cutFlowColumns(name: string, { cuts, derived }: Selection): ColumnSpec[] {
  const bool = (cut: string): ColumnSpec => ({ path: `${name}.${cut}`, axis: '', type: 'bool' })
  return [
    ...cuts.map(bool),
    bool('pass'),
    ...derived.map(({ name: column, ...spec }) => ({ path: `${name}.${column}`, axis: '', ...spec })),
  ]
}

function applied(name: string, selection: Selection, events: Events): Events {
  const { masks, columns } = selection.evaluate(events)
  let alive = new Uint8Array(events.rows).fill(1)
  let result = events
  masks.forEach((mask, k) => {
    alive = alive.map((still, row) => still & mask[row])
    result = result.with(`${name}.${selection.cuts[k]}`, boolColumn(alive))
  })
  result = result.with(`${name}.pass`, boolColumn(alive))
  for (const [column, values] of columns) result = result.with(`${name}.${column}`, values)
  return result
}

const boolColumn = (values: Uint8Array): Column => ({ axis: '', type: 'bool', values, valid: null })
