import { distributions, rocCurve } from '../../../report/charts.js'
import { histogram, linearEdges } from '../../../report/histogram.js'
import { lines } from '../../../report/lines.js'
import { comparedRuns } from '../../../report/paired.js'
import type { ReportFigure, ReportSection } from '../../../report/report.js'
import { areaUnderCurve, sayRejection, type WorkingPoint, workingPoints } from '../../../report/roc.js'
import { number, type ReportedRun, type SystemReport } from '../../../report/run-report.js'
import type { ScoredItems } from '../../../report/weighted-roc.js'
import type { ScoreTable } from '../../../train/score-table.js'
import { massSection } from './sculpting.js'
import {
  jets,
  massCuts,
  names,
  optionsOf,
  originName,
  others,
  pointsOf,
  scoreOf,
  WORKING_POINT,
} from './tagging.js'

const EFFICIENCIES = [0.3, 0.5, 0.6, 0.7, 0.8]
const CURVE = Array.from({ length: 97 }, (_, i) => 0.02 + 0.01 * i)
const PT_EDGES = [350, 400, 450, 500, 550, 600, 650]

/** Scores, rejection, what the tag does to the mass, and working points by mass cut and pT. */
export const report: SystemReport = (runs) => [
  {
    title: 'Tagging',
    lead: `${names(runs[0], 'signal')} against ${names(runs[0], 'background')} jets, from the graph of their splittings ${besides(runs[0])}.`,
    figures: [
      roc(runs),
      ...others(runs[0]).map((code) => rejection(runs, code)),
      ...runs.map(pointTable),
      ...comparedRuns(
        runs.map((run) => ({ name: run.name, items: itemsOf(run) })),
        WORKING_POINT,
        false,
      ),
      ...runs.flatMap(scores),
    ],
  },
  massSection(runs),
  byPt(runs),
]

/** Test jets of the origins that a run tells apart, each counting once. */
function itemsOf(run: ReportedRun): ScoredItems {
  const { signal, background } = optionsOf(run)
  const table = jets(run, [...signal, ...background])
  return {
    score: scoreOf(run, table),
    signal: table.column('target.is_signal'),
    weight: new Float64Array(table.rows).fill(1),
  }
}

const besides = (run: ReportedRun): string => {
  const told = optionsOf(run).besides ?? []
  return told.length === 0 ? 'alone' : `and ${told.join(', ')}`
}

const signalOf = (run: ReportedRun): string => names(run, 'signal')

/** The source's plane: share of signal against share of background. */
function roc(runs: readonly ReportedRun[]): ReportFigure {
  const [first] = runs
  const point = ({ efficiency, rejection: value }: { efficiency: number; rejection: number }) => ({
    x: 1 / value,
    y: efficiency,
  })
  const marks = [
    ...runs.flatMap((run) =>
      pointsOf(run, [WORKING_POINT]).map((at) => ({ name: '50 % efficiency', ...point(at) })),
    ),
    ...massCuts(first, optionsOf(first).background).map((cut) => ({ name: cut.name, ...point(cut) })),
  ]
  return {
    title: 'ROC curve',
    content: {
      chart: lines(
        runs.map((run) => ({ name: run.name, points: pointsOf(run, CURVE).map(point) })),
        { title: `${names(first, 'background')} efficiency`, domain: [0, 1] },
        { title: `${signalOf(first)} efficiency`, domain: [0, 1] },
        marks,
      ),
    },
    caption: 'The network by its score; cuts on a mass alone as points.',
  }
}

function rejection(runs: readonly ReportedRun[], code: number): ReportFigure {
  const [first] = runs
  const curves = runs.map((run) => ({ name: run.name, points: pointsOf(run, CURVE, [code]) }))
  const marks = massCuts(first, [code]).map((cut) => ({
    name: cut.name,
    x: cut.efficiency,
    y: cut.rejection,
  }))
  const isSpectator = !optionsOf(first).background.includes(code)
  return {
    title: `${originName(code)} rejection against ${signalOf(first)} efficiency`,
    content: { chart: rocCurve(curves, `${signalOf(first)} efficiency`, marks) },
    caption: `Rejection is one over the ${originName(code)} efficiency; the band is its binomial error.${
      isSpectator ? ' The network was not trained on these jets.' : ''
    }`,
  }
}

const say = ({ rejection: value, rejectionError }: WorkingPoint): string =>
  sayRejection(value, rejectionError)

/** The network at working points, and beside each mass cut the network at the efficiency that the cut happens to have. */
function pointTable(run: ReportedRun): ReportFigure {
  const codes = others(run)
  const points = codes.map((code) => pointsOf(run, EFFICIENCIES, [code]))
  const cuts = codes.map((code) => massCuts(run, [code]))
  const area = (code: number): string =>
    number(areaUnderCurve(scoreOf(run, jets(run, optionsOf(run).signal)), scoreOf(run, jets(run, [code]))))
  return {
    title: `Working points: ${run.name}`,
    content: {
      head: ['', `${signalOf(run)} efficiency`, ...codes.map((code) => `${originName(code)} rejection`)],
      rows: [
        ...EFFICIENCIES.map((efficiency, k) => [
          'network',
          `${(100 * efficiency).toFixed(0)} %`,
          ...points.map((point) => say(point[k])),
        ]),
        ...(cuts[0] ?? []).flatMap(({ name, efficiency }, k) => [
          [
            name,
            `${(100 * efficiency).toFixed(0)} %`,
            ...cuts.map((cut) => sayRejection(cut[k].rejection, cut[k].error)),
          ],
          [
            'network, as efficient',
            `${(100 * efficiency).toFixed(0)} %`,
            ...codes.map((code) => say(pointsOf(run, [efficiency], [code])[0])),
          ],
        ]),
        ['AUC', '', ...codes.map(area)],
      ],
    },
    caption: `Errors are binomial. Each origin by itself; ${names(run, 'background')} is what the network was trained against.`,
  }
}

function scores(run: ReportedRun): ReportFigure[] {
  const edges = linearEdges(0, 1, 40)
  const series = [...optionsOf(run).signal, ...others(run)].map((code) => {
    const table = jets(run, [code])
    const each = new Float64Array(table.rows).fill(1)
    return { name: originName(code), histogram: histogram(scoreOf(run, table), each, edges) }
  })
  return [false, true].map((isLog) => ({
    title: `Scores by origin${isLog ? ', logarithmic' : ''}: ${run.name}`,
    content: { chart: distributions(series, optionsOf(run).output, isLog) },
    caption: `Normalised. Trained on ${signalOf(run)} and ${names(run, 'background')} only.`,
  }))
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
