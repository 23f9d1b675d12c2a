import { SpillwayError } from '../../../errors.js'
import { hint } from '../../nearest.js'

/** The items asked for by name, in the file's order; all when none are. @throws SpillwayError COLUMN_MISSING. */
export function selectColumns<T>(
  items: readonly T[],
  nameOf: (item: T) => string,
  wanted: readonly string[] | undefined,
  place: string,
): readonly T[] {
  if (wanted === undefined) return items
  const names = new Set(items.map(nameOf))
  for (const name of wanted) {
    if (names.has(name)) continue
    throw new SpillwayError('COLUMN_MISSING', `no column ${name}${hint(name, names)}`, { place })
  }
  const chosen = new Set(wanted)
  return items.filter((item) => chosen.has(nameOf(item)))
}
