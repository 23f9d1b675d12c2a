import { existsSync, rmSync } from 'node:fs'
import { resolve } from 'node:path'
import type { LoadedPipeline } from '../stream/config/load.js'
import { addCutFlows, type CutFlowCounts } from '../stream/cutflow/counts.js'
import { readCutFlows } from '../stream/cutflow/file.js'
import { type CutFlowReport, cutFlowReports } from '../stream/cutflow/report.js'
import { servesLivePage } from '../stream/live/index.js'
import { quantile } from '../stream/quantile.js'
import { assemble } from '../stream/run.js'
import { progressFolders } from '../stream/sinks/file-lane.js'
import { openProgress } from './progress.js'
import type { Summary } from './summary.js'

export interface RunOptions {
  readonly quiet: boolean
  readonly fresh: boolean
}

/** A drain that takes longer than this is given up: what is uncommitted is done by whoever comes next. */
const DRAIN_MS = 25_000

/** Runs a pipeline with a progress bar until it ends or is told to stop. @throws what ended it */
export async function runPipeline(pipeline: LoadedPipeline, options: RunOptions): Promise<Summary> {
  if (options.fresh) forget(pipeline)
  const batchSeconds: number[] = []
  let scored = 0
  const counts = { events: 0, accepted: 0, deadLetters: 0, aborts: 0 }
  const chains = new Map<string, number>()
  let cutFlows: CutFlowCounts = {}
  // Before there is a progress bar.
  let note = (line: string): void => console.error(line)
  const running = await assemble(pipeline, {
    task: ({ cost, outcomes }) => {
      for (const { rows } of outcomes) scored += rows
      progress.update(scored)
      const steps = cost.steps.reduce(
        (sum, { buildSeconds, inferSeconds }) => sum + buildSeconds + inferSeconds,
        0,
      )
      batchSeconds.push(cost.decodeSeconds + cost.encodeSeconds + steps)
      // Enough for the quantiles of the recent past; a run of weeks must not grow.
      if (batchSeconds.length > 65_536) batchSeconds.splice(0, 32_768)
    },
    committed: (_id, done) => {
      for (const { outcome } of done) {
        counts.events += outcome.rows
        counts.accepted += outcome.acceptedRows
        counts.deadLetters += outcome.rejects.length
        cutFlows = addCutFlows(cutFlows, outcome.cutFlows ?? {})
        // A file of which a part is lost is not one bad event among many.
        for (const { code, message, place } of outcome.rejects)
          if (code === 'EVENTS_UNREADABLE') progress.note(`WARNING: ${place}: ${message}`)
        for (const [chain, count] of Object.entries(outcome.chains))
          chains.set(chain, (chains.get(chain) ?? 0) + count)
      }
    },
    aborted: (id, error) => {
      counts.aborts++
      progress.note(`lane ${id.topic || 'files'}/${id.partition}: ${error.code}: ${error.message}`)
    },
    workerReplaced: (reason) => progress.note(`a worker was replaced: ${reason}`),
    models: (line) => note(line),
  })
  const progress = openProgress(pipeline.config.name, running.totalRows, options.quiet)
  note = progress.note
  for (const { step, fallbacks } of running.models) {
    for (const why of fallbacks) progress.note(`WARNING: step ${step} fell back to the CPU: ${why}`)
  }
  if (running.url !== null) {
    progress.note(`metrics on ${running.url}/metrics`)
    if (servesLivePage(pipeline.config)) progress.note(`live page on ${running.url}/`)
  }
  const stop = (): void => void running.stop(DRAIN_MS)
  process.once('SIGTERM', stop)
  process.once('SIGINT', stop)
  const start = performance.now()
  try {
    await running.run()
  } finally {
    progress.stop()
    process.removeListener('SIGTERM', stop)
    process.removeListener('SIGINT', stop)
    await running.close()
  }
  return {
    pipeline: pipeline.config.name,
    ...counts,
    chains,
    cutFlows: reportsOf(pipeline, cutFlows),
    seconds: (performance.now() - start) / 1e3,
    batchP50: quantile(batchSeconds, 0.5),
    batchP99: quantile(batchSeconds, 0.99),
    models: running.models,
    output: outputOf(pipeline),
  }
}

/** Of all events in the output folder, those of an earlier run that this one went on with too; else of this run. */
function reportsOf({ config, folder }: LoadedPipeline, counts: CutFlowCounts): readonly CutFlowReport[] {
  if (Object.keys(counts).length === 0) return []
  const { scores } = config.sink
  const file = 'files' in scores ? readCutFlows(resolve(folder, scores.files)) : null
  return file?.steps ?? cutFlowReports(counts)
}

function outputOf({ config, folder }: LoadedPipeline): string {
  const { scores } = config.sink
  return 'files' in scores ? resolve(folder, scores.files) : `topic ${scores.topic}`
}

/** Removes the progress of an unfinished run, so that the next one begins anew. */
function forget({ config, folder }: LoadedPipeline): void {
  if (!('files' in config.sink.scores)) return
  const scores = resolve(folder, config.sink.scores.files)
  // Before the first run there is no such folder: nothing to forget.
  if (!existsSync(scores)) return
  for (const folder of progressFolders(scores)) rmSync(folder, { recursive: true, force: true })
}
