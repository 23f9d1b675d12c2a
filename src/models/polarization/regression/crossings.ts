import type { ReportSection } from '../../../report/report.js'
import { fixed, type ReportedRun } from '../../../report/run-report.js'
import { inSplit, type ScoreTable } from '../../../train/score-table.js'
import { fractionFigure, MERITS, meritsOf, optionsOf, relativeErrors } from './merits.js'
import { inPhaseSpace } from './recipe.js'

const SPACES = ['generator', 'fiducial'] as const
/** Test events below which a phase space is left out: a bootstrap of so few says nothing. */
const FEWEST = 20

/** Each run on the test events of both phase spaces: what it costs to be used where it was not trained. */
export function crossings(runs: readonly ReportedRun[]): ReportSection {
  const tested = runs.flatMap((run) =>
    SPACES.map((space) => ({
      name: run.name,
      trained: optionsOf(run).phase_space,
      space,
      table: inPhaseSpace(inSplit(run.table, 'test'), space),
    })),
  )
  const filled = tested.filter(({ table }) => table.rows >= FEWEST)
  return {
    title: 'Phase spaces',
    lead:
      'Generator: pT_j > 10 GeV, |η_j| < 5; fiducial: pT_j > 20 GeV, |η_j| < 4, pT_ℓ > 20 GeV, |η_ℓ| < 2.7; ΔR(j, ℓ) > 0.2 and ' +
      'the mass window in both.',
    figures: [
      {
        title: 'Trained here, tested there',
        content: {
          head: ['', 'trained on', 'tested on', 'events', ...MERITS, 'mean predicted − true r_L'],
          rows: filled.map(({ name, trained, space, table }) => [
            name,
            trained,
            space,
            table.rows.toLocaleString('en'),
            ...meritsOf(table),
            meanDifference(table),
          ]),
        },
        caption: 'Test events; R² depends on the variance of the truth in a phase space too.',
      },
      relativeErrors(filled.map((one) => ({ name: saying(one), table: one.table }))),
      ...filled.flatMap((one) =>
        (['r_l', 'r_t'] as const).map((fraction) => fractionFigure(saying(one), one.table, fraction)),
      ),
    ],
  }
}

const saying = (one: { readonly name: string; readonly trained: string; readonly space: string }): string =>
  `${one.name}, trained on ${one.trained}, tested on ${one.space}`

function meanDifference(table: ScoreTable): string {
  const [truth, predicted, weight] = ['target.r_l', 'score.r_l', 'weight'].map((name) => table.column(name))
  let [total, sum, square] = [0, 0, 0]
  for (let row = 0; row < table.rows; row++) {
    const difference = predicted[row] - truth[row]
    total += weight[row]
    sum += weight[row] * difference
    square += (weight[row] * difference) ** 2
  }
  return `${fixed(sum / total, 4)} ± ${(Math.sqrt(square) / Math.abs(total)).toFixed(4)}`
}
