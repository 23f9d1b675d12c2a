import { distributions, type Series } from '../../../report/charts.js'
import { histogram, linearEdges } from '../../../report/histogram.js'
import type { ReportFigure } from '../../../report/report.js'
import type { ReportedRun } from '../../../report/run-report.js'
import { known, targetOf } from './significance.js'

/** Test scores of a run, a distribution for each process. */
function seriesOf(run: ReportedRun, bins: number): Series[] {
  const table = known(run, 'test')
  const classes = table.column('class')
  return run.result.classes.map((name, c) => {
    const of = table.where((row) => classes[row] === c)
    return {
      name,
      histogram: histogram(
        of.column(`score.p_${targetOf(run)}`),
        of.column('weight'),
        linearEdges(0, 1, bins),
      ),
    }
  })
}

/** One run's scores by process. */
export const scoresByProcess = (run: ReportedRun): ReportFigure => ({
  title: `Score by process: ${run.name}`,
  content: { chart: distributions(seriesOf(run, 40), `p(${targetOf(run)})`) },
  caption: 'Normalised, weighted.',
})

/** The scores of two runs together: of the targeted process and of the next one; no figure for one run. */
export function scoresTogether(runs: readonly ReportedRun[]): ReportFigure[] {
  const [first, second] = runs
  if (second === undefined) return []
  const series = [first, second].flatMap((run) =>
    seriesOf(run, 25)
      .slice(0, 2)
      .map((one) => ({ ...one, name: `${one.name}, ${run.name}` })),
  )
  return [
    {
      title: `Scores of ${first.name} and ${second.name}`,
      content: { chart: distributions(series, `p(${targetOf(first)})`) },
      caption: 'The same test events. Normalised, weighted.',
    },
  ]
}
