import { SpillwayError } from '../../../errors.js'

/** A file is damaged or of another kind. `place` is the file and, where known, the byte or record. */
export const unreadable = (what: string, place: string, cause?: unknown): SpillwayError =>
  new SpillwayError('FILE_UNREADABLE', what, { place, ...(cause === undefined ? {} : { cause }) })

/** A file asks for more than the limit. */
export const overLimit = (what: string, place: string): SpillwayError =>
  new SpillwayError('FILE_LIMIT', what, { place })

/** Makes FILE_UNREADABLE of whatever a third-party decoder throws; keeps what is already a SpillwayError. */
export function asUnreadable(error: unknown, place: string): SpillwayError {
  if (error instanceof SpillwayError) return error
  const what = error instanceof Error ? error.message : String(error)
  if (error instanceof RangeError && /allocation|array length/i.test(what))
    return new SpillwayError('FILE_LIMIT', `more memory than there is: ${what}`, { place, cause: error })
  return unreadable(what, place, error)
}

/** @throws SpillwayError FILE_LIMIT when `count` is above `limit`; FILE_UNREADABLE when it is no count at all. */
export function checkCount(count: number, limit: number, what: string, place: string): number {
  if (!Number.isSafeInteger(count) || count < 0) throw unreadable(`${what} is ${count}`, place)
  if (count > limit) throw overLimit(`${what} is ${count}, the limit is ${limit}`, place)
  return count
}
