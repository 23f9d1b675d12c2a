import type { TopLevelSpec } from 'vega-lite'

/** A number for each bin of two quantities; `values[y][x]`. */
export interface Grid {
  readonly x: readonly number[]
  readonly y: readonly number[]
  readonly values: readonly (readonly number[])[]
}

/**
 * A grid of bins as coloured cells with their numbers. Cells are of equal size whatever the edges, which label them, so
 * that narrow bins can be read.
 */
export function heatmap(grid: Grid, x: string, y: string, value: string): TopLevelSpec {
  const range = (edges: readonly number[], i: number): string =>
    `${edges[i].toFixed(2)} – ${edges[i + 1].toFixed(2)}`
  const cells = grid.values.flatMap((row, j) =>
    row.map((content, i) => ({
      x: range(grid.x, i),
      y: range(grid.y, j),
      content,
      text: Math.abs(content) >= 100 ? content.toFixed(0) : content.toPrecision(3),
    })),
  )
  const largest = Math.max(...cells.map(({ content }) => content))
  const axes = {
    x: {
      field: 'x',
      type: 'ordinal' as const,
      title: x,
      sort: grid.x.slice(1).map((_, i) => range(grid.x, i)),
      axis: { labelAngle: 0 },
    },
    y: {
      field: 'y',
      type: 'ordinal' as const,
      title: y,
      sort: grid.y
        .slice(1)
        .map((_, j) => range(grid.y, j))
        .reverse(),
    },
  }
  return {
    width: 460,
    height: 260,
    data: { values: cells },
    layer: [
      {
        mark: 'rect',
        encoding: {
          ...axes,
          color: {
            field: 'content',
            type: 'quantitative',
            title: value,
            scale: { scheme: 'viridis', domainMin: 0 },
            legend: { orient: 'right' },
          },
        },
      },
      {
        mark: { type: 'text', fontSize: 12 },
        encoding: {
          ...axes,
          text: { field: 'text' },
          color: {
            condition: { test: `datum.content > ${0.6 * largest}`, value: '#000' },
            value: '#fff',
          },
        },
      },
    ],
  } as TopLevelSpec
}
