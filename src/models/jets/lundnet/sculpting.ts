import { bootstrapped } from '../../../report/bootstrap.js'
import { distributions } from '../../../report/charts.js'
import { jensenShannon } from '../../../report/divergence.js'
import { type Histogram, histogram, linearEdges } from '../../../report/histogram.js'
import { lines } from '../../../report/lines.js'
import type { ReportFigure, ReportSection } from '../../../report/report.js'
import { sayRejection } from '../../../report/roc.js'
import type { ReportedRun } from '../../../report/run-report.js'
import { uniformRandom } from '../../../train/layers/initial.js'
import {
  cutOf,
  jets,
  names,
  optionsOf,
  originName,
  others,
  pointsOf,
  scoreOf,
  WORKING_POINT,
} from './tagging.js'

const MASS = linearEdges(0, 200, 40)
/** Signal efficiencies of the table. */
const TABULATED = [WORKING_POINT, 0.65, 0.8]
const SCAN = Array.from({ length: 18 }, (_, i) => 0.1 + 0.05 * i)

/** What the tag does to the jet mass. */
export const massSection = (runs: readonly ReportedRun[]): ReportSection => ({
  title: 'Jet mass',
  lead:
    'A tagger that has learnt the mass sculpts a peak into the background. Shown at 50 % signal efficiency; other origins ' +
    'that the network was not trained on go through the same cut.',
  figures: [...runs.flatMap(taggedMass), ...runs.map(sculpting), divergences(runs), sculptingTable(runs)],
})

const ones = (count: number): Float64Array => new Float64Array(count).fill(1)

function taggedMass(run: ReportedRun): ReportFigure[] {
  const cut = cutOf(run)
  const series = [...optionsOf(run).signal, ...others(run)].map((code) => {
    const table = jets(run, [code])
    const tagged = Float64Array.from(scoreOf(run, table), (value) => (value >= cut ? 1 : 0))
    return { name: originName(code), histogram: histogram(table.column('mass'), tagged, MASS) }
  })
  return [false, true].map((isLog) => ({
    title: `Mass of tagged jets${isLog ? ', logarithmic' : ''}: ${run.name}`,
    content: { chart: distributions(series, 'jet mass [GeV]', isLog) },
    caption: 'Jets tagged at 50 % signal efficiency, normalised by origin.',
  }))
}

/** Background masses before and after a cut on the score. */
function background(run: ReportedRun, cut: number): readonly [before: Histogram, after: Histogram] {
  const table = jets(run, optionsOf(run).background)
  const tagged = Float64Array.from(scoreOf(run, table), (value) => (value >= cut ? 1 : 0))
  const mass = table.column('mass')
  return [histogram(mass, ones(table.rows), MASS), histogram(mass, tagged, MASS)]
}

function sculpting(run: ReportedRun): ReportFigure {
  const [before, after] = background(run, cutOf(run))
  const kind = names(run, 'background')
  return {
    title: `${kind} mass before and after the tag: ${run.name}`,
    content: {
      chart: distributions(
        [
          { name: `all ${kind} jets`, histogram: before },
          { name: 'tagged', histogram: after },
        ],
        'jet mass [GeV]',
      ),
    },
    caption: 'Normalised; tagged at 50 % signal efficiency.',
  }
}

function divergences(runs: readonly ReportedRun[]): ReportFigure {
  const at = (run: ReportedRun, efficiencies: readonly number[]) =>
    pointsOf(run, efficiencies).map(({ rejection, cut }) => ({
      x: rejection,
      y: jensenShannon(...background(run, cut)),
    }))
  const marks = runs.flatMap((run) =>
    at(run, [WORKING_POINT]).map((point) => ({ name: '50 % signal efficiency', ...point })),
  )
  return {
    title: 'Sculpting against rejection, by efficiency',
    content: {
      chart: lines(
        runs.map((run) => ({ name: run.name, points: at(run, SCAN) })),
        { title: 'background rejection', log: true },
        { title: 'Jensen-Shannon divergence [bits]', log: true },
        marks,
      ),
    },
    caption:
      'Of the background mass before and after the tag; from 95 % signal efficiency on the left to 10 % on the right. Lower is ' +
      'better; few jets left also let it rise.',
  }
}

const RANDOM_DRAWS = 50

/** The divergence of a run at a cut with its bootstrap error, and that of as many background jets drawn at random. */
function divergence(run: ReportedRun, cut: number) {
  const table = jets(run, optionsOf(run).background)
  const [mass, score] = [table.column('mass'), scoreOf(run, table)]
  const of = (counts: Float64Array, isTagged: (row: number) => boolean): number =>
    jensenShannon(
      histogram(mass, counts, MASS),
      histogram(
        mass,
        counts.map((count, row) => (isTagged(row) ? count : 0)),
        MASS,
      ),
    )
  const each = ones(table.rows)
  const tagged = score.filter((value) => value >= cut).length
  const uniform = uniformRandom(1)
  const draws = Array.from({ length: RANDOM_DRAWS }, () =>
    of(each, () => uniform() * table.rows < tagged),
  ).filter(Number.isFinite)
  return {
    tagged,
    measured: bootstrapped((counts) => of(counts, (row) => score[row] >= cut), each),
    random: draws.reduce((a, b) => a + b, 0) / draws.length,
  }
}

function sculptingTable(runs: readonly ReportedRun[]): ReportFigure {
  const rows = runs.flatMap((run) =>
    pointsOf(run, TABULATED).map(({ rejection, rejectionError, cut }, k) => {
      const { tagged, measured, random } = divergence(run, cut)
      return [
        run.name,
        `${(100 * TABULATED[k]).toFixed(0)} %`,
        sayRejection(rejection, rejectionError),
        String(tagged),
        Number.isFinite(measured.error) ? `${measured.value.toFixed(4)} ± ${measured.error.toFixed(4)}` : '-',
        Number.isFinite(random) ? random.toFixed(4) : '-',
      ]
    }),
  )
  return {
    title: 'Sculpting at working points',
    content: {
      head: [
        '',
        'signal efficiency',
        'rejection',
        'tagged background jets',
        'Jensen-Shannon divergence',
        'of as many at random',
      ],
      rows,
    },
    caption:
      'Of the background mass before and after the tag, in bits: 0 is no sculpting at all. Few jets diverge by chance: the last ' +
      'column is the mean of what jets have that are drawn without looking at their score. Errors by a bootstrap.',
  }
}
