import { distributions, rocCurve } from '../../../report/charts.js'
import { kolmogorovSmirnov } from '../../../report/divergence.js'
import { histogram, linearEdges } from '../../../report/histogram.js'
import { importanceFigure } from '../../../report/importance.js'
import { comparedRuns } from '../../../report/paired.js'
import type { ReportFigure, ReportSection } from '../../../report/report.js'
import { number, type ReportedRun, type SystemReport } from '../../../report/run-report.js'
import { areaUnder, significanceAt, weightedPoints } from '../../../report/weighted-roc.js'
import type { ScoreTable } from '../../../train/score-table.js'
import { byCategory, comparison } from './comparison.js'
import { scoresByProcess, scoresTogether } from './scores.js'
import { COMPARED, known, ratioOf, rocOf, scaled, targetOf } from './significance.js'

const EFFICIENCIES = [0.4, 0.5, 0.6, 0.7, 0.8]
const CURVE = Array.from({ length: 97 }, (_, i) => 0.02 + 0.01 * i)

/** All categories compared, then each: separation, overtraining, what the inputs are worth. */
export const report: SystemReport = (runs) => [
  comparison(runs),
  ...byCategory(runs).flatMap(([category, of]) => [
    {
      title: `Separation in ${category}`,
      lead: `The targeted process, ${targetOf(of[0])}, against the other processes of its event category; weights are expected events.`,
      figures: [
        rejection(of),
        workingPointTable(of),
        ...ratios(of),
        ...comparedRuns(
          of.map((run) => ({ name: run.name, items: scaled(run) })),
          COMPARED,
          true,
        ),
        ...of.map(scoresByProcess),
        ...scoresTogether(of),
      ],
    },
    overtraining(category, of),
    ...importances(category, of),
  ]),
]

function rejection(runs: readonly ReportedRun[]): ReportFigure {
  const curves = runs.map((run) => ({
    name: run.name,
    points: weightedPoints(rocOf(run, known(run, 'test')), CURVE),
  }))
  return {
    title: `Background rejection against ${targetOf(runs[0])} efficiency`,
    content: { chart: rocCurve(curves, `${targetOf(runs[0])} efficiency`) },
    caption:
      'Rejection is one over the efficiency of the other processes together; the band is its statistical error.',
  }
}

function workingPointTable(runs: readonly ReportedRun[]): ReportFigure {
  const found = runs.map((run) => scaled(run))
  const rows = EFFICIENCIES.map((efficiency) => [
    `N_s / √N_b at ${(100 * efficiency).toFixed(0)} %`,
    ...found.map((items) => {
      const { value, error } = significanceAt(items, efficiency)
      return `${value.toFixed(3)} ± ${error.toFixed(3)}`
    }),
  ])
  return {
    title: 'Working points',
    content: {
      head: ['', ...runs.map(({ name }) => name)],
      rows: [['AUC', ...found.map((items) => number(areaUnder(items)))], ...rows],
    },
    caption:
      'Expected events of the whole sample, from its test part; errors are those of the background left in it.',
  }
}

/** The first run's significance over each other's, on the same events. */
function ratios([first, ...others]: readonly ReportedRun[]): ReportFigure[] {
  if (others.length === 0) return []
  const rows = others.map((other) => {
    const { value, error } = ratioOf(first, other, targetOf(first))
    return [`${first.name} / ${other.name}`, `${value.toFixed(3)} ± ${error.toFixed(3)}`]
  })
  return [
    {
      title: 'Ratio of significances',
      content: { head: ['', `N_s / √N_b at ${(100 * COMPARED).toFixed(0)} %`], rows },
      caption:
        'The error is by a bootstrap over the test events, which both share; training has its own spread, seed by seed.',
    },
  ]
}

function overtraining(category: string, runs: readonly ReportedRun[]): ReportSection {
  return {
    title: `Overtraining in ${category}`,
    lead: 'Scores of events that were trained on beside those of events that were not: they should agree.',
    figures: [...runs.map(overlay), agreement(runs)],
  }
}

/** Scores of one process in one part. */
function part(run: ReportedRun, split: 'train' | 'test', c: number): ScoreTable {
  const table = known(run, split)
  const classes = table.column('class')
  return table.where((row) => classes[row] === c)
}

function overlay(run: ReportedRun): ReportFigure {
  const edges = linearEdges(0, 1, 25)
  const series = run.result.classes.slice(0, 2).flatMap((name, c) =>
    (['train', 'test'] as const).map((split) => {
      const items = part(run, split, c)
      return {
        name: `${name}, ${split}`,
        histogram: histogram(items.column(`score.p_${targetOf(run)}`), items.column('weight'), edges),
      }
    }),
  )
  return {
    title: `Training and test events: ${run.name}`,
    content: { chart: distributions(series, `p(${targetOf(run)})`) },
    caption: 'Normalised, weighted.',
  }
}

function agreement(runs: readonly ReportedRun[]): ReportFigure {
  const rows = runs.flatMap((run) =>
    run.result.classes.map((name, c) => {
      const [train, test] = (['train', 'test'] as const).map((split) =>
        part(run, split, c).column(`score.p_${targetOf(run)}`),
      )
      const { distance, probability } = kolmogorovSmirnov(train, test)
      return [run.name, name, distance.toFixed(4), probability.toPrecision(3)]
    }),
  )
  return {
    title: 'Kolmogorov-Smirnov test of training against test scores',
    content: { head: ['', 'process', 'distance', 'probability'], rows },
    caption: 'A small probability says that the network knows its training events.',
  }
}

function importances(category: string, runs: readonly ReportedRun[]): ReportSection[] {
  const figures = runs.flatMap((run) =>
    importanceFigure(run, 'cross_entropy', {
      'decay.*': 'decay (learnt D_ZZ)',
    }),
  )
  if (figures.length === 0) return []
  return [
    {
      title: `What the inputs are worth in ${category}`,
      lead:
        'How much the loss rises when an input is taken from other events. decay.* exchanges all that the learnt D_ZZ is made ' +
        'of, the counterpart of the source’s D_ZZ.',
      figures,
    },
  ]
}
