import { z } from 'zod'
import { SpillwayError } from '../../errors.js'

/** Largest announcement that is read [bytes]. */
const MOST_BYTES = 8_192

const Amount = z.number().nonnegative()

/**
 * What a process tells of itself once a second, as JSON on `spillway.<pipeline>.processes`. What comes from others is
 * taken by this schema alone: bounded texts and lists, finite numbers; keys of later versions are left out.
 */
export const Announcement = z.object({
  /** Of one run of a process. */
  process: z.string().min(1).max(64),
  host: z.string().max(255),
  pid: z.int().nonnegative(),
  /** Seconds since 1970. */
  startedAt: Amount,
  /** Its last word: it ends in order. */
  leaving: z.boolean().default(false),
  /** `null` when ready, otherwise why not. */
  problem: z.string().max(300).nullable(),
  paused: z.boolean(),
  /** Events a second of the last second. */
  rate: Amount,
  /** Events since the start. */
  events: Amount,
  /** Messages not yet delivered, of its own partitions; `null` when unknown. */
  lag: Amount.nullable(),
  /** Partitions that it owns. */
  partitions: Amount,
  /** Milliseconds, of the last second; `null` where nothing was committed. */
  p99: Amount.nullable(),
  /** Dead letters since the start. */
  letters: Amount,
  models: z
    .array(z.object({ step: z.string().max(48), name: z.string().max(64), version: z.int().nonnegative() }))
    .max(16),
})
export type Announcement = z.infer<typeof Announcement>

/** @throws SpillwayError MESSAGE_UNDECODABLE when the bytes are no announcement. */
export function readAnnouncement(bytes: Uint8Array): Announcement {
  const fail = (why: string): never => {
    throw new SpillwayError('MESSAGE_UNDECODABLE', `announcement: ${why}`)
  }
  if (bytes.length > MOST_BYTES) fail(`${bytes.length} bytes`)
  let json: unknown
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    fail('is not JSON')
  }
  const parsed = Announcement.safeParse(json)
  return parsed.success ? parsed.data : fail(parsed.error.issues[0].message)
}

export const announcementBytes = (announcement: Announcement): Uint8Array =>
  new TextEncoder().encode(JSON.stringify(announcement))
