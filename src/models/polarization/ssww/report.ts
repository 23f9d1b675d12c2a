import { bootstrapped } from '../../../report/bootstrap.js'
import { distributions, rocCurve } from '../../../report/charts.js'
import { heatmap } from '../../../report/heatmap.js'
import { histogram, linearEdges } from '../../../report/histogram.js'
import type { ReportFigure, ReportSection } from '../../../report/report.js'
import type { ReportedRun, SystemReport } from '../../../report/run-report.js'
import { areaUnder, type Measured, weightedPoints } from '../../../report/weighted-roc.js'
import { inSplit, type Split } from '../../../train/score-table.js'
import { type ClassifierName, type Options, templates } from './recipe.js'
import { type Polarization, significanceOf, type Yields, yieldsOf } from './yields.js'

const NAMES = {
  ll: ['LL', 'TX'],
  lx: ['LX', 'TT'],
  signal: ['WW', 'background'],
} as const
const CURVE = Array.from({ length: 49 }, (_, i) => 0.02 + 0.02 * i)

const optionsOf = ({ config }: ReportedRun): Options => config.recipe as Options
const classifiersOf = (run: ReportedRun): ClassifierName[] => [...new Set(optionsOf(run).classifiers)]
const polarizationsOf = (run: ReportedRun): Polarization[] =>
  classifiersOf(run).filter((name) => name !== 'signal')
const said = ({ value, error }: Measured, digits: number): string =>
  `${value.toFixed(digits)} ± ${error.toFixed(digits)}`

/** Scores, areas under curves, the two-dimensional histograms and what they are expected to measure. */
export const report: SystemReport = (runs) => [
  {
    title: 'Separation',
    lead:
      'Each binary classifier on its own two templates. Every WW event stands in both templates of a polarisation ' +
      'classifier, weighted by its fractions; the background classifier tells WW from the processes named as background.',
    figures: [
      areas(runs),
      ...runs.flatMap((run) => classifiersOf(run).flatMap((name) => [scores(run, name), curve(run, name)])),
    ],
  },
  {
    title: 'Overtraining',
    lead: 'Templates of events that were trained on beside those that were not.',
    figures: runs.flatMap((run) => classifiersOf(run).map((name) => overlay(run, name))),
  },
  ...runs.flatMap(histograms),
]

function templateHistogram(run: ReportedRun, name: ClassifierName, split: Split, side: 0 | 1) {
  const { score, signal, weight } = templates(inSplit(run.table, split), name)
  const own = weight.map((w, i) => (signal[i] === 1 - side ? w : 0))
  return histogram(score, own, linearEdges(0, 1, 25))
}

function areas(runs: readonly ReportedRun[]): ReportFigure {
  const names = [...new Set(runs.flatMap(classifiersOf))]
  const area = (run: ReportedRun, name: ClassifierName): string => {
    if (!classifiersOf(run).includes(name)) return '-'
    const { score, signal, weight } = templates(inSplit(run.table, 'test'), name)
    // Replicas of events, not of their two entries: both get the same number.
    const ones = new Float64Array(weight.length / 2).fill(1)
    const found = bootstrapped(
      (counts) => areaUnder({ score, signal, weight: weight.map((w, i) => w * counts[i >> 1]) }),
      ones,
    )
    return said(found, 4)
  }
  return {
    title: 'Area under the ROC curve',
    content: {
      head: ['', ...runs.map(({ name }) => name)],
      rows: names.map((name) => [NAMES[name].join(' against '), ...runs.map((run) => area(run, name))]),
    },
    caption: 'Errors by a bootstrap over the test events; training has its own spread, seed by seed.',
  }
}

function scores(run: ReportedRun, name: ClassifierName): ReportFigure {
  return {
    title: `Score ${NAMES[name].join(' against ')}: ${run.name}`,
    content: {
      chart: distributions(
        ([0, 1] as const).map((side) => ({
          name: NAMES[name][side],
          histogram: templateHistogram(run, name, 'test', side),
        })),
        `score.${name}`,
      ),
    },
    caption: 'Normalised, weighted; 0.5 says that nothing is known.',
  }
}

function curve(run: ReportedRun, name: ClassifierName): ReportFigure {
  const points = weightedPoints(templates(inSplit(run.table, 'test'), name), CURVE)
  return {
    title: `Rejection of ${NAMES[name][1]}: ${run.name}`,
    content: { chart: rocCurve([{ name: run.name, points }], `${NAMES[name][0]} efficiency`) },
    caption: 'The band is the statistical error of what passes.',
  }
}

function overlay(run: ReportedRun, name: ClassifierName): ReportFigure {
  const series = ([0, 1] as const).flatMap((side) =>
    (['train', 'test'] as const).map((split) => ({
      name: `${NAMES[name][side]}, ${split}`,
      histogram: templateHistogram(run, name, split, side),
    })),
  )
  return {
    title: `${NAMES[name].join(' against ')}: ${run.name}`,
    content: { chart: distributions(series, `score.${name}`) },
    caption: 'Normalised, weighted.',
  }
}

function histograms(run: ReportedRun): ReportSection[] {
  const { expected } = optionsOf(run)
  const isTwoDimensional = classifiersOf(run).includes('signal')
  return polarizationsOf(run).map((which) => {
    const [longitudinal, transverse] = NAMES[which]
    return {
      title: `${longitudinal} by two scores: ${run.name}`,
      lead:
        `Fiducial test events scaled to ${expected.signal} expected WW events` +
        (isTwoDimensional ? ` and ${expected.background} of the background.` : ', without background.') +
        ` Bin edges were chosen on validation events. ${transverse} here holds the interference too.`,
      figures: [significances(run, which), ...grids(run, which)],
    }
  })
}

function grids(run: ReportedRun, which: Polarization): ReportFigure[] {
  const yields = yieldsOf(run, which)
  const [longitudinal, transverse] = NAMES[which]
  const figure = (title: string, value: string, cell: (bin: number) => number): ReportFigure => ({
    title,
    content: { chart: heatmap(gridOf(yields, cell), `score.${which}`, 'score.signal', value) },
    caption: 'Expected events by bin of the two scores; bins are drawn equally large.',
  })
  const rest = (bin: number): number => yields.transverse[bin] + yields.background[bin]
  return [
    figure(longitudinal, 'events', (bin) => yields.longitudinal[bin]),
    figure(transverse, 'events', (bin) => yields.transverse[bin]),
    figure('Background', 'events', (bin) => yields.background[bin]),
    {
      ...figure('S / √B', 'S / √B', (bin) =>
        rest(bin) > 0 ? yields.longitudinal[bin] / Math.sqrt(rest(bin)) : 0,
      ),
      caption: `S is ${longitudinal}, B is ${transverse} and the background.`,
    },
  ]
}

function gridOf({ x, y }: Yields, cell: (bin: number) => number) {
  const nx = x.length - 1
  return {
    x,
    y,
    values: Array.from({ length: y.length - 1 }, (_, j) =>
      Array.from({ length: nx }, (__, i) => cell(j * nx + i)),
    ),
  }
}

function significances(run: ReportedRun, which: Polarization): ReportFigure {
  const [longitudinal, transverse] = NAMES[which]
  const { known, fitted, uncertainty } = significanceOf(run, which)
  return {
    title: `Expected significance of ${longitudinal}`,
    content: {
      head: ['', ''],
      rows: [
        [`${transverse} and background known`, `${said(known, 2)} σ`],
        [`${transverse} fitted, background known`, `${said(fitted, 2)} σ`],
        [`uncertainty of the ${longitudinal} strength, ${transverse} fitted`, said(uncertainty, 2)],
      ],
    },
    caption:
      'Binned likelihood on Asimov data, statistical uncertainty of the data alone; the ± is that of the simulated sample (bootstrap), whose fluctuations also raise the value.',
  }
}
