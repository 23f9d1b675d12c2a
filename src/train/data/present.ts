import { SpillwayError } from '../../errors.js'

/**
 * Opens files of a sample. One that is absent is unreadable, not unavailable: a stream waits for its source, but a
 * training that waits for its sample waits for ever.
 * @throws SpillwayError FILE_UNREADABLE in place of SOURCE_UNAVAILABLE; what `open` throws besides
 */
export async function present<T>(open: () => T | Promise<T>): Promise<T> {
  try {
    return await open()
  } catch (error) {
    if (!(error instanceof SpillwayError) || error.code !== 'SOURCE_UNAVAILABLE') throw error
    throw new SpillwayError('FILE_UNREADABLE', error.message, {
      place: error.place,
      remedy: 'Correct the files of the sample, and see that they are there on this machine.',
      cause: error,
    })
  }
}
