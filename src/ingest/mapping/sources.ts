import { SpillwayError } from '../../errors.js'
import type { ColumnType } from '../columns.js'
import type { LeafData, Shape } from '../formats/shared/node.js'
import { hint } from '../nearest.js'
import type { SchemaMap, SourceEntry } from './schema-map.js'
import { unitFactor } from './units.js'

/** Where a branch is in a file. */
export interface Found {
  /** Name of the top-level column. */
  readonly column: string
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

/** The branches of a file by their dotted paths. */
export function branchesOf(shapes: readonly Shape[]): ReadonlyMap<string, Found> {
  const out = new Map<string, Found>()
  for (const shape of shapes) collect(shape, shape.name, { column: shape.name, steps: [], list: false }, out)
  return out
}

function collect(shape: Shape, path: string, around: Omit<Found, 'leaf'>, out: Map<string, Found>): void {
  if (shape.kind === 'leaf') out.set(path, { ...around, leaf: shape })
  else if (shape.kind === 'list') {
    if (!around.list) collect(shape.item, path, { ...around, list: true }, out)
  } else {
    shape.children.forEach((child, i) => {
      collect(child, `${path}.${child.name}`, { ...around, steps: [...around.steps, i] }, out)
    })
  }
}

/** The columns of a map that a file has, and everything about the others that is wrong. */
export function resolveSources(
  map: SchemaMap,
  known: ReadonlyMap<string, Found>,
  file: string,
): { readonly sources: readonly Source[]; readonly problems: readonly SpillwayError[] } {
  const wanted = [
    ...Object.entries(map.columns).map(([path, entry]) => ({
      axis: '',
      path,
      entry,
      keys: ['columns', path],
    })),
    ...Object.entries(map.lists).flatMap(([axis, columns]) =>
      Object.entries(columns).map(([name, entry]) => ({
        axis,
        path: `${axis}.${name}`,
        entry,
        keys: ['lists', axis, name],
      })),
    ),
  ]
  const sources: Source[] = []
  const problems: SpillwayError[] = []
  for (const { axis, path, entry, keys } of wanted) {
    try {
      const source = resolve(known, axis, path, entry)
      if (source !== null) sources.push(source)
    } catch (error) {
      if (!(error instanceof SpillwayError)) throw error
      problems.push(
        new SpillwayError(error.code, `${error.message} (column ${path}, file ${file})`, {
          place: map.place(keys),
        }),
      )
    }
  }
  return { sources, problems }
}

/** The source of one column; `null` where an optional branch is not there. */
function resolve(
  known: ReadonlyMap<string, Found>,
  axis: string,
  path: string,
  entry: SourceEntry,
): Source | null {
  const found = known.get(entry.branch)
  const along = (list: boolean): string => (list ? 'a list' : 'one value an event')
  if (found === undefined) {
    if (entry.optional) return null
    const near = hint(entry.branch, known.keys())
    throw new SpillwayError('COLUMN_MISSING', `no branch ${entry.branch} (${along(axis !== '')})${near}`)
  }
  if (found.list !== (axis !== '')) {
    throw new SpillwayError(
      'COLUMN_TYPE',
      `branch ${entry.branch} is ${along(found.list)} of ${found.leaf.type}, expected ${along(axis !== '')}`,
    )
  }
  const type = entry.type ?? found.leaf.type
  const unit = entry.unit ?? entry.from ?? found.leaf.unit
  const from = entry.from ?? found.leaf.unit ?? unit
  if (found.leaf.type === 'utf8' && (entry.type !== undefined || entry.unit !== undefined)) {
    const expected = entry.type ?? 'a number'
    throw new SpillwayError('COLUMN_TYPE', `branch ${entry.branch} holds utf8, expected ${expected}`)
  }
  const factor = unit === undefined || from === undefined ? 1 : unitFactor(from, unit, path)
  return { path, axis, found, type, factor, unit }
}
