import type { TopLevelSpec } from 'vega-lite'
import type { CrossValidation } from '../train/optimize/cross-validate.js'
import type { Iteration } from '../train/optimize/eliminate.js'
import type { Optimization } from '../train/optimize/optimize.js'
import type { SearchTrial } from '../train/optimize/search.js'
import { wholeAxis } from './charts.js'
import type { Report, ReportFigure, ReportSection } from './report.js'
import { number } from './run-report.js'
import { palette } from './svg.js'

/** Trials shown of a search. */
const SHOWN = 10

/** The report of an optimization, in the order in which it went. */
export function optimizationReport(title: string, found: Optimization): Report {
  const { metric, direction } = found.objective
  const better = direction === 'minimize' ? 'smaller' : 'larger'
  return {
    title: `Optimization: ${title}`,
    lead: `The objective is ${metric} on validation events; ${better} is better.`,
    sections: [
      ...searchSection('Search on all inputs', found.search, found),
      ...eliminationSection(found),
      ...searchSection('Search on the inputs that are left', found.secondSearch, found),
      ...crossValidationSection(found.crossValidation, metric),
    ],
  }
}

const point = (x: string, y: string, titleX: string, titleY: string, whole: readonly number[]) => ({
  x: { field: x, type: 'quantitative' as const, title: titleX, axis: wholeAxis(whole) },
  y: { field: y, type: 'quantitative' as const, title: titleY, scale: { zero: false } },
})

function searchSection(title: string, trials: readonly SearchTrial[], found: Optimization): ReportSection[] {
  if (trials.length === 0) return []
  const { metric } = found.objective
  return [
    {
      title,
      lead: 'Brackets of trials: suggested from those before, thinned by successive halving.',
      figures: [
        {
          title: `${metric} by bracket`,
          content: { chart: trialChart(trials, metric) },
          caption: 'One point a trial.',
        },
        trialTable(trials),
      ],
    },
  ]
}

function trialChart(trials: readonly SearchTrial[], metric: string): TopLevelSpec {
  const kind = ({ accepted, whole }: SearchTrial): string =>
    accepted ? (whole ? 'trained to the end' : 'stopped early') : 'rejected'
  const values = trials
    .filter(({ value }) => Number.isFinite(value))
    .map((trial) => ({ bracket: trial.bracket + 1, value: trial.value, series: kind(trial) }))
  const brackets = values.map(({ bracket }) => bracket)
  const encoding = point('bracket', 'value', 'bracket', metric, brackets)
  const domain = ['trained to the end', 'stopped early', 'rejected']
  return {
    width: 460,
    height: 260,
    data: { values },
    mark: { type: 'point', filled: true, size: 50, opacity: 1 },
    encoding: {
      ...encoding,
      x: { ...encoding.x, scale: { zero: false, padding: 20 } },
      color: { field: 'series', type: 'nominal', scale: { domain, range: palette.slice(0, 3) } },
    },
  }
}

function trialTable(trials: readonly SearchTrial[]): ReportFigure {
  const best = trials.filter(({ whole }) => whole).sort((a, b) => (a.loss === b.loss ? 0 : a.loss - b.loss))
  const keys = [...new Set(trials.flatMap(({ values }) => Object.keys(values)))]
  return {
    title: 'Best trials',
    content: {
      head: ['validation', 'train', 'epochs', ...keys.map((key) => key.split('.').slice(1).join('.'))],
      rows: best
        .slice(0, SHOWN)
        .map(({ value, train, accepted, epochs, values }) => [
          accepted ? number(value) : 'rejected',
          number(Number.isFinite(train) ? train : undefined),
          String(epochs),
          ...keys.map((key) => (key in values ? said(values[key]) : 'as started')),
        ]),
    },
    caption:
      'Of those that were trained to the end. Rejected: diverged, or better on training events by too much.',
  }
}

/** A hyper-parameter in four digits; best.yaml has all of them. */
function said(value: unknown): string {
  if (typeof value === 'string') return value
  return JSON.stringify(value, (_key, one: unknown) =>
    typeof one === 'number' ? Number(one.toPrecision(4)) : one,
  )
}

function eliminationSection({ elimination, objective }: Optimization): ReportSection[] {
  const { iterations, chosen } = elimination
  if (iterations.length === 0) return []
  return [
    {
      title: 'Backwards elimination',
      lead: `${iterations[0].inputs.length} inputs at the start; ${iterations[chosen].inputs.length} are left: ${iterations[chosen].inputs.join(', ')}.`,
      figures: [
        {
          title: `${objective.metric} against the number of inputs`,
          content: { chart: eliminationChart(iterations, objective.metric) },
          caption: 'The model was trained anew for each point.',
        },
        eliminationTable(iterations, chosen),
        importanceTable(iterations),
      ],
    },
  ]
}

function eliminationChart(iterations: readonly Iteration[], metric: string): TopLevelSpec {
  const values = iterations.flatMap(({ inputs, value, train }) => [
    { series: 'training', inputs: inputs.length, value: train },
    { series: 'validation', inputs: inputs.length, value },
  ])
  const counts = values.map(({ inputs }) => inputs)
  const encoding = point('inputs', 'value', 'inputs', metric, counts)
  return {
    width: 460,
    height: 260,
    data: { values },
    mark: { type: 'line', strokeWidth: 2, point: { size: 25 } },
    encoding: {
      ...encoding,
      x: { ...encoding.x, scale: { reverse: true } },
      color: {
        field: 'series',
        type: 'nominal',
        scale: { domain: ['training', 'validation'], range: [palette[0], palette[1]] },
      },
    },
  }
}

function eliminationTable(iterations: readonly Iteration[], chosen: number): ReportFigure {
  return {
    title: 'Iterations',
    content: {
      head: ['', 'inputs', 'validation', 'train', 'removed after it'],
      rows: iterations.map(({ inputs, value, train, removed }, i) => [
        i === chosen ? `${i + 1}, taken` : String(i + 1),
        String(inputs.length),
        number(value),
        number(train),
        removed.join(', '),
      ]),
    },
    caption: 'Taken is the smallest set whose objective is within the tolerance of the best.',
  }
}

function importanceTable(iterations: readonly Iteration[]): ReportFigure {
  const measured = iterations.filter(({ importance }) => Object.keys(importance).length > 0)
  // Those that stayed longest come first.
  const names = iterations[0].inputs.toSorted(
    (a, b) =>
      measured.filter(({ inputs }) => inputs.includes(b)).length -
        measured.filter(({ inputs }) => inputs.includes(a)).length ||
      (measured[0]?.importance[b] ?? 0) - (measured[0]?.importance[a] ?? 0),
  )
  return {
    title: 'Importance by iteration',
    content: {
      head: ['', ...measured.map(({ inputs }) => `${inputs.length} inputs`)],
      rows: names.map((name) => [
        name,
        ...measured.map(({ importance: { [name]: value } }) => (value === undefined ? '' : value.toFixed(4))),
      ]),
    },
    caption: 'By how much the objective is worse without the input. Values near zero are noise.',
  }
}

function crossValidationSection(results: readonly CrossValidation[], metric: string): ReportSection[] {
  if (results.length === 0) return []
  const folds = results[0].folds.length
  const cell = ({ mean, deviation }: CrossValidation['test']): string =>
    `${mean.toFixed(4)} ± ${deviation.toFixed(4)}`
  const part = metric === 'loss' ? 'validation' : 'test'
  return [
    {
      title: 'Cross-validation',
      lead: `${folds} folds: every event is tested once, by a model that has not seen it.`,
      figures: [
        {
          title: `${metric}, mean and standard deviation over the folds`,
          content: {
            head: [
              '',
              'train',
              'validation',
              part,
              ...Array.from({ length: folds }, (_, k) => `fold ${k + 1}`),
            ],
            rows: results.map(({ name, folds: each, train, validation, test }) => [
              name === 'start' ? 'started from' : 'optimized',
              cell(train),
              cell(validation),
              cell(test),
              ...each.map((fold) => number(fold.test)),
            ]),
          },
          caption: `The folds' own columns are ${part} values. The deviation is that between folds, not the error of the mean.`,
        },
      ],
    },
  ]
}
