import { bootstrapped } from '../../../report/bootstrap.js'
import { distributions, withRatio } from '../../../report/charts.js'
import { type Histogram, histogram, linearEdges } from '../../../report/histogram.js'
import type { ReportFigure, ReportSection } from '../../../report/report.js'
import { number, type ReportedRun, type SystemReport } from '../../../report/run-report.js'
import { areaUnder } from '../../../report/weighted-roc.js'
import { inSplit, type ScoreTable } from '../../../train/score-table.js'
import { effectiveSize, type Options, weightsOf } from './recipe.js'

interface Shown {
  readonly column: string
  readonly title: string
  readonly edges: readonly number[]
}
const SHOWN: readonly Shown[] = [
  { column: 'z_pt', title: 'ln pT(Z) / GeV', edges: linearEdges(2.4, 5.2, 28) },
  { column: 'z_rapidity', title: '|y(Z)|', edges: linearEdges(0, 4.5, 30) },
  { column: 'z_mass', title: 'm(Z) [GeV]', edges: linearEdges(81, 101, 25) },
  { column: 'cos_theta_cs', title: 'cos θ (Collins-Soper)', edges: linearEdges(-1, 1, 25) },
  { column: 'cos_phi_cs', title: 'cos φ (Collins-Soper)', edges: linearEdges(-1, 1, 25) },
  { column: 'jet_eta', title: 'η(jet), to the side of the Z boson', edges: linearEdges(-5, 5, 30) },
  { column: 'lepton_pt', title: 'pT(first lepton) [GeV]', edges: linearEdges(0, 120, 30) },
  { column: 'lepton_eta', title: 'η(first lepton)', edges: linearEdges(-5, 5, 30) },
  { column: 'jet_pt', title: 'ln pT(jet) / GeV', edges: linearEdges(2.3, 5.2, 29) },
  { column: 'dphi', title: 'π − |Δφ(Z, jet)|', edges: linearEdges(0, Math.PI, 25) },
  { column: 'jets', title: 'number of jets', edges: linearEdges(0.5, 8.5, 8) },
]

/** Closure of every distribution and of a second classifier, and what the weights cost. */
export const report: SystemReport = (runs) => runs.flatMap(sections)

function sections(run: ReportedRun): ReportSection[] {
  const table = inSplit(run.table, 'test')
  const { inputs } = run.config.recipe as Options
  const seen = (column: string): boolean => inputs.some((name) => name === column)
  const derived = ['lepton_pt', 'lepton_eta']
  const isInside = ({ column }: Shown): boolean => seen(column) || derived.includes(column)
  return [
    {
      title: `Closure: ${run.name}`,
      lead: 'Do the weights make the source look like the target? A second classifier was trained to tell them apart as weighted.',
      figures: [closureTable(run, table), chiSquares(run, table), weightFigure(table), secondScores(table)],
    },
    {
      title: `Distributions: ${run.name}`,
      lead: 'What the weights depend on, and the leptons, which follow from it.',
      figures: SHOWN.filter(isInside).map((shown) => distribution(table, shown)),
    },
    {
      title: `Distributions that the weights do not know: ${run.name}`,
      lead: 'Not among the inputs: these need not close. A leading-order source does not even reach all of their values.',
      figures: SHOWN.filter((shown) => !isInside(shown)).map((shown) => distribution(table, shown)),
    },
  ]
}

/** Source, source as weighted, and target. */
function histograms(table: ScoreTable, column: string, edges: readonly number[]) {
  const { before, after } = weightsOf(table)
  const values = table.column(column)
  const isTarget = table.column('class')
  const of = (weights: Float64Array, kind: number): Histogram =>
    histogram(
      values,
      weights.map((weight, row) => (isTarget[row] === kind ? weight : 0)),
      edges,
    )
  return { source: of(before, 0), weighted: of(after, 0), target: of(before, 1) }
}

function distribution(table: ScoreTable, { column, title, edges }: Shown): ReportFigure {
  const { source, weighted, target } = histograms(table, column, edges)
  return {
    title,
    content: {
      chart: withRatio(
        { name: 'target', histogram: target },
        [
          { name: 'source', histogram: source },
          { name: 'source, weighted', histogram: weighted },
        ],
        title,
      ),
    },
    caption: 'Normalised; the ratio is to the target, with statistical errors of both.',
  }
}

/** χ² of the shapes of two histograms over bins that both errors are known of, and the number of these less one. */
function chiSquare(a: Histogram, b: Histogram): { readonly value: number; readonly bins: number } {
  const [na, nb] = [a, b].map(({ sums }) => sums.reduce((x, y) => x + y, 0))
  const terms = Array.from(a.sums, (sum, i) => {
    const variance = a.variances[i] / na ** 2 + b.variances[i] / nb ** 2
    return variance === 0 ? null : (sum / na - b.sums[i] / nb) ** 2 / variance
  }).filter((term) => term !== null)
  return { value: terms.reduce((x, y) => x + y, 0), bins: terms.length - 1 }
}

function chiSquares({ config }: ReportedRun, table: ScoreTable): ReportFigure {
  const { inputs } = config.recipe as Options
  const rows = SHOWN.map(({ column, title, edges }) => {
    const { source, weighted, target } = histograms(table, column, edges)
    const [before, after] = [chiSquare(source, target), chiSquare(weighted, target)]
    const of = ({ value, bins }: typeof before): string => `${value.toFixed(1)} / ${bins}`
    return [title, inputs.some((name) => name === column) ? 'yes' : '', of(before), of(after)]
  })
  return {
    title: 'χ² to the target',
    content: { head: ['', 'input', 'source', 'source, weighted'], rows },
    caption: 'Test events, statistical errors of both samples.',
  }
}

function closureTable({ result }: ReportedRun, table: ScoreTable): ReportFigure {
  const { before, after } = weightsOf(table)
  const signal = table.column('class')
  const area = (column: string, weights: Float64Array): string => {
    const score = table.column(column)
    const ones = new Float64Array(table.rows).fill(1)
    const { value, error } = bootstrapped(
      (counts) => areaUnder({ score, signal, weight: weights.map((weight, row) => weight * counts[row]) }),
      ones,
    )
    return `${value.toFixed(4)} ± ${error.toFixed(4)}`
  }
  const ofSource = (weights: Float64Array): Float64Array => weights.filter((_, row) => signal[row] === 0)
  const [old, now] = [ofSource(before), ofSource(after)]
  const negative = (weights: Float64Array): string =>
    `${((100 * weights.filter((weight) => weight < 0).length) / weights.length).toFixed(2)} %`
  return {
    title: 'Closure and cost',
    content: {
      head: ['', 'source', 'source, weighted'],
      rows: [
        ['AUC against the target', area('score.probability', before), area('score.closure', after)],
        ['mean weight', '1', number(result.metrics.test['mean_weight'])],
        ['events', String(old.length), String(now.length)],
        ['effective events', effectiveSize(old).toFixed(0), effectiveSize(now).toFixed(0)],
        ['negative weights', negative(old), negative(now)],
      ],
    },
    caption:
      'The first area is of the classifier that makes the weights, the second of one trained against them: 0.5 says that nothing is left to find. Effective events: (Σw)² / Σw².',
  }
}

function weightFigure(table: ScoreTable): ReportFigure {
  const found = table.where((row) => table.column('class')[row] === 0)
  const logs = found.column('score.weight').map(Math.log10)
  return {
    title: 'Weights of source events',
    content: {
      chart: distributions(
        [{ name: 'source', histogram: histogram(logs, found.column('weight'), linearEdges(-1.2, 1.2, 48)) }],
        'log10 of the weight',
        true,
      ),
    },
    caption: 'Normalised. What lies far out costs effective events.',
  }
}

function secondScores(table: ScoreTable): ReportFigure {
  const { weighted, target } = histograms(table, 'score.closure', linearEdges(0.3, 0.7, 40))
  return {
    title: 'Score of the second classifier',
    content: {
      chart: distributions(
        [
          { name: 'target', histogram: target },
          { name: 'source, weighted', histogram: weighted },
        ],
        'score.closure',
      ),
    },
    caption: 'Both should be one narrow peak at 0.5.',
  }
}
