import { profiles } from '../../../report/charts.js'
import { profile } from '../../../report/histogram.js'
import type { ReportFigure } from '../../../report/report.js'
import { fixed, type ReportedRun, type SystemReport } from '../../../report/run-report.js'
import { inSplit, type ScoreTable } from '../../../train/score-table.js'
import { alongPt } from './axes.js'
import { crossings } from './crossings.js'
import { kinematics } from './kinematics.js'
import { fractionFigure, gains, label, MERITS, meritsOf, optionsOf, relativeErrors } from './merits.js'
import { inPhaseSpace } from './recipe.js'

/** Predicted and true fractions, errors, phase-space crossings, closure along pT, and what extreme events look like. */
export const report: SystemReport = (runs) => {
  const tested = runs.map((run) => ({
    run,
    table: inPhaseSpace(inSplit(run.table, 'test'), optionsOf(run).phase_space),
  }))
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
      figures: [
        relativeErrors(tested.map(({ run, table }) => ({ name: run.name, table }))),
        errorTable(tested),
        ...gains(tested),
        ...tested.map(spreadAlongPt),
      ],
    },
    crossings(runs),
    {
      title: 'Closure',
      lead: 'Mean fractions in bins of the boson’s pT: what an analysis measures. The difference is that of the same events.',
      figures: tested.flatMap(({ run, table }) => [
        meanAlongPt(run, table),
        ...(['r_l', 'r_t'] as const).map((fraction) => closureTable(run, table, fraction)),
      ]),
    },
    ...firstOfEach(tested).map(kinematics),
  ]
}

/** The first run of each boson: runs that differ in their networks have the same events. */
const firstOfEach = (tested: Tested): Tested =>
  tested.filter(
    ({ run }, k) => tested.findIndex((other) => optionsOf(other.run).boson === optionsOf(run).boson) === k,
  )

type Tested = readonly { readonly run: ReportedRun; readonly table: ScoreTable }[]

const ptOf = (run: ReportedRun) => alongPt(optionsOf(run).boson)

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
  const { name, edges } = ptOf(run)
  const [pt, weight] = [table.column('boson_pt'), table.column('weight')]
  const of = (fraction: 'r_l' | 'r_t') => {
    const truth = table.column(`target.${fraction}`)
    const error = table.column(`score.${fraction}`).map((predicted, row) => predicted - truth[row])
    const means = profile(error, pt, weight, edges)
    const squares = profile(
      error.map((e) => e * e),
      pt,
      weight,
      edges,
    )
    return means.flatMap(({ mean, error: uncertainty, count }, bin) =>
      count < 2
        ? []
        : [
            [
              `${edges[bin]} – ${edges[bin + 1]}`,
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
      head: [`${name} [GeV]`, 'fraction', 'events', 'mean of predicted − true', 'spread'],
      rows: [...of('r_l'), ...of('r_t')],
    },
    caption: 'Weighted; the spread is the standard deviation of the error.',
  }
}

function meanAlongPt(run: ReportedRun, table: ScoreTable): ReportFigure {
  const { name, edges } = ptOf(run)
  const [pt, weight] = [table.column('boson_pt'), table.column('weight')]
  const series = (['r_l', 'r_t'] as const).flatMap((fraction) => [
    {
      name: `${label[fraction]}, truth`,
      means: profile(table.column(`target.${fraction}`), pt, weight, edges),
    },
    {
      name: `${label[fraction]}, predicted`,
      means: profile(table.column(`score.${fraction}`), pt, weight, edges),
    },
  ])
  return {
    title: `Mean fractions against ${name}: ${run.name}`,
    content: { chart: profiles(series, edges, `${name} [GeV]`, 'mean fraction') },
    caption: 'Weighted means with statistical errors, events near the pole of the boson.',
  }
}

function closureTable(run: ReportedRun, table: ScoreTable, fraction: 'r_l' | 'r_t'): ReportFigure {
  const { name, edges } = ptOf(run)
  const [pt, weight] = [table.column('boson_pt'), table.column('weight')]
  const truth = table.column(`target.${fraction}`)
  const difference = table.column(`score.${fraction}`).map((value, row) => value - truth[row])
  const whole = [edges[0], edges[edges.length - 1]]
  const lines = (bins: readonly number[], nameOf: (bin: number) => string): string[][] => {
    const [means, errors] = [truth, difference].map((values) => profile(values, pt, weight, bins))
    return means.flatMap(({ mean, error, count }, bin) =>
      count < 2
        ? []
        : [
            [
              nameOf(bin),
              count.toLocaleString('en'),
              `${fixed(mean, 4)} ± ${error.toFixed(4)}`,
              `${fixed(errors[bin].mean, 4)} ± ${errors[bin].error.toFixed(4)}`,
              fixed(errors[bin].mean / errors[bin].error, 1),
            ],
          ],
    )
  }
  return {
    title: `Closure of the mean ${label[fraction]}: ${run.name}`,
    content: {
      head: [`${name} [GeV]`, 'events', `mean true ${label[fraction]}`, 'predicted − true', 'in sigma'],
      rows: [
        ...lines(edges, (bin) => `${edges[bin]} – ${edges[bin + 1]}`),
        ...lines(whole, () => `${whole[0]} – ${whole[1]}`),
      ],
    },
    caption:
      'Weighted. The uncertainty is that of the mean difference of these events; training adds its own, which it does not hold.',
  }
}
