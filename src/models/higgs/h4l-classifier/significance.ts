import { bootstrapped } from '../../../report/bootstrap.js'
import type { ReportedRun } from '../../../report/run-report.js'
import { type Measured, type ScoredItems, significanceAt } from '../../../report/weighted-roc.js'
import { inSplit, type ScoreTable } from '../../../train/score-table.js'
import { type Options, ofClasses } from './recipe.js'

/** Efficiency at which networks are compared. */
export const COMPARED = 0.6

export const optionsOf = ({ config }: ReportedRun): Options => config.recipe as Options

/** The process that a category is made for. */
export const targetOf = ({ result }: ReportedRun): string => result.classes[0]

/** Scored items of one part, of the processes that the network was to tell apart. */
export const known = (run: ReportedRun, split: 'train' | 'test'): ScoreTable =>
  ofClasses(inSplit(run.table, split), run.result.classes)

/** One process against the others of its category. */
export const rocOf = (run: ReportedRun, table: ScoreTable, process = targetOf(run)): ScoredItems => ({
  score: table.column(`score.p_${process}`),
  signal: table.column(`target.is_${process}`),
  weight: table.column('weight'),
})

/** What the weights of test events are multiplied with to stand for all of the sample. */
export function scaleOf(run: ReportedRun): number {
  const { train, validation } = run.result.counts.parts
  const test = known(run, 'test').rows
  return (train / run.config.data.fraction + validation + test) / test
}

/** Test items with weights that stand for all of the sample. */
export function scaled(run: ReportedRun, process = targetOf(run)): ScoredItems {
  const items = rocOf(run, known(run, 'test'), process)
  const factor = scaleOf(run)
  return { ...items, weight: Float64Array.from(items.weight, (weight) => weight * factor) }
}

/** N_s / √N_b of one run over that of another, which share their test events, with the bootstrap error of these. */
export function ratioOf(first: ReportedRun, second: ReportedRun, process: string): Measured {
  const [a, b] = [scaled(first, process), scaled(second, process)]
  return bootstrapped(
    (weight) =>
      significanceAt({ ...a, weight }, COMPARED).value / significanceAt({ ...b, weight }, COMPARED).value,
    a.weight,
  )
}
