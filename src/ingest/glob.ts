import { isAbsolute, resolve } from 'node:path'
import { globSync, isDynamicPattern } from 'tinyglobby'
import { SpillwayError } from '../errors.js'

/**
 * Files that patterns name, sorted by name, each once. Relative patterns start from `folder`.
 * @throws SpillwayError SOURCE_UNAVAILABLE when a pattern matches nothing: a silent nothing would look like success.
 */
export function expandGlobs(patterns: readonly string[], folder: string): string[] {
  const found = new Set<string>()
  for (const pattern of patterns) {
    const absolute = isAbsolute(pattern) ? pattern : resolve(folder, pattern)
    const matches = isDynamicPattern(pattern)
      ? globSync(absolute, { absolute: true, onlyFiles: true })
      : [absolute]
    if (matches.length === 0) {
      throw new SpillwayError('SOURCE_UNAVAILABLE', `no file matches ${pattern}`, { place: absolute })
    }
    for (const match of matches) found.add(match)
  }
  return [...found].sort()
}
