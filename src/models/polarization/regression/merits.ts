import { bootstrapped } from '../../../report/bootstrap.js'
import { distributions, withRatio } from '../../../report/charts.js'
import { binOf, histogram, linearEdges } from '../../../report/histogram.js'
import type { ReportFigure } from '../../../report/report.js'
import { number, type ReportedRun } from '../../../report/run-report.js'
import { rootMeanSquare, rSquared } from '../../../train/metrics.js'
import type { ScoreTable } from '../../../train/score-table.js'
import type { Options } from './options.js'

export type Fraction = 'r_l' | 'r_t'
export const label = { r_l: 'r_L', r_t: 'r_T' } as const
const ranges = { r_l: 1, r_t: 1.4 } as const

export const optionsOf = ({ config }: ReportedRun): Options => config.recipe as Options

/** Distribution of a fraction, predicted over true, with the ratio. */
export function fractionFigure(name: string, table: ScoreTable, fraction: Fraction): ReportFigure {
  const edges = linearEdges(-0.1, ranges[fraction], 30)
  const weight = table.column('weight')
  const series = (title: string, column: string) => ({
    name: title,
    histogram: histogram(table.column(column), weight, edges),
  })
  return {
    title: `${label[fraction]}: ${name}`,
    content: {
      chart: withRatio(
        series('truth', `target.${fraction}`),
        series('predicted', `score.${fraction}`),
        label[fraction],
      ),
    },
    caption: `Normalised within the figure, weighted; statistical errors on the ratio. ${outside(table, fraction, edges)}`,
  }
}

/** What of the weight a figure of true fractions does not show: single events have fractions far out. */
function outside(table: ScoreTable, fraction: Fraction, edges: readonly number[]): string {
  const [truth, weight] = [table.column(`target.${fraction}`), table.column('weight')]
  const total = weight.reduce((a, b) => a + b, 0)
  const missed = weight.reduce((sum, w, row) => (binOf(edges, truth[row]) < 0 ? sum + w : sum), 0)
  return `Of the true values ${((100 * missed) / total).toFixed(1)} % are outside of it.`
}

/** (predicted − true) / true r_L of each event. */
function errorsOf(table: ScoreTable): Float64Array {
  const truth = table.column('target.r_l')
  return table.column('score.r_l').map((predicted, row) => (predicted - truth[row]) / truth[row])
}

/** Relative errors of r_L of several sets of events, in one figure. */
export function relativeErrors(
  tested: readonly { readonly name: string; readonly table: ScoreTable }[],
): ReportFigure {
  const edges = linearEdges(-1.5, 1.5, 60)
  const series = tested.map(({ name, table }) => ({
    name,
    histogram: histogram(errorsOf(table), table.column('weight'), edges),
  }))
  return {
    title: 'Relative prediction error of r_L',
    content: { chart: distributions(series, '(predicted − true) / true r_L') },
    caption: 'Normalised within the figure; events with a true r_L near zero lie outside of it.',
  }
}

/** Heads of what {@link meritsOf} gives. */
export const MERITS = ['R² of r_L', 'R² of r_T', 'rms of r_L', 'median relative error', '68 % of them']

const REPLICAS = 40

/** R² of a fraction as a function of event weights. */
function explained(table: ScoreTable, fraction: Fraction): (weights: Float64Array) => number {
  const [truth, predicted] = [table.column(`target.${fraction}`), table.column(`score.${fraction}`)]
  return (weights) => rSquared(truth, predicted, weights)
}

/** Figures of merit of some events, with errors by a bootstrap over them. */
export function meritsOf(table: ScoreTable): string[] {
  const weight = table.column('weight')
  const errors = errorsOf(table).filter(Number.isFinite).sort()
  const at = (share: number): number => errors[Math.round(share * (errors.length - 1))]
  const rms = rootMeanSquare(table.column('target.r_l'), table.column('score.r_l'), weight)
  return [
    ...(['r_l', 'r_t'] as const).map((fraction) => {
      const { value, error } = bootstrapped(explained(table, fraction), weight, REPLICAS)
      return `${value.toFixed(4)} ± ${error.toFixed(4)}`
    }),
    number(rms),
    number(at(0.5)),
    `${number(at(0.16))} … ${number(at(0.84))}`,
  ]
}

/** How much more of the variance the other runs explain than the first, event by event on the same test events. */
export function gains([first, ...others]: readonly {
  readonly run: ReportedRun
  readonly table: ScoreTable
}[]): ReportFigure[] {
  const rows = others
    .filter(({ table }) => isSameSample(first.table, table))
    .map(({ run, table }) => [
      `${run.name} − ${first.run.name}`,
      ...(['r_l', 'r_t'] as const).map((fraction) => {
        const [a, b] = [explained(table, fraction), explained(first.table, fraction)]
        const { value, error } = bootstrapped((w) => a(w) - b(w), table.column('weight'), REPLICAS)
        return `${value.toFixed(4)} ± ${error.toFixed(4)}`
      }),
    ])
  if (rows.length === 0) return []
  return [
    {
      title: 'Gain and loss in R²',
      content: { head: ['', 'R² of r_L', 'R² of r_T'], rows },
      caption:
        'On the same test events; the error is by a bootstrap over them and leaves out the spread of training, seed by seed.',
    },
  ]
}

function isSameSample(a: ScoreTable, b: ScoreTable): boolean {
  const [x, y] = [a, b].map((table) => table.column('target.r_l'))
  return a.rows === b.rows && x.every((value, row) => value === y[row])
}
