import { bootstrapped } from '../../../report/bootstrap.js'
import { distributions, withRatio } from '../../../report/charts.js'
import { histogram, linearEdges } from '../../../report/histogram.js'
import type { ReportFigure, ReportSection } from '../../../report/report.js'
import { fixed, number, type ReportedRun, type SystemReport } from '../../../report/run-report.js'
import { inSplit, type ScoreTable } from '../../../train/score-table.js'
import { type Closure, closureOf } from './closure.js'
import { inputsOf, type Options } from './recipe.js'
import { edgesOf, SHOWN, type Shown } from './shown.js'
import { areaBetween, effectiveSize, slopeOf, total, weightsOf } from './templates.js'

/** Closure of every distribution and of a second classifier, and what the weights cost. */
export const report: SystemReport = (runs) => runs.flatMap(sections)

const optionsOf = ({ config }: ReportedRun): Options => config.recipe as Options

function sections(run: ReportedRun): ReportSection[] {
  const table = inSplit(run.table, 'test')
  const options = optionsOf(run)
  const inputs = inputsOf(options)
  const shown = SHOWN[options.events]
  const isInside = ({ column, follows }: Shown): boolean => inputs.includes(column) || follows === true
  const outside = shown.filter((one) => !isInside(one))
  return [
    {
      title: `Closure: ${run.name}`,
      lead: `${sampleLead(options)} Do the weights make the source look like the target? A second classifier was trained to tell them apart as weighted.`,
      figures: [
        closureTable(options, table),
        chiSquares(options, table),
        weightFigure(table),
        secondScores(table),
      ],
    },
    {
      title: `Distributions: ${run.name}`,
      lead: 'What the weights depend on, and what follows from it.',
      figures: shown.filter(isInside).map((one) => distribution(options, table, one)),
    },
    ...(outside.length === 0
      ? []
      : [
          {
            title: `Distributions that the weights do not know: ${run.name}`,
            lead: 'Not among the inputs: these need not close. A leading-order source does not even reach all of their values.',
            figures: outside.map((one) => distribution(options, table, one)),
          },
        ]),
  ]
}

function sampleLead({ templates }: Options): string {
  if (templates === null) return 'Source and target are different files.'
  const name = (columns: readonly string[]): string =>
    columns.length === 0 ? 'all of each event' : columns.join(' + ')
  return `Source and target are one sample, by shares: ${name(templates.source)}, and ${name(templates.target)}. Errors leave out what they have in common.`
}

/** The source beside the target, before and after. */
function compared(
  { templates }: Options,
  table: ScoreTable,
  shown: Shown,
): Readonly<Record<'before' | 'after', Closure>> {
  const { source, weighted, target } = weightsOf(table)
  const values = table.column(shown.column)
  const edges = edgesOf(shown, values)
  const along = templates === null ? null : table.column('score.weight')
  return {
    before: closureOf(values, edges, source, target, along),
    after: closureOf(values, edges, weighted, target, along),
  }
}

function distribution(options: Options, table: ScoreTable, shown: Shown): ReportFigure {
  const { before, after } = compared(options, table, shown)
  return {
    title: shown.title,
    content: {
      chart: withRatio(
        { name: 'target', histogram: after.target },
        [
          { name: 'source', histogram: before.prediction },
          { name: 'source, weighted', histogram: after.prediction },
        ],
        shown.title,
      ),
    },
    caption: 'Normalised; the ratio is to the target, with statistical errors of both.',
  }
}

function chiSquares(options: Options, table: ScoreTable): ReportFigure {
  const inputs = inputsOf(options)
  const rows = SHOWN[options.events].map((shown) => {
    const { before, after } = compared(options, table, shown)
    const of = ({ chiSquare, freedom }: Closure): string => `${chiSquare.toFixed(1)} / ${freedom}`
    return [shown.title, inputs.includes(shown.column) ? 'yes' : '', of(before), of(after)]
  })
  return {
    title: 'χ² to the target',
    content: { head: ['', 'input', 'source', 'source, weighted'], rows },
    caption:
      'Shapes of test events over what χ² is on average where they agree, with the statistical errors of both samples and their ' +
      'correlations.' +
      (options.templates === null
        ? ''
        : ' Errors of shares are those of events with like weights: by its own events, a bin without one of the few large shares ' +
          'would have too small an error.'),
  }
}

function closureTable(options: Options, table: ScoreTable): ReportFigure {
  const { source, weighted, target } = weightsOf(table)
  const ones = new Float64Array(table.rows).fill(1)
  const area = (column: string, weights: Float64Array): string => {
    const { value, error } = bootstrapped(areaBetween(table.column(column), weights, target), ones)
    return `${value.toFixed(4)} ± ${error.toFixed(4)}`
  }
  const filled = (weights: Float64Array): Float64Array => weights.filter((weight) => weight !== 0)
  const all = [source, weighted, target].map(filled)
  const negative = (weights: Float64Array): string =>
    `${((100 * weights.filter((weight) => weight < 0).length) / weights.length).toFixed(2)} %`
  // Two kinds of files weigh the same in training; templates keep their shares.
  const share = options.templates === null ? 1 : total(target) / total(source)
  return {
    title: 'Closure and cost',
    content: {
      head: ['', 'source', 'source, weighted', 'target'],
      rows: [
        ['AUC against the target', area('score.probability', source), area('score.closure', weighted), ''],
        ['mean weight', '1', number(total(weighted) / total(source)), number(share)],
        ...(options.templates === null
          ? []
          : [
              ['less the target’s', '', meanLeft(table), ''],
              ['slope of the shares along the weight', '', slope(table), '1'],
            ]),
        ['events', ...all.map(({ length }) => String(length))],
        ['effective events', ...all.map((weights) => effectiveSize(weights).toFixed(0))],
        ['negative weights', ...all.map(negative)],
      ],
    },
    caption:
      'The first area is of the classifier that makes the weights, the second of one trained against them: 0.5 says that ' +
      'nothing is left to find. A slope below 1: the weights spread further than the samples differ, they have learnt ' +
      'fluctuations. Effective events: (Σw)² / Σw².',
  }
}

function slope(table: ScoreTable): string {
  const { value, error } = bootstrapped(slopeOf(table), new Float64Array(table.rows).fill(1))
  return `${value.toFixed(2)} ± ${error.toFixed(2)}`
}

/** How far the mean weight is from the target's share, with the error of differences event by event. */
function meanLeft(table: ScoreTable): string {
  const { source, weighted, target } = weightsOf(table)
  const differences = weighted.map((weight, row) => weight - target[row])
  const error = Math.sqrt(total(differences.map((difference) => difference ** 2))) / total(source)
  return `${fixed(total(differences) / total(source), 4)} ± ${error.toFixed(4)}`
}

function weightFigure(table: ScoreTable): ReportFigure {
  const logs = table.column('score.weight').map(Math.log10)
  const { source } = weightsOf(table)
  return {
    title: 'Weights of source events',
    content: {
      chart: distributions(
        [{ name: 'source', histogram: histogram(logs, source, linearEdges(-2.8, 1.8, 92)) }],
        'log10 of the weight',
        true,
      ),
    },
    caption: 'Normalised. What lies far out costs effective events.',
  }
}

function secondScores(table: ScoreTable): ReportFigure {
  const { weighted, target } = weightsOf(table)
  const scores = table.column('score.closure')
  const edges = linearEdges(0.3, 0.7, 40)
  return {
    title: 'Score of the second classifier',
    content: {
      chart: distributions(
        [
          { name: 'target', histogram: histogram(scores, target, edges) },
          { name: 'source, weighted', histogram: histogram(scores, weighted, edges) },
        ],
        'score.closure',
      ),
    },
    caption: 'Both should be one narrow peak at 0.5.',
  }
}
