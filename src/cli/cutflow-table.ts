import Table from 'cli-table3'
import type { CutFlowReport, Efficiency } from '../stream/cutflow/report.js'

/** A cut-flow as a table: events, sum of weights, efficiencies with statistical errors. */
export function cutFlowTable({ step, lines }: CutFlowReport): string {
  const table = new Table({
    head: [step, 'events', 'sum of weights', 'of the cut before', 'of all'],
    colAligns: ['left', 'right', 'right', 'right', 'right'],
    style: { head: [], border: [], compact: true },
  })
  lines.forEach(({ cut, events, weight, weightError, relative, total }) => {
    const sum = `${weight.toPrecision(6)} ± ${weightError.toPrecision(2)}`
    table.push([cut, events.toLocaleString('en'), sum, percent(relative), percent(total)])
  })
  return table.toString()
}

const percent = ({ value, error }: Efficiency): string =>
  value === null || error === null ? '-' : `${(100 * value).toFixed(2)} ± ${(100 * error).toFixed(2)} %`
