import { isAbsolute, resolve } from 'node:path'
import { globSync, isDynamicPattern } from 'tinyglobby'
import { SpillwayError } from '../errors.js'

/** `events.root:dir/tree`: the part after the colon names a place inside the file. */
const INSIDE = /^(.*\.(?:root|h5|hdf5))(:[^:]+)$/

/** The file of a path that may name a place inside it. */
export const fileOf = (path: string): string => INSIDE.exec(path)?.[1] ?? path

/**
 * Files that patterns name, sorted by name, each once. Relative patterns start from `folder`. A place inside a file,
 * `*.root:tree`, stays with each of them.
 * @throws SpillwayError SOURCE_UNAVAILABLE when a pattern matches nothing: a silent nothing would look like success.
 */
export function expandGlobs(patterns: readonly string[], folder: string): string[] {
  const found = new Set<string>()
  for (const pattern of patterns) {
    const [, file = pattern, inside = ''] = INSIDE.exec(pattern) ?? []
    const absolute = isAbsolute(file) ? file : resolve(folder, file)
    const matches = isDynamicPattern(file)
      ? globSync(absolute, { absolute: true, onlyFiles: true })
      : [absolute]
    if (matches.length === 0) {
      throw new SpillwayError('SOURCE_UNAVAILABLE', `no file matches ${pattern}`, { place: absolute })
    }
    for (const match of matches) found.add(match + inside)
  }
  return [...found].sort()
}
