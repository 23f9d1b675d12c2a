import Table from 'cli-table3'
import type { CutFlowReport } from '../stream/cutflow/report.js'
import type { LiveModel } from '../stream/work.js'
import { cutFlowTable } from './cutflow-table.js'

/** What a finished run says of itself. */
export interface Summary {
  readonly pipeline: string
  readonly events: number
  readonly accepted: number
  readonly deadLetters: number
  readonly aborts: number
  readonly chains: ReadonlyMap<string, number>
  readonly cutFlows: readonly CutFlowReport[]
  readonly seconds: number
  readonly batchP50: number
  readonly batchP99: number
  readonly models: readonly LiveModel[]
  readonly output: string
}

/** Prints the summary of one or several runs on standard output. */
export function printSummary(summaries: readonly Summary[]): void {
  const runs = new Table({
    head: ['pipeline', 'events', 'accepted', 'dead letters', 'events/s', 'batch p50', 'batch p99'],
    style: { head: [], border: [] },
  })
  const chains = new Table({
    head: ['pipeline', 'chain', 'accepted', 'fraction'],
    style: { head: [], border: [] },
  })
  const models = new Table({
    head: ['pipeline', 'step', 'model', 'version', 'provider', 'runtime'],
    style: { head: [], border: [] },
  })
  for (const { pipeline, ...run } of summaries) {
    runs.push([
      pipeline,
      integer(run.events),
      integer(run.accepted),
      integer(run.deadLetters),
      integer(run.events / run.seconds),
      milliseconds(run.batchP50),
      milliseconds(run.batchP99),
    ])
    for (const [chain, count] of run.chains) {
      chains.push([
        pipeline,
        chain,
        integer(count),
        `${((100 * count) / Math.max(1, run.events)).toFixed(2)} %`,
      ])
    }
    for (const { step, name, version, provider, runtime } of run.models) {
      models.push([pipeline, step, name, version, provider, runtime])
    }
  }
  const tables = [runs, chains, models].filter((table) => table.length > 0)
  for (const table of tables) process.stdout.write(`${table.toString()}\n`)
  for (const { cutFlows } of summaries)
    for (const flow of cutFlows) process.stdout.write(`${cutFlowTable(flow)}\n`)
  for (const { pipeline, output } of summaries) process.stdout.write(`${pipeline}: scores in ${output}\n`)
}

const integer = (value: number): string => Math.round(value).toLocaleString('en')
const milliseconds = (seconds: number): string =>
  Number.isNaN(seconds) ? '-' : `${(seconds * 1e3).toFixed(1)} ms`
