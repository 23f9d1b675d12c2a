import type { TopLevelSpec } from 'vega-lite'
import { type Mark, markLayer } from './marks.js'
import { legendColumns, palette } from './svg.js'

export interface Line {
  readonly name: string
  readonly points: readonly { readonly x: number; readonly y: number }[]
}

export interface Axis {
  readonly title: string
  readonly log?: boolean
  readonly domain?: readonly [number, number]
}

/** Lines through points, and marked points with a shape for each name. */
export function lines(series: readonly Line[], x: Axis, y: Axis, marks: readonly Mark[] = []): TopLevelSpec {
  const names = series.map(({ name }) => name)
  const drawn = ({ x: a, y: b }: { readonly x: number; readonly y: number }): boolean =>
    Number.isFinite(a) && Number.isFinite(b) && (x.log !== true || a > 0) && (y.log !== true || b > 0)
  const scaleOf = ({ log, domain }: Axis) => ({
    ...(log === true ? { type: 'log' as const } : { zero: false }),
    ...(domain !== undefined && { domain: [...domain] }),
    nice: false,
  })
  const axes = {
    x: { field: 'x', type: 'quantitative' as const, title: x.title, scale: scaleOf(x) },
    y: { field: 'y', type: 'quantitative' as const, title: y.title, scale: scaleOf(y) },
  }
  return {
    width: 460,
    height: 260,
    layer: [
      {
        data: {
          values: series.flatMap(({ name, points }) =>
            points.filter(drawn).map((point, k) => ({ series: name, k, ...point })),
          ),
        },
        mark: { type: 'line', strokeWidth: 2, clip: true },
        encoding: {
          ...axes,
          order: { field: 'k' },
          color: {
            field: 'series',
            type: 'nominal',
            title: 'series',
            scale: { domain: names, range: names.map((_, i) => palette[i % palette.length]) },
            legend: { columns: legendColumns(names) },
          },
        },
      },
      ...(marks.length === 0 ? [] : [markLayer(marks.filter(drawn), axes.x, axes.y)]),
    ],
  } as TopLevelSpec
}
