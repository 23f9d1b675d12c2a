/** A point that stands for itself beside lines: a working point, a cut on one quantity. */
export interface Mark {
  readonly name: string
  readonly x: number
  readonly y: number
}

const SHAPES = ['diamond', 'cross', 'triangle-up', 'square']

/** A layer with a shape for each name. @param x,y channels of the axes that the lines have, without their fields */
export function markLayer(marks: readonly Mark[], x: object, y: object) {
  const names = [...new Set(marks.map(({ name }) => name))]
  return {
    data: { values: [...marks] },
    mark: { type: 'point' as const, filled: true, size: 90, color: '#222', clip: true },
    encoding: {
      x: { ...x, field: 'x' },
      y: { ...y, field: 'y' },
      shape: {
        field: 'name',
        type: 'nominal' as const,
        title: 'cuts',
        // Long names side by side would make the figure wider than its place, and all of it small.
        legend: { orient: 'bottom' as const, columns: 1, labelLimit: 360 },
        scale: { domain: names, range: names.map((_, i) => SHAPES[i % SHAPES.length]) },
      },
    },
  }
}
