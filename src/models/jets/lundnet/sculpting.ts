import { distributions } from '../../../report/charts.js'
import { type Histogram, histogram, linearEdges } from '../../../report/histogram.js'
import type { ReportFigure, ReportSection } from '../../../report/report.js'
import type { ReportedRun } from '../../../report/run-report.js'
import { divergenceCurves, divergenceTable, ones } from './divergence.js'
import { cutOf, jets, names, optionsOf, originName, others, scoreOf } from './tagging.js'

const MASS = linearEdges(0, 200, 40)

/** What the tag does to the jet mass. */
export const massSection = (runs: readonly ReportedRun[]): ReportSection => ({
  title: 'Jet mass',
  lead:
    'A tagger that has learnt the mass sculpts a peak into the background. Shown at 50 % signal efficiency; other origins ' +
    'that the network was not trained on go through the same cut.',
  figures: [
    ...runs.flatMap(taggedMass),
    ...runs.map(sculpting),
    divergenceCurves(runs),
    divergenceTable(runs),
  ],
})

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
