import { asSpillwayError, type SpillwayError } from '../errors.js'
import type { Entry, Listing, Wanted } from './registry.js'

/** Entries read at a time: however many versions there are, only so many files or requests are open. */
const AT_A_TIME = 32

/**
 * The entries of the versions that are wanted, newest first. What cannot be read is a problem, and the others are good.
 * @param versions All versions of the model, in any order.
 * @param read The entry of a version; `null` where it is gone.
 */
export async function listingOf(
  versions: readonly number[],
  pinned: number | null,
  wanted: Wanted,
  read: (version: number) => Promise<Entry | null>,
  placeOf: (version: number) => string,
): Promise<Listing> {
  const entries: Entry[] = []
  const problems: SpillwayError[] = []
  const chosen = choose(versions, pinned, wanted)
  for (let from = 0; from < chosen.length; from += AT_A_TIME) {
    const portion = chosen.slice(from, from + AT_A_TIME).map(async (version) => {
      try {
        return await read(version)
      } catch (error) {
        problems.push(asSpillwayError(error, 'MODEL_UNREADABLE', { place: placeOf(version) }))
        return null
      }
    })
    entries.push(...(await Promise.all(portion)).filter((entry) => entry !== null))
  }
  return { entries, pinned, problems }
}

function choose(
  versions: readonly number[],
  pinned: number | null,
  { above = 0, most = Number.POSITIVE_INFINITY, only }: Wanted,
): number[] {
  const one = only === 'pinned' ? pinned : only
  return versions
    .filter((version) => version > above && (one === undefined || version === one))
    .sort((a, b) => b - a)
    .slice(0, most)
}
