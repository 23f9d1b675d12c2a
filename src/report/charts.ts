import type { TopLevelSpec } from 'vega-lite'
import type { Histogram, Mean } from './histogram.js'
import { type Mark, markLayer } from './marks.js'
import type { WorkingPoint } from './roc.js'
import { legendColumns, palette } from './svg.js'

/** A histogram with its name in the legend. */
export interface Series {
  readonly name: string
  readonly histogram: Histogram
}

const WIDTH = 460
const HEIGHT = 260

const colour = (names: readonly string[]) => ({
  field: 'series',
  type: 'nominal' as const,
  scale: { domain: [...names], range: names.map((_, i) => palette[i % palette.length]) },
  legend: { columns: legendColumns(names) },
})

/** An axis of whole numbers: ten ticks at most, and none between two numbers. */
export function wholeAxis(values: readonly number[]): { readonly values: number[]; readonly format: 'd' } {
  const low = values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY)
  const high = values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY)
  const power = 10 ** Math.max(0, Math.floor(Math.log10(Math.max(1, (high - low) / 10))))
  const step = [1, 2, 5, 10, 20].map((factor) => factor * power).find((one) => (high - low) / one <= 9)!
  const first = Math.ceil(low / step) * step
  const count = high >= first ? Math.floor((high - first) / step) + 1 : 0
  return { values: Array.from({ length: count }, (_, i) => first + i * step), format: 'd' }
}

interface Bin {
  readonly series: string
  readonly low: number
  readonly high: number
  readonly value: number
  readonly error: number
}

/** Bins as densities: the integral of every series is one. */
function densities({ name, histogram: { edges, sums, variances } }: Series): Bin[] {
  // An empty histogram is drawn as a line at zero.
  const total = sums.reduce((a, b) => a + b, 0) || 1
  return Array.from(sums, (sum, i) => {
    const width = (edges[i + 1] - edges[i]) * total
    return {
      series: name,
      low: edges[i],
      high: edges[i + 1],
      value: sum / width,
      error: Math.sqrt(variances[i]) / width,
    }
  })
}

/** Points of a step line: each bin's value from edge to edge; on a logarithmic axis an empty bin is a gap. */
const steps = (bins: readonly Bin[], log = false): object[] =>
  bins.flatMap(({ series, low, high, value }) => {
    const y = log && value <= 0 ? null : value
    return [
      { series, x: low, y },
      { series, x: high, y },
    ]
  })

const stepLine = (data: object[], x: string, y: string, names: readonly string[], log: boolean) => ({
  data: { values: data },
  mark: { type: 'line' as const, strokeWidth: 2 },
  encoding: {
    x: { field: 'x', type: 'quantitative' as const, title: x, scale: { zero: false, nice: false } },
    y: {
      field: 'y',
      type: 'quantitative' as const,
      title: y,
      ...(log && { scale: { type: 'log' as const } }),
    },
    color: colour(names),
  },
})

/** Normalised distributions, one step line each. */
export function distributions(series: readonly Series[], x: string, log = false): TopLevelSpec {
  const names = series.map(({ name }) => name)
  const data = series.flatMap((one) => steps(densities(one), log))
  return { width: WIDTH, height: HEIGHT, ...stepLine(data, x, 'normalised', names, log) }
}

/** One prediction or several over the truth, with their ratios and the statistical errors of these below. */
export function withRatio(truth: Series, predicted: Series | readonly Series[], x: string): TopLevelSpec {
  const predictions = [predicted].flat()
  const names = [truth.name, ...predictions.map(({ name }) => name)]
  const below = densities(truth)
  const above = predictions.flatMap((one) => steps(densities(one)))
  const ratio = predictions.flatMap((one) =>
    densities(one).flatMap(({ low, high, value, error, series }, i) => {
      if (below[i].value === 0 || value === 0) return []
      const r = value / below[i].value
      const e = r * Math.hypot(error / value, below[i].error / below[i].value)
      return [{ x: (low + high) / 2, r, from: r - e, to: r + e, series }]
    }),
  )
  const axisX = {
    field: 'x',
    type: 'quantitative' as const,
    title: x,
    scale: { domain: [below[0].low, below[below.length - 1].high] },
  }
  const axisY = {
    title: 'ratio',
    scale: { domain: [0.4, 1.6], clamp: true },
    axis: { values: [0.5, 1, 1.5] },
  }
  return {
    vconcat: [
      {
        width: WIDTH,
        height: HEIGHT - 60,
        ...stepLine([...steps(below), ...above], '', 'normalised', names, false),
      },
      {
        width: WIDTH,
        height: 90,
        layer: [
          {
            data: { values: [{ one: 1 }] },
            mark: { type: 'rule', strokeDash: [4, 4], color: '#888' },
            encoding: { y: { datum: 1 } },
          },
          {
            data: { values: ratio },
            mark: { type: 'rule', clip: true },
            encoding: {
              x: axisX,
              y: { field: 'from', type: 'quantitative', ...axisY },
              y2: { field: 'to' },
              color: colour(names),
            },
          },
          {
            data: { values: ratio },
            mark: { type: 'point', filled: true, size: 30, clip: true },
            encoding: {
              x: axisX,
              y: { field: 'r', type: 'quantitative', ...axisY },
              color: colour(names),
            },
          },
        ],
      },
    ],
  } as TopLevelSpec
}

/** Means in bins with their errors, one colour a series, slightly apart. */
export function profiles(
  series: readonly { readonly name: string; readonly means: readonly Mean[] }[],
  edges: readonly number[],
  x: string,
  y: string,
): TopLevelSpec {
  const names = series.map(({ name }) => name)
  const data = series.flatMap(({ name, means }, s) =>
    means.flatMap(({ mean, error, count }, bin) => {
      if (count < 2) return []
      const at = edges[bin] + (edges[bin + 1] - edges[bin]) * (0.5 + 0.12 * (s - (series.length - 1) / 2))
      return [{ series: name, x: at, mean, from: mean - error, to: mean + error }]
    }),
  )
  const axisX = {
    field: 'x',
    type: 'quantitative' as const,
    title: x,
    scale: { domain: [edges[0], edges[edges.length - 1]] },
  }
  return {
    width: WIDTH,
    height: HEIGHT,
    data: { values: data },
    layer: [
      {
        mark: { type: 'rule', strokeWidth: 2 },
        encoding: {
          x: axisX,
          y: { field: 'from', type: 'quantitative', title: y },
          y2: { field: 'to' },
          color: colour(names),
        },
      },
      {
        mark: { type: 'point', filled: true, size: 50 },
        encoding: { x: axisX, y: { field: 'mean', type: 'quantitative', title: y }, color: colour(names) },
      },
    ],
  } as TopLevelSpec
}

/**
 * Background rejection (log) against signal efficiency, with its binomial band: up and to the right is better.
 * @param marks points beside the curves: cuts that have one efficiency only
 */
export function rocCurve(
  curves: readonly { readonly name: string; readonly points: readonly WorkingPoint[] }[],
  x: string,
  marks: readonly Mark[] = [],
): TopLevelSpec {
  const names = curves.map(({ name }) => name)
  const data = curves.flatMap(({ name, points }) =>
    points
      .filter(
        ({ rejection, rejectionError }) => Number.isFinite(rejection) && Number.isFinite(rejectionError),
      )
      .map(({ efficiency, rejection, rejectionError }) => ({
        series: name,
        x: efficiency,
        y: rejection,
        from: Math.max(1, rejection - rejectionError),
        to: rejection + rejectionError,
      })),
  )
  const axisX = { field: 'x', type: 'quantitative' as const, title: x, scale: { domain: [0, 1] } }
  const scale = { type: 'log' as const, domainMin: 1 }
  return {
    width: WIDTH,
    height: HEIGHT,
    data: { values: data },
    layer: [
      {
        mark: { type: 'area', opacity: 0.25 },
        encoding: {
          x: axisX,
          y: { field: 'from', type: 'quantitative', scale, title: 'background rejection' },
          y2: { field: 'to' },
          color: colour(names),
        },
      },
      {
        mark: { type: 'line', strokeWidth: 2 },
        encoding: {
          x: axisX,
          y: { field: 'y', type: 'quantitative', scale, title: 'background rejection' },
          color: colour(names),
        },
      },
      ...(marks.length === 0
        ? []
        : [
            markLayer(
              marks.filter(({ y }) => Number.isFinite(y)),
              axisX,
              { type: 'quantitative', scale },
            ),
          ]),
    ],
  } as TopLevelSpec
}
