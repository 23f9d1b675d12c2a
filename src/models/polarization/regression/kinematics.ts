import { distributions } from '../../../report/charts.js'
import { histogram } from '../../../report/histogram.js'
import type { ReportFigure, ReportSection } from '../../../report/report.js'
import type { ReportedRun } from '../../../report/run-report.js'
import type { ScoreTable } from '../../../train/score-table.js'
import { kinematicAxes } from './axes.js'
import { optionsOf } from './merits.js'

/** Events with a larger r_L are called extreme: most of their boson is longitudinal. */
const EXTREME = 0.6

/** Kinematics of all events beside those of a large true, or predicted, fraction. */
export function kinematics({
  run,
  table,
}: {
  readonly run: ReportedRun
  readonly table: ScoreTable
}): ReportSection {
  const weight = table.column('weight')
  const masked = (column: string) => {
    const values = table.column(column)
    return weight.map((w, row) => (values[row] > EXTREME ? w : 0))
  }
  const parts = [
    { name: 'all events', weights: weight },
    { name: `true r_L > ${EXTREME}`, weights: masked('target.r_l') },
    { name: `predicted r_L > ${EXTREME}`, weights: masked('score.r_l') },
  ]
  return {
    title: `Kinematics by polarisation: ${run.name}`,
    lead: 'What events with an extreme fraction look like beside all, and whether the prediction chooses the same ones.',
    figures: [
      ...kinematicAxes(optionsOf(run).boson).map(({ title, column, axis, edges }) => ({
        title,
        content: {
          chart: distributions(
            parts
              .filter(({ weights }) => weights.some((w) => w !== 0))
              .map(({ name, weights }) => ({
                name,
                histogram: histogram(table.column(column), weights, edges),
              })),
            axis,
          ),
        },
        caption: 'Normalised, weighted.',
      })),
      extremes(table),
    ],
  }
}

/** How many events are extreme, and how often the prediction is right about it. */
function extremes(table: ScoreTable): ReportFigure {
  const [weight, truth, predicted] = ['weight', 'target.r_l', 'score.r_l'].map((name) => table.column(name))
  const isTrue = (row: number): boolean => truth[row] > EXTREME
  const isPredicted = (row: number): boolean => predicted[row] > EXTREME
  const sum = (holds: (row: number) => boolean): number =>
    weight.reduce((total, w, row) => (holds(row) ? total + w : total), 0)
  const count = (holds: (row: number) => boolean): string =>
    weight.filter((_, row) => holds(row)).length.toLocaleString('en')
  const both = sum((row) => isTrue(row) && isPredicted(row))
  const percent = (part: number, whole: number): string =>
    whole === 0 ? '-' : `${((100 * part) / whole).toFixed(1)} %`
  const all = sum(() => true)
  const line = (name: string, holds: (row: number) => boolean): string[] => [
    name,
    count(holds),
    percent(sum(holds), all),
    percent(both, sum(holds)),
  ]
  return {
    title: `Events of r_L > ${EXTREME}`,
    content: {
      head: ['', 'events', 'share of the weight', 'of it, both true and predicted'],
      rows: [line('true', isTrue), line('predicted', isPredicted)],
    },
    caption: 'A prediction of means is rarely extreme where the inputs leave much open.',
  }
}
