import { SpillwayError } from '../errors.js'
import type { EventFormat } from './format.js'
import { formats as fileFormats } from './formats/index.js'

/**
 * The format that answers to a file's ending, `file.root:tree` included.
 *
 * @throws SpillwayError FILE_UNREADABLE naming the endings known.
 */
export function formatOf(path: string, formats: readonly EventFormat[] = fileFormats): EventFormat {
  const endings = formats
    .flatMap((format) => format.extensions.map((extension) => ({ format, extension })))
    .sort((a, b) => b.extension.length - a.extension.length)
  for (const { format, extension } of endings) {
    if (path.endsWith(extension) || path.includes(`${extension}:`)) return format
  }
  const known = endings.map(({ extension }) => extension).join(' ')
  throw new SpillwayError('FILE_UNREADABLE', `no format has the ending of ${path}; known are ${known}`, {
    place: path,
  })
}
