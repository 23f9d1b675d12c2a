import { bootstrapped } from '../../../report/bootstrap.js'
import { distributions, rocCurve } from '../../../report/charts.js'
import { kolmogorovSmirnov } from '../../../report/divergence.js'
import { histogram, linearEdges } from '../../../report/histogram.js'
import type { ReportFigure, ReportSection } from '../../../report/report.js'
import { number, type ReportedRun, type SystemReport } from '../../../report/run-report.js'
import { areaUnder, type ScoredItems, significanceAt, weightedPoints } from '../../../report/weighted-roc.js'
import { inSplit, type ScoreTable, type Split } from '../../../train/score-table.js'

const EFFICIENCIES = [0.4, 0.5, 0.6, 0.7, 0.8]
/** Efficiency at which networks are compared. */
const COMPARED = 0.6
const CURVE = Array.from({ length: 97 }, (_, i) => 0.02 + 0.01 * i)

/** Scores, overtraining, rejection, and the significance at working points with its ratio between runs. */
export const report: SystemReport = (runs) => [
  {
    title: 'Separation',
    lead: `The targeted process, ${targetOf(runs[0])}, against the other processes of its event category; weights are expected events.`,
    figures: [rejection(runs), workingPointTable(runs), ...ratios(runs), ...runs.flatMap(scoresByProcess)],
  },
  overtraining(runs),
]

const targetOf = ({ result }: ReportedRun): string => result.classes[0]

const rocOf = (run: ReportedRun, table: ScoreTable): ScoredItems => ({
  score: table.column(`score.p_${targetOf(run)}`),
  signal: table.column(`target.is_${targetOf(run)}`),
  weight: table.column('weight'),
})

function rejection(runs: readonly ReportedRun[]): ReportFigure {
  const curves = runs.map((run) => ({
    name: run.name,
    points: weightedPoints(rocOf(run, inSplit(run.table, 'test')), CURVE),
  }))
  return {
    title: `Background rejection against ${targetOf(runs[0])} efficiency`,
    content: { chart: rocCurve(curves, `${targetOf(runs[0])} efficiency`) },
    caption:
      'Rejection is one over the efficiency of the other processes together; the band is its statistical error.',
  }
}

/** The test part stands for all of the sample: its weights are scaled up. */
function scaled(run: ReportedRun): ScoredItems {
  const items = rocOf(run, inSplit(run.table, 'test'))
  const { train, validation, test } = run.result.counts.parts
  const factor = (train / run.config.data.fraction + validation + test) / test
  return { ...items, weight: Float64Array.from(items.weight, (weight) => weight * factor) }
}

function workingPointTable(runs: readonly ReportedRun[]): ReportFigure {
  const found = runs.map((run) => ({ run, items: scaled(run) }))
  const rows = EFFICIENCIES.map((efficiency) => [
    `N_s / √N_b at ${(100 * efficiency).toFixed(0)} %`,
    ...found.map(({ items }) => {
      const { value, error } = significanceAt(items, efficiency)
      return `${value.toFixed(3)} ± ${error.toFixed(3)}`
    }),
  ])
  return {
    title: 'Working points',
    content: {
      head: ['', ...runs.map(({ name }) => name)],
      rows: [['AUC', ...found.map(({ items }) => number(areaUnder(items)))], ...rows],
    },
    caption:
      'Expected events of the whole sample, from its test part; errors are those of the background left in it.',
  }
}

/** The source's comparison: the first run's significance over each other's, on the same events. */
function ratios([first, ...others]: readonly ReportedRun[]): ReportFigure[] {
  if (others.length === 0) return []
  const items = scaled(first)
  const rows = others.map((other) => {
    const beside = scaled(other)
    const ratio = bootstrapped(
      (weight) =>
        significanceAt({ ...items, weight }, COMPARED).value /
        significanceAt({ ...beside, weight }, COMPARED).value,
      items.weight,
    )
    return [`${first.name} / ${other.name}`, `${ratio.value.toFixed(3)} ± ${ratio.error.toFixed(3)}`]
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

function scoresByProcess(run: ReportedRun): ReportFigure[] {
  const table = inSplit(run.table, 'test')
  const edges = linearEdges(0, 1, 40)
  const series = run.result.classes.map((name, c) => {
    const of = table.where((row) => table.column('class')[row] === c)
    return {
      name,
      histogram: histogram(of.column(`score.p_${targetOf(run)}`), of.column('weight'), edges),
    }
  })
  return [
    {
      title: `Score by process: ${run.name}`,
      content: { chart: distributions(series, `p(${targetOf(run)})`) },
      caption: 'Normalised, weighted.',
    },
  ]
}

function overtraining(runs: readonly ReportedRun[]): ReportSection {
  return {
    title: 'Overtraining',
    lead: 'Scores of events that were trained on beside those of events that were not: they should agree.',
    figures: [...runs.map(overlay), agreement(runs)],
  }
}

/** Scores of one process in one part. */
function part(run: ReportedRun, split: Split, c: number): ScoreTable {
  const table = inSplit(run.table, split)
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
