import { SpillwayError } from '../../errors.js'
import type { ColumnType } from '../columns.js'
import { nearestNames } from '../formats/shared/nearest.js'
import type { LeafData, Shape } from '../formats/shared/node.js'
import type { SchemaMap, SourceEntry } from './schema-map.js'
import { unitFactor } from './units.js'

/** Where a branch is in a file. */
export interface Found {
  readonly column: number
  /** Child indices below the top-level column; lists on the way are entered. */
  readonly steps: readonly number[]
  readonly leaf: Extract<Shape, { kind: 'leaf' }>
  readonly list: boolean
}

/** A column of a map and the branch it comes from. */
export interface Source {
  readonly path: string
  readonly axis: string
  readonly found: Found
  readonly type: ColumnType
  readonly factor: number
  readonly unit: string | undefined
}

/** A column's values in one batch; `offsets` of its list, `null` for one value an event. */
export interface Built {
  readonly data: LeafData
  readonly offsets: Int32Array | null
}

type Around = Omit<Found, 'leaf'>

/** Enters the branches at and below a shape under their dotted paths. */
export function collect(shape: Shape, path: string, around: Around, out: Map<string, Found>): void {
  if (shape.kind === 'leaf') out.set(path, { ...around, leaf: shape })
  else if (shape.kind === 'list') {
    if (!around.list) collect(shape.item, path, { ...around, list: true }, out)
  } else {
    shape.children.forEach((child, i) => {
      collect(child, `${path}.${child.name}`, { ...around, steps: [...around.steps, i] }, out)
    })
  }
}

/** The source of one column; none where an optional branch is not there. */
export function resolve(
  map: SchemaMap,
  known: ReadonlyMap<string, Found>,
  axis: string,
  path: string,
  entry: SourceEntry,
  place: string,
): Source[] {
  const found = known.get(entry.branch)
  const where = `${place}, map ${map.name}, column ${path}`
  if (found === undefined) {
    if (entry.optional) return []
    const near = nearestNames(entry.branch, known.keys()).join(', ')
    const expected = axis === '' ? 'one value an event' : 'a list'
    throw new SpillwayError(
      'COLUMN_MISSING',
      `no branch ${entry.branch} (${expected}); the nearest are ${near}`,
      {
        place: where,
      },
    )
  }
  if (found.list !== (axis !== '')) {
    const [expected, is] = found.list ? ['one value an event', 'a list'] : ['a list', 'one value an event']
    throw new SpillwayError(
      'COLUMN_TYPE',
      `branch ${entry.branch} is ${is} of ${found.leaf.type}, expected ${expected}`,
      {
        place: where,
      },
    )
  }
  const type = entry.type ?? found.leaf.type
  const unit = entry.unit ?? entry.from ?? found.leaf.unit
  const from = entry.from ?? found.leaf.unit ?? unit
  if (found.leaf.type === 'utf8' && (entry.type !== undefined || entry.unit !== undefined)) {
    throw new SpillwayError(
      'COLUMN_TYPE',
      `branch ${entry.branch} holds utf8, expected ${entry.type ?? 'a number'}`,
      {
        place: where,
      },
    )
  }
  const factor = unit === undefined || from === undefined ? 1 : unitFactor(from, unit, where)
  return [{ path, axis, found, type, factor, unit }]
}
