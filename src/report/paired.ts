import { bootstrapped } from './bootstrap.js'
import type { ReportFigure } from './report.js'
import { areaUnder, type Measured, type ScoredItems, significanceAt, weightedPoints } from './weighted-roc.js'

/** What a run says of the test items. */
export interface ComparedRun {
  readonly name: string
  readonly items: ScoredItems
}

/** Every one sorts the items: enough for an error of the error of a tenth. */
const REPLICAS = 50

interface Quantity {
  readonly name: string
  readonly of: (items: ScoredItems) => number
}

/** Area, and share of the background that passes; N_s / √N_b where weights are expected events. */
function quantities(efficiency: number, isExpected: boolean): Quantity[] {
  const at = `at ${(100 * efficiency).toFixed(0)} %`
  return [
    { name: 'AUC', of: areaUnder },
    {
      name: `background efficiency ${at}`,
      of: (items) => 1 / weightedPoints(items, [efficiency])[0].rejection,
    },
    ...(isExpected
      ? [{ name: `N_s / √N_b ${at}`, of: (items: ScoredItems) => significanceAt(items, efficiency).value }]
      : []),
  ]
}

/**
 * Runs side by side, and their differences to the first, on the same test items: a bootstrap over these gives the errors, in
 * which what the runs have in common cancels. Runs of other items than the first's are left out; no figure for one run.
 * @param efficiency of the signal at which they are compared
 * @param isExpected whether weights are expected events
 */
export function comparedRuns(
  runs: readonly ComparedRun[],
  efficiency: number,
  isExpected: boolean,
): ReportFigure[] {
  const [first] = runs
  const same = runs.filter(({ items }) => isSame(first.items, items))
  if (same.length < 2) return []
  const { weight } = first.items
  const measured = quantities(efficiency, isExpected)
  const row = (name: string, of: (quantity: Quantity, weights: Float64Array) => number): string[] => [
    name,
    ...measured.map((quantity) => say(bootstrapped((weights) => of(quantity, weights), weight, REPLICAS))),
  ]
  return [
    {
      title: 'Side by side',
      content: {
        head: ['', ...measured.map(({ name }) => name)],
        rows: [
          ...same.map(({ name, items }) =>
            row(name, (quantity, weights) => quantity.of({ ...items, weight: weights })),
          ),
          ...same
            .slice(1)
            .map(({ name, items }) =>
              row(
                `${name} − ${first.name}`,
                (quantity, weights) =>
                  quantity.of({ ...items, weight: weights }) -
                  quantity.of({ ...first.items, weight: weights }),
              ),
            ),
        ],
      },
      caption:
        'On the same test events; errors are by a bootstrap over them, of differences event by event. The spread of training, ' +
        'seed by seed, is not in them.',
    },
  ]
}

const say = ({ value, error }: Measured): string => {
  const digits = error > 0 && Number.isFinite(error) ? Math.max(0, 1 - Math.floor(Math.log10(error))) : 4
  return `${value.toFixed(digits)} ± ${error.toFixed(digits)}`
}

/** The same items; weights may differ by a factor, which an expectation of the whole from a part of it has. */
function isSame(a: ScoredItems, b: ScoredItems): boolean {
  if (a.score.length !== b.score.length) return false
  for (let i = 0; i < a.score.length; i++) {
    const [x, y] = [a.weight[i] * b.weight[0], b.weight[i] * a.weight[0]]
    if (a.signal[i] !== b.signal[i] || Math.abs(x - y) > 1e-9 * Math.abs(x)) return false
  }
  return true
}
