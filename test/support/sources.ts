import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('../..', import.meta.url))

/** Paths of all files under a folder of the repository, relative to its root, with `/` between names. */
export function filesUnder(folder: string, ending: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(ending))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).replaceAll('\\', '/'))
    .sort()
}

export const textOf = (path: string): string => readFileSync(join(root, path), 'utf8')

/** README and all pages of docs. */
export const pages = (): string[] =>
  ['README.md', 'DEVELOPERS.md', 'CHANGELOG.md', ...filesUnder('docs', '.md')].sort()
