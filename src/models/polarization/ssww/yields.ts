import { type Expectation, expectation } from '../../../report/asimov.js'
import { bootstrapped } from '../../../report/bootstrap.js'
import { binOf } from '../../../report/histogram.js'
import type { ReportedRun } from '../../../report/run-report.js'
import type { Measured } from '../../../report/weighted-roc.js'
import { inSplit, type ScoreTable } from '../../../train/score-table.js'
import type { Options } from './recipe.js'

/** Bins of the polarisation score and of the score against background. */
const BINS = { polarization: 5, signal: 3 }

/** Expected events in bins of two scores, bin by bin: index y · nx + x. */
export interface Yields {
  readonly x: readonly number[]
  readonly y: readonly number[]
  /** LL or LX. */
  readonly longitudinal: Float64Array
  /** The rest of the signal: what is not longitudinal, and the interference. */
  readonly transverse: Float64Array
  readonly background: Float64Array
}

export type Polarization = 'll' | 'lx'

/** LL, or LL + LT + TL, of each event. */
function longitudinalShares(table: ScoreTable, which: Polarization): Float64Array {
  const columns = (which === 'll' ? ['r_ll'] : ['r_ll', 'r_lt', 'r_tl']).map((name) => table.column(name))
  return columns[0].map((_, row) => columns.reduce((sum, column) => sum + column[row], 0))
}

const hasBackground = ({ result }: ReportedRun): boolean => result.classes.length > 1

/** Edges that give the longitudinal template equal shares; of the validation part, which the figures do not show. */
function edgesOf(scores: Float64Array, weights: Float64Array, bins: number): number[] {
  const order = Int32Array.from(scores, (_, row) => row).sort((a, b) => scores[a] - scores[b])
  const total = weights.reduce((a, b) => a + b, 0)
  const edges: number[] = []
  let sum = 0
  for (const row of order) {
    sum += weights[row]
    if (edges.length < bins - 1 && sum >= ((edges.length + 1) * total) / bins) edges.push(scores[row])
  }
  return [0, ...new Set(edges.filter((edge) => edge > 0 && edge < 1)), 1]
}

const fiducialOf = (table: ScoreTable): ScoreTable =>
  table.where((row) => table.column('fiducial')[row] === 1)

/** The two-dimensional histogram of a run's fiducial test events, scaled to the expected events. */
export function yieldsOf(run: ReportedRun, which: Polarization): Yields {
  const table = fiducialOf(inSplit(run.table, 'test'))
  return filled(run, which, table, binning(run, which), table.column('weight'))
}

/** Expected significance of the longitudinal part, with the error of the simulated sample's size (bootstrap). */
export function significanceOf(
  run: ReportedRun,
  which: Polarization,
): Readonly<Record<keyof Expectation, Measured>> {
  const table = fiducialOf(inSplit(run.table, 'test'))
  const edges = binning(run, which)
  const of = (key: keyof Expectation): Measured =>
    bootstrapped(
      (weights) => expected(filled(run, which, table, edges, weights))[key],
      table.column('weight'),
      50,
    )
  return { known: of('known'), fitted: of('fitted'), uncertainty: of('uncertainty') }
}

const expected = ({ longitudinal, transverse, background }: Yields): Expectation =>
  expectation({ signal: longitudinal, floating: [transverse], fixed: background })

type Edges = Pick<Yields, 'x' | 'y'>

function binning(run: ReportedRun, which: Polarization): Edges {
  const table = fiducialOf(inSplit(run.table, 'validation'))
  const shares = longitudinalShares(table, which)
  const weights = table.column('weight').map((weight, row) => weight * shares[row])
  return {
    x: edgesOf(table.column(`score.${which}`), weights, BINS.polarization),
    y: hasBackground(run) ? edgesOf(table.column('score.signal'), weights, BINS.signal) : [0, 1],
  }
}

function filled(
  run: ReportedRun,
  which: Polarization,
  table: ScoreTable,
  edges: Edges,
  weights: ArrayLike<number>,
): Yields {
  const { expected: events } = run.config.recipe as Options
  const [score, classes] = [table.column(`score.${which}`), table.column('class')]
  const signal = hasBackground(run) ? table.column('score.signal') : null
  const shares = longitudinalShares(table, which)
  const nx = edges.x.length - 1
  const sums = [0, 0]
  for (let row = 0; row < table.rows; row++) sums[classes[row]] += weights[row]
  const size = nx * (edges.y.length - 1)
  const [longitudinal, transverse, background] = [0, 1, 2].map(() => new Float64Array(size))
  for (let row = 0; row < table.rows; row++) {
    const bin = (signal === null ? 0 : binOf(edges.y, signal[row])) * nx + binOf(edges.x, score[row])
    if (classes[row] === 1) background[bin] += (weights[row] * events.background) / sums[1]
    else {
      const weight = (weights[row] * events.signal) / sums[0]
      longitudinal[bin] += weight * shares[row]
      transverse[bin] += weight * (1 - shares[row])
    }
  }
  return { ...edges, longitudinal, transverse, background }
}
