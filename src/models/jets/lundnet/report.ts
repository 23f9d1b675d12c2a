import { distributions, rocCurve } from '../../../report/charts.js'
import { jensenShannon } from '../../../report/divergence.js'
import { type Histogram, histogram, linearEdges } from '../../../report/histogram.js'
import type { ReportFigure, ReportSection } from '../../../report/report.js'
import { areaUnderCurve, type WorkingPoint, workingPoints } from '../../../report/roc.js'
import { number, type ReportedRun, type SystemReport } from '../../../report/run-report.js'
import { inSplit, type ScoreTable } from '../../../train/score-table.js'
import type { Options } from './recipe.js'

const ORIGINS = ['QCD', 'W', 'Z', 'H→bb', 'H→cc', 'top']
const EFFICIENCIES = [0.3, 0.5, 0.6, 0.7, 0.8]
const CURVE = Array.from({ length: 97 }, (_, i) => 0.02 + 0.01 * i)
const MASS = linearEdges(0, 200, 40)
/** A cut on the mass alone, GeV: what a tagger has to beat. */
const WINDOW: readonly [number, number] = [65, 105]
const PT_EDGES = [350, 400, 450, 500, 550, 600, 650]
/** Signal efficiency at which the next stage takes over. */
const WORKING_POINT = 0.5

/** Scores, rejection, what the tag does to the mass, and working points by mass window and pT. */
export const report: SystemReport = (runs) => [
  {
    title: 'Tagging',
    lead: `${names(runs[0], 'signal')} against ${names(runs[0], 'background')} jets, from the graph of their splittings alone.`,
    figures: [rejection(runs), pointTable(runs), ...runs.map(scores)],
  },
  {
    title: 'Jet mass',
    lead:
      'A tagger that has learnt the mass sculpts a peak into the background. Shown at 50 % signal efficiency; other origins ' +
      'that the network was not trained on go through the same cut.',
    figures: [...runs.flatMap(taggedMass), ...runs.map(sculpting), sculptingTable(runs)],
  },
  byPt(runs),
]

const optionsOf = ({ config }: ReportedRun): Options => config.recipe as Options

const names = (run: ReportedRun, kind: 'signal' | 'background'): string =>
  optionsOf(run)
    [kind].map((code) => ORIGINS[code] ?? `origin ${code}`)
    .join(', ')

/** Test items of some origins. */
function jets(run: ReportedRun, codes: readonly number[]): ScoreTable {
  const table = inSplit(run.table, 'test')
  const origin = table.column('origin')
  return table.where((row) => codes.includes(origin[row]))
}

const scoreOf = (run: ReportedRun, table: ScoreTable): Float64Array =>
  table.column(`score.${optionsOf(run).output}`)

function pointsOf(run: ReportedRun, efficiencies: readonly number[]): WorkingPoint[] {
  const { signal, background } = optionsOf(run)
  return workingPoints(scoreOf(run, jets(run, signal)), scoreOf(run, jets(run, background)), efficiencies)
}

/** The cut that keeps half of the signal. */
const cutOf = (run: ReportedRun): number => pointsOf(run, [WORKING_POINT])[0].cut

function rejection(runs: readonly ReportedRun[]): ReportFigure {
  const curves = runs.map((run) => ({ name: run.name, points: pointsOf(run, CURVE) }))
  return {
    title: 'Background rejection against signal efficiency',
    content: { chart: rocCurve(curves, `${names(runs[0], 'signal')} efficiency`) },
    caption: `Rejection is one over the ${names(runs[0], 'background')} efficiency; the band is its binomial error.`,
  }
}

const say = ({ rejection: value, rejectionError }: WorkingPoint): string =>
  `${value.toFixed(1)} ± ${rejectionError.toFixed(1)}`

function pointTable(runs: readonly ReportedRun[]): ReportFigure {
  const points = runs.map((run) => pointsOf(run, EFFICIENCIES))
  const areas = runs.map((run) => {
    const { signal, background } = optionsOf(run)
    return number(areaUnderCurve(scoreOf(run, jets(run, signal)), scoreOf(run, jets(run, background))))
  })
  return {
    title: 'Working points',
    content: {
      head: ['rejection at', ...runs.map(({ name }) => name)],
      rows: [
        ...EFFICIENCIES.map((efficiency, k) => [
          `${(100 * efficiency).toFixed(0)} % efficiency`,
          ...points.map((point) => say(point[k])),
        ]),
        massCutRow(runs),
        ['AUC', ...areas],
      ],
    },
    caption: `Errors are binomial. The mass window keeps soft-drop masses of ${WINDOW.join(' to ')} GeV, whatever the score.`,
  }
}

/** The mass window's rejection, at the efficiency that it happens to have. */
function massCutRow(runs: readonly ReportedRun[]): string[] {
  const found = runs.map((run) => {
    const { signal, background } = optionsOf(run)
    const [kept, fakes] = [signal, background].map((codes) => {
      const mass = jets(run, codes).column('sd_mass')
      return { passed: mass.filter((m) => m > WINDOW[0] && m < WINDOW[1]).length, all: mass.length }
    })
    const value = fakes.all / fakes.passed
    const text = `${value.toFixed(1)} ± ${(value / Math.sqrt(fakes.passed)).toFixed(1)}`
    return { text, efficiency: `${((100 * kept.passed) / kept.all).toFixed(0)} %` }
  })
  return [`mass window alone, ${found[0].efficiency}`, ...found.map(({ text }) => text)]
}

function scores(run: ReportedRun): ReportFigure {
  const edges = linearEdges(0, 1, 40)
  const { signal, background, spectators, output } = optionsOf(run)
  const series = [...background, ...signal, ...spectators].flatMap((code) => {
    const table = jets(run, [code])
    if (table.rows === 0) return []
    return [{ name: ORIGINS[code], histogram: histogram(scoreOf(run, table), ones(table.rows), edges) }]
  })
  return {
    title: `Scores by origin: ${run.name}`,
    content: { chart: distributions(series, output, true) },
    caption: 'Normalised, logarithmic. Z jets, where shown, were not trained on.',
  }
}

const ones = (count: number): Float64Array => new Float64Array(count).fill(1)

function taggedMass(run: ReportedRun): ReportFigure[] {
  const cut = cutOf(run)
  const { signal, background, spectators } = optionsOf(run)
  const series = [...background, ...signal, ...spectators].flatMap((code) => {
    const table = jets(run, [code])
    if (table.rows === 0) return []
    const score = scoreOf(run, table)
    const tagged = Float64Array.from(score, (value) => (value >= cut ? 1 : 0))
    return [{ name: ORIGINS[code], histogram: histogram(table.column('mass'), tagged, MASS) }]
  })
  return [false, true].map((isLog) => ({
    title: `Mass of tagged jets${isLog ? ', logarithmic' : ''}: ${run.name}`,
    content: { chart: distributions(series, 'jet mass [GeV]', isLog) },
    caption: 'Jets tagged at 50 % signal efficiency, normalised by origin.',
  }))
}

/** Background masses before and after the tag. */
function background(run: ReportedRun): readonly [before: Histogram, after: Histogram] {
  const table = jets(run, optionsOf(run).background)
  const score = scoreOf(run, table)
  const cut = cutOf(run)
  const tagged = Float64Array.from(score, (value) => (value >= cut ? 1 : 0))
  const mass = table.column('mass')
  return [histogram(mass, ones(table.rows), MASS), histogram(mass, tagged, MASS)]
}

function sculpting(run: ReportedRun): ReportFigure {
  const [before, after] = background(run)
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

function sculptingTable(runs: readonly ReportedRun[]): ReportFigure {
  return {
    title: 'Sculpting against rejection',
    content: {
      head: ['', 'rejection at 50 %', 'Jensen-Shannon divergence'],
      rows: runs.map((run) => [
        run.name,
        say(pointsOf(run, [WORKING_POINT])[0]),
        jensenShannon(...background(run)).toFixed(4),
      ]),
    },
    caption: 'Of the background mass before and after the tag, in bits: 0 is no sculpting at all.',
  }
}

function byPt(runs: readonly ReportedRun[]): ReportSection {
  const rows = runs.flatMap((run) =>
    PT_EDGES.slice(1).map((high, k) => {
      const low = PT_EDGES[k]
      const { signal, background: fakes } = optionsOf(run)
      const inside = (codes: readonly number[]): ScoreTable => {
        const table = jets(run, codes)
        const pt = table.column('pt')
        return table.where((row) => pt[row] >= low && pt[row] < high)
      }
      const [s, b] = [inside(signal), inside(fakes)]
      const text =
        s.rows === 0 || b.rows === 0
          ? '-'
          : say(workingPoints(scoreOf(run, s), scoreOf(run, b), [WORKING_POINT])[0])
      return [run.name, `${low} – ${high}`, String(s.rows), String(b.rows), text]
    }),
  )
  return {
    title: 'By transverse momentum',
    lead: 'Rejection at 50 % signal efficiency within each bin of the jet pT.',
    figures: [
      {
        title: 'Bins of pT',
        content: { head: ['', 'pT [GeV]', 'signal', 'background', 'rejection at 50 %'], rows },
        caption: 'Errors are binomial.',
      },
    ],
  }
}
