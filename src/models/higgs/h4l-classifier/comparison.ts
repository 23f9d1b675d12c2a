import { CATEGORIES, type Category } from '../../../physics/selection/h4l-categories.js'
import type { ReportFigure, ReportSection } from '../../../report/report.js'
import type { ReportedRun } from '../../../report/run-report.js'
import { type Measured, significanceAt } from '../../../report/weighted-roc.js'
import { inSplit } from '../../../train/score-table.js'
import { LABELS } from './recipe.js'
import { COMPARED, optionsOf, ratioOf, scaled, scaleOf } from './significance.js'

/** What the source measured, by process: Deep Set over RNN, and a second training sample over the first. */
const SOURCE: Readonly<
  Record<Category, readonly { readonly process: string; readonly network: number; readonly sample: number }[]>
> = {
  '0j-2e2mu': [{ process: 'ggf', network: 1.11, sample: 1.09 }],
  '0j-4l': [{ process: 'ggf', network: 1.09, sample: 1.09 }],
  '1j-low': [
    { process: 'vbf', network: 1.01, sample: 1.0 },
    { process: 'ggf', network: 1.1, sample: 1.12 },
  ],
  '1j-medium': [
    { process: 'vbf', network: 1.01, sample: 1.0 },
    { process: 'ggf', network: 1.15, sample: 1.12 },
  ],
  '2j-low': [{ process: 'vh', network: 1.07, sample: 1.18 }],
  '2j-high': [{ process: 'vbf', network: 1.01, sample: 1.04 }],
}

/** The runs of each category, in the order of the categories. */
export function byCategory(
  runs: readonly ReportedRun[],
): readonly (readonly [Category, readonly ReportedRun[]])[] {
  return CATEGORIES.flatMap((category) => {
    const found = runs.filter((run) => optionsOf(run).category === category)
    return found.length === 0 ? [] : [[category, found] as const]
  })
}

/** All categories side by side: what is in them, networks compared, training samples compared. */
export function comparison(runs: readonly ReportedRun[]): ReportSection {
  const groups = byCategory(runs)
  return {
    title: 'Categories',
    lead:
      'Every category has a model of its own. Expected events are those of the whole sample, from its test part. D_ZZ is ' +
      'learnt from the decay, not a ratio of matrix elements.',
    figures: [yields(groups), ...ratios(groups, networks), ...ratios(groups, samples)],
  }
}

type Groups = ReturnType<typeof byCategory>

function yields(groups: Groups): ReportFigure {
  const rows = groups.map(([category, [run]]) => {
    const table = inSplit(run.table, 'test')
    const [process, weight] = [table.column('process'), table.column('weight')]
    const factor = scaleOf(run)
    const expected = LABELS.map((_, code) => {
      const of = weight.filter((_weight, row) => process[row] === code)
      const square = of.reduce((sum, w) => sum + w * w, 0)
      return say({ value: factor * of.reduce((a, b) => a + b, 0), error: factor * Math.sqrt(square) }, 2)
    })
    return [category, ...expected, run.result.classes.join(', ')]
  })
  return {
    title: 'Expected events by category and process',
    content: { head: ['', ...LABELS, 'told apart'], rows },
    caption: 'As the weights of the sample have them; statistical errors of its test part.',
  }
}

const say = ({ value, error }: Measured, digits: number): string =>
  `${value.toFixed(digits)} ± ${error.toFixed(digits)}`

/** Two runs of a category that differ in one thing, and what the source found for that. */
interface Comparison {
  readonly title: string
  readonly pair: (runs: readonly ReportedRun[]) => readonly [first: ReportedRun, second: ReportedRun] | null
  readonly source: 'network' | 'sample'
  readonly caption: string
}

const isWhole = ({ config }: ReportedRun): boolean => config.data.fraction === 1

/** Runs on the same training sample, one of either network. */
const networks: Comparison = {
  title: 'Deep Set over recurrent network',
  source: 'network',
  caption:
    'The error is by a bootstrap over the test events, which both share; training has its own spread, seed by seed.',
  pair: (runs) => {
    const whole = runs.filter(isWhole)
    const of = (kind: string) => whole.find((run) => optionsOf(run).network.kind === kind)
    const [first, second] = [of('deep-set'), of('rnn')]
    return first && second ? [first, second] : null
  },
}

/** Runs on two parts of the training events: as large, and independent. */
const samples: Comparison = {
  title: 'One training sample over another',
  source: 'sample',
  caption:
    'Deep Sets trained on two halves of the training events, judged on the same test events: how far two samples of one ' +
    'kind differ by chance. The source compares samples of two data-taking periods (Run 3 over Run 2).',
  pair: (runs) => {
    const parts = runs.filter((run) => !isWhole(run) && optionsOf(run).network.kind === 'deep-set')
    const [first, ...others] = parts
    const second = others.find(({ config }) => config.data.fraction_from !== first.config.data.fraction_from)
    return first && second ? [second, first] : null
  },
}

function ratios(groups: Groups, { title, pair, source, caption }: Comparison): ReportFigure[] {
  const rows = groups.flatMap(([category, runs]) => {
    const found = pair(runs)
    if (found === null) return []
    return SOURCE[category].map(({ process, ...reference }) => {
      const [first, second] = found.map((run) => significanceAt(scaled(run, process), COMPARED))
      const ratio = say(ratioOf(...found, process), 3)
      return [category, process, say(first, 3), say(second, 3), ratio, reference[source].toFixed(2)]
    })
  })
  if (rows.length === 0) return []
  const head = ['', 'target', 'N_s / √N_b, first', 'second', 'ratio', 'source']
  return [
    {
      title: `${title}: N_s / √N_b at ${(100 * COMPARED).toFixed(0)} % efficiency`,
      content: { head, rows },
      caption,
    },
  ]
}
