import { bootstrapped } from '../../../report/bootstrap.js'
import { jensenShannon } from '../../../report/divergence.js'
import { binOf, linearEdges } from '../../../report/histogram.js'
import { lines } from '../../../report/lines.js'
import type { ReportFigure } from '../../../report/report.js'
import { sayRejection } from '../../../report/roc.js'
import type { ReportedRun } from '../../../report/run-report.js'
import type { Measured } from '../../../report/weighted-roc.js'
import { uniformRandom } from '../../../train/layers/initial.js'
import { jets, optionsOf, pointsOf, scoreOf, WORKING_POINT } from './tagging.js'

/** Half as wide as the peak of W jets is, so that tens of tagged jets tell sculpting from chance. */
const MASS = linearEdges(0, 200, 10)
/** Signal efficiencies of the table, and of the curve. */
const TABULATED = [WORKING_POINT, 0.65, 0.8]
const SCAN = Array.from({ length: 18 }, (_, i) => 0.1 + 0.05 * i)
const RANDOM_DRAWS = 100

/** Background jets of a run at a cut. */
interface Tagged {
  readonly mass: Float64Array
  /** Of each jet, −1 outside. */
  readonly bins: Int32Array
  readonly isTagged: (row: number) => boolean
  readonly count: number
}

function taggedAt(run: ReportedRun, cut: number): Tagged {
  const table = jets(run, optionsOf(run).background)
  const score = scoreOf(run, table)
  const mass = table.column('mass')
  return {
    mass,
    bins: Int32Array.from(mass, (m) => binOf(MASS, m)),
    isTagged: (row) => score[row] >= cut,
    count: score.filter((value) => value >= cut).length,
  }
}

/** The divergence that a tag has when every jet counts so often. */
function divergenceOf({ bins, isTagged }: Tagged, countOf: (row: number) => number): number {
  const [all, tagged] = [new Float64Array(MASS.length - 1), new Float64Array(MASS.length - 1)]
  for (let row = 0; row < bins.length; row++) {
    if (bins[row] < 0) continue
    all[bins[row]] += countOf(row)
    if (isTagged(row)) tagged[bins[row]] += countOf(row)
  }
  return jensenShannon({ sums: all }, { sums: tagged })
}

/** A weight of 1 for each jet. */
export const ones = (count: number): Float64Array => new Float64Array(count).fill(1)

const divergenceIn = (tagged: Tagged): number => divergenceOf(tagged, () => 1)

/** Mean and spread of the divergence of as many jets drawn at random. */
function atRandom({ count, ...all }: Tagged): Measured {
  const uniform = uniformRandom(1)
  const draws = Array.from({ length: RANDOM_DRAWS }, () =>
    divergenceIn({ ...all, isTagged: () => uniform() * all.mass.length < count, count }),
  ).filter(Number.isFinite)
  const value = draws.reduce((a, b) => a + b, 0) / draws.length
  const variance = draws.reduce((sum, draw) => sum + (draw - value) ** 2, 0) / (draws.length - 1)
  return { value, error: Math.sqrt(variance) }
}

/** By how much two tags of the same jets differ in what they have above chance; null where the jets are not the same. */
function lessThan(first: Tagged, other: Tagged): Measured | null {
  const { mass } = first
  if (mass.length !== other.mass.length || mass.some((m, row) => m !== other.mass[row])) return null
  const found = bootstrapped(
    (counts) => divergenceOf(other, (row) => counts[row]) - divergenceOf(first, (row) => counts[row]),
    ones(mass.length),
  )
  return { value: found.value - atRandom(other).value + atRandom(first).value, error: found.error }
}

const say = (measured: Measured | null): string =>
  measured !== null && Number.isFinite(measured.value) && Number.isFinite(measured.error)
    ? `${measured.value.toFixed(4)} ± ${measured.error.toFixed(4)}`
    : '-'

/** Divergence against rejection, by efficiency. */
export function divergenceCurves(runs: readonly ReportedRun[]): ReportFigure {
  const at = (run: ReportedRun, efficiencies: readonly number[], of: (tagged: Tagged) => number) =>
    pointsOf(run, efficiencies).map(({ rejection, cut }) => ({ x: rejection, y: of(taggedAt(run, cut)) }))
  const marks = runs.flatMap((run) =>
    at(run, [WORKING_POINT], divergenceIn).map((point) => ({ name: '50 % signal efficiency', ...point })),
  )
  return {
    title: 'Sculpting against rejection, by efficiency',
    content: {
      chart: lines(
        [
          ...runs.map((run) => ({ name: run.name, points: at(run, SCAN, divergenceIn) })),
          { name: 'as many at random', points: at(runs[0], SCAN, (tagged) => atRandom(tagged).value) },
        ],
        { title: 'background rejection', log: true },
        { title: 'Jensen-Shannon divergence [bits]', log: true },
        marks,
      ),
    },
    caption:
      'Of the background mass before and after the tag; from 95 % signal efficiency on the left to 10 % on the right. Lower is ' +
      'better; few jets left also let it rise, as for those drawn at random. Bins of 20 GeV.',
  }
}

/** Divergences at working points, beside chance and, for several runs, beside the first. */
export function divergenceTable(runs: readonly ReportedRun[]): ReportFigure {
  const first = pointsOf(runs[0], TABULATED).map(({ cut }) => taggedAt(runs[0], cut))
  const rows = runs.flatMap((run, i) =>
    pointsOf(run, TABULATED).map(({ rejection, rejectionError, cut }, k) => {
      const tagged = taggedAt(run, cut)
      return [
        run.name,
        `${(100 * TABULATED[k]).toFixed(0)} %`,
        sayRejection(rejection, rejectionError),
        String(tagged.count),
        say(bootstrapped((counts) => divergenceOf(tagged, (row) => counts[row]), ones(tagged.mass.length))),
        say(atRandom(tagged)),
        ...(runs.length > 1 ? [i === 0 ? '' : say(lessThan(first[k], tagged))] : []),
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
        ...(runs.length > 1 ? [`above random, less ${runs[0].name}`] : []),
      ],
      rows,
    },
    caption:
      'Of the background mass before and after the tag, in bits, in bins of 20 GeV: 0 is no sculpting at all. Few jets diverge by ' +
      'chance: beside it mean and spread of what jets have that are drawn without looking at their score. Errors by a bootstrap' +
      `${runs.length > 1 ? ', of differences jet by jet' : ''}.`,
  }
}
