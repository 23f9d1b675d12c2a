import { distributions, profiles } from '../../../report/charts.js'
import { histogram, linearEdges, profile } from '../../../report/histogram.js'
import type { ReportFigure, ReportSection } from '../../../report/report.js'
import { fixed, type ReportedRun, type SystemReport } from '../../../report/run-report.js'
import { inSplit, type ScoreTable } from '../../../train/score-table.js'
import { crossings } from './crossings.js'
import { errorsOf, fractionFigure, gains, label, MERITS, meritsOf, optionsOf } from './merits.js'
import { inPhaseSpace } from './recipe.js'

const PT_EDGES = [10, 15, 20, 30, 40, 60, 80, 120, 200]
/** Events with a larger true r_L are called extreme: most of their boson is longitudinal. */
const EXTREME = 0.6

/** Predicted and true fractions, errors, phase-space crossings, closure along pT, and what extreme events look like. */
export const report: SystemReport = (runs) => {
  const tested = runs.map((run) => ({
    run,
    table: inPhaseSpace(inSplit(run.table, 'test'), optionsOf(run).phase_space),
  }))
  const [first] = tested
  return [
    {
      title: 'Polarisation fractions',
      lead:
        'The fractions of longitudinal (r_L) and transverse (r_T) polarisation of each event; what is left, 1 − r_L − r_T, is ' +
        'their interference. A regression gives the mean of what its inputs leave open, so its distribution is narrower ' +
        'than the truth where they leave much open.',
      figures: tested.flatMap(({ run, table }) =>
        (['r_l', 'r_t'] as const).map((name) => fractionFigure(run.name, table, name)),
      ),
    },
    {
      title: 'Prediction error',
      lead: 'How far the prediction is off, event by event.',
      figures: [relativeError(tested), errorTable(tested), ...gains(tested), ...tested.map(spreadAlongPt)],
    },
    crossings(runs),
    {
      title: 'Closure',
      lead: `Mean fractions in bins of ${ptOf(runs[0])}: what an analysis measures. The difference is that of the same events.`,
      figures: tested.flatMap(({ run, table }) => [meanAlongPt(run, table), closureTable(run, table)]),
    },
    kinematics(first),
  ]
}

type Tested = readonly { readonly run: ReportedRun; readonly table: ScoreTable }[]

const ptOf = (run: ReportedRun): string => (optionsOf(run).boson.endsWith('w') ? 'pT(W)' : 'pT(Z)')

function relativeError(tested: Tested): ReportFigure {
  const edges = linearEdges(-1.5, 1.5, 60)
  const series = tested.map(({ run, table }) => ({
    name: run.name,
    histogram: histogram(errorsOf(table), table.column('weight'), edges),
  }))
  return {
    title: 'Relative prediction error of r_L',
    content: { chart: distributions(series, '(predicted − true) / true r_L') },
    caption: 'Normalised within the figure; events with a true r_L near zero lie outside of it.',
  }
}

function errorTable(tested: Tested): ReportFigure {
  const rows = tested.map(({ run, table }) => [run.name, ...meritsOf(table)])
  return {
    title: 'Figures of merit',
    content: {
      head: ['', ...MERITS],
      rows,
    },
    caption:
      'R² is the share of the variance of the fraction that the prediction explains; errors by a bootstrap over test events.',
  }
}

function spreadAlongPt({ run, table }: Tested[number]): ReportFigure {
  const [pt, weight] = [table.column('boson_pt'), table.column('weight')]
  const of = (fraction: 'r_l' | 'r_t') => {
    const truth = table.column(`target.${fraction}`)
    const error = table.column(`score.${fraction}`).map((predicted, row) => predicted - truth[row])
    const means = profile(error, pt, weight, PT_EDGES)
    const squares = profile(
      error.map((e) => e * e),
      pt,
      weight,
      PT_EDGES,
    )
    return means.flatMap(({ mean, error: uncertainty, count }, bin) =>
      count < 2
        ? []
        : [
            [
              `${PT_EDGES[bin]} – ${PT_EDGES[bin + 1]}`,
              label[fraction],
              count.toLocaleString('en'),
              `${fixed(mean, 4)} ± ${fixed(uncertainty, 4)}`,
              Math.sqrt(Math.max(0, squares[bin].mean - mean * mean)).toFixed(4),
            ],
          ],
    )
  }
  return {
    title: `Mean and spread of the error: ${run.name}`,
    content: {
      head: [`${ptOf(run)} [GeV]`, 'fraction', 'events', 'mean of predicted − true', 'spread'],
      rows: [...of('r_l'), ...of('r_t')],
    },
    caption: 'Weighted; the spread is the standard deviation of the error.',
  }
}

function meanAlongPt(run: ReportedRun, table: ScoreTable): ReportFigure {
  const [pt, weight] = [table.column('boson_pt'), table.column('weight')]
  const series = (['r_l', 'r_t'] as const).flatMap((fraction) => [
    {
      name: `${label[fraction]}, truth`,
      means: profile(table.column(`target.${fraction}`), pt, weight, PT_EDGES),
    },
    {
      name: `${label[fraction]}, predicted`,
      means: profile(table.column(`score.${fraction}`), pt, weight, PT_EDGES),
    },
  ])
  return {
    title: `Mean fractions against ${ptOf(run)}: ${run.name}`,
    content: { chart: profiles(series, PT_EDGES, `${ptOf(run)} [GeV]`, 'mean fraction') },
    caption: 'Weighted means with statistical errors, events near the pole of the boson.',
  }
}

function closureTable(run: ReportedRun, table: ScoreTable): ReportFigure {
  const [pt, weight] = [table.column('boson_pt'), table.column('weight')]
  const truth = table.column('target.r_l')
  const predicted = table.column('score.r_l')
  const difference = predicted.map((value, row) => value - truth[row])
  const [means, errors] = [truth, difference].map((values) => profile(values, pt, weight, PT_EDGES))
  return {
    title: `Closure of the mean r_L: ${run.name}`,
    content: {
      head: [`${ptOf(run)} [GeV]`, 'mean true r_L', 'predicted − true', 'in sigma'],
      rows: means.flatMap(({ mean, count }, bin) =>
        count < 2
          ? []
          : [
              [
                `${PT_EDGES[bin]} – ${PT_EDGES[bin + 1]}`,
                mean.toFixed(4),
                `${fixed(errors[bin].mean, 4)} ± ${fixed(errors[bin].error, 4)}`,
                fixed(errors[bin].mean / errors[bin].error, 1),
              ],
            ],
      ),
    },
    caption: 'The uncertainty is that of the mean difference; training adds its own, which it does not hold.',
  }
}

function kinematics({ run, table }: Tested[number]): ReportSection {
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
  const figure = (title: string, column: string, axis: string, edges: readonly number[]): ReportFigure => ({
    title,
    content: {
      chart: distributions(
        parts.map(({ name, weights }) => ({
          name,
          histogram: histogram(table.column(column), weights, edges),
        })),
        axis,
      ),
    },
    caption: 'Normalised, weighted.',
  })
  return {
    title: 'Kinematics by polarisation',
    lead: 'What events with an extreme fraction look like beside all, and whether the prediction chooses the same ones.',
    figures: [
      figure('Boson', 'boson_pt', `${ptOf(run)} [GeV]`, linearEdges(10, 160, 30)),
      figure('Leading lepton', 'lepton_pt', 'pT(leading lepton) [GeV]', linearEdges(0, 160, 32)),
      figure('Leading jet: pT', 'jet_pt', 'pT(jet) [GeV]', linearEdges(10, 160, 30)),
      figure('Leading jet: direction', 'jet_eta', 'η(jet)', linearEdges(-5, 5, 40)),
    ],
  }
}
