import { SpillwayError } from '../errors.js'
import type { EventSchema } from '../ingest/columns.js'
import { nearest } from '../ingest/nearest.js'
import type { Read } from '../models/feature-builder.js'

/**
 * Holds what a step reads against what is there.
 * @throws SpillwayError COLUMN_MISSING (with the nearest names), COLUMN_TYPE, COLUMN_UNIT
 */
export function checkReads(reads: readonly Read[], schema: EventSchema, place: string): void {
  const known = new Map(schema.columns.map((column) => [column.path, column]))
  for (const { path, types, axis, unit } of reads) {
    const column = known.get(path)
    if (column === undefined) {
      const like = nearest(path, known.keys())
      const hint = like.length > 0 ? `; did you mean ${like.join(' or ')}?` : ''
      throw new SpillwayError('COLUMN_MISSING', `column ${path} is not there${hint}`, {
        place,
        remedy: `The columns here are ${grouped(known.keys())}.`,
      })
    }
    if (types !== undefined && !types.includes(column.type)) {
      throw new SpillwayError(
        'COLUMN_TYPE',
        `column ${path} is ${column.type}, ${types.length > 4 ? 'a number' : types.join(' or ')} is needed`,
        { place },
      )
    }
    if (axis !== undefined && column.axis !== axis) {
      const along = (name: string): string => (name === '' ? 'events' : name)
      throw new SpillwayError(
        'COLUMN_TYPE',
        `column ${path} runs along ${along(column.axis)}, one along ${along(axis)} is needed`,
        { place },
      )
    }
    if (unit !== undefined && column.unit !== undefined && column.unit !== unit) {
      throw new SpillwayError('COLUMN_UNIT', `column ${path} is in ${column.unit}, ${unit} is needed`, {
        place,
      })
    }
  }
}

/** `event, jets.{pt, eta}`: many columns in a line that can be read. */
function grouped(paths: Iterable<string>): string {
  const groups = new Map<string, string[]>()
  for (const path of paths) {
    const dot = path.lastIndexOf('.')
    const group = path.slice(0, Math.max(0, dot))
    groups.set(group, [...(groups.get(group) ?? []), path.slice(dot + 1)])
  }
  const text = (group: string, names: readonly string[]): string => {
    if (group === '') return names.join(', ')
    return names.length === 1 ? `${group}.${names[0]}` : `${group}.{${names.join(', ')}}`
  }
  return [...groups].map(([group, names]) => text(group, names)).join(', ')
}
