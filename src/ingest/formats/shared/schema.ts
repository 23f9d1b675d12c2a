import type { ColumnSpec, EventSchema } from '../../columns.js'
import type { FileInfo } from '../../format.js'
import type { Shape } from './node.js'

/**
 * Columns and axes of a file as a pipeline sees them: structs join their names by dots, a list is an axis named by its
 * path, and a list of plain numbers is one column of the list's own name.
 */
export function eventSchema(shapes: readonly Shape[], metadata: ReadonlyMap<string, string>): EventSchema {
  const columns: ColumnSpec[] = []
  const axes: string[] = []
  const visit = (shape: Shape, path: string, axis: string): void => {
    if (shape.kind === 'leaf') {
      columns.push({
        path,
        axis,
        type: shape.type,
        ...(shape.unit === undefined ? {} : { unit: shape.unit }),
      })
    } else if (shape.kind === 'struct') {
      for (const child of shape.children) visit(child, `${path}.${child.name}`, axis)
    } else {
      axes.push(path)
      visit(shape.item, path, path)
    }
  }
  for (const shape of shapes) visit(shape, shape.name, '')
  return { columns, axes, metadata }
}

/** What a format says of a file with these top-level columns. */
export function fileInfo(
  shapes: readonly Shape[],
  metadata: ReadonlyMap<string, string>,
  rows: number | null,
  inside?: string,
): FileInfo {
  const info = { schema: eventSchema(shapes, metadata), shapes, rows }
  return inside === undefined ? info : { ...info, inside }
}
