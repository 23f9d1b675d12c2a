import type { TopLevelSpec } from 'vega-lite'
import type { ReportFigure } from './report.js'
import type { ReportedRun } from './run-report.js'
import { palette } from './svg.js'

/**
 * How a figure of merit of a run changes when each input is exchanged between items, most important first; none where
 * that was not worked out.
 * @param names what some inputs are called instead
 */
export function importanceFigure(
  { name, result }: ReportedRun,
  metric: string,
  names: Readonly<Record<string, string>> = {},
): ReportFigure[] {
  const values = (result.importance ?? [])
    .map(({ input, changes }) => ({ input: names[input] ?? input, ...changes[metric] }))
    .sort((a, b) => b.mean - a.mean)
    .map(({ input, mean, deviation }) => ({ input, mean, from: mean - deviation, to: mean + deviation }))
  if (values.length === 0) return []
  const y = {
    field: 'input',
    type: 'nominal' as const,
    title: '',
    sort: values.map(({ input }) => input),
    axis: { labelLimit: 220 },
  }
  const chart: TopLevelSpec = {
    width: 380,
    height: 18 * values.length,
    data: { values },
    layer: [
      {
        mark: { type: 'bar', color: palette[0], opacity: 0.75 },
        encoding: {
          y,
          x: { field: 'mean', type: 'quantitative', title: `change of ${metric.replaceAll('_', ' ')}` },
        },
      },
      {
        mark: { type: 'rule', strokeWidth: 2 },
        encoding: { y, x: { field: 'from', type: 'quantitative' }, x2: { field: 'to' } },
      },
    ],
  }
  return [
    {
      title: `Permutation importance: ${name}`,
      content: { chart },
      caption:
        'Test events; the lines are the spread of the repetitions. An input that another one repeats seems worth little.',
    },
  ]
}
