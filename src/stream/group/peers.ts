import type { Announcement } from './announcement.js'

/** One process of the group, as it was last heard. */
export interface GroupProcess extends Omit<Announcement, 'leaving'> {
  /** Whether it is the one that tells. */
  readonly self: boolean
  /** Seconds since its last word. */
  readonly silent: number
}

/** Peers that are kept; announcements of more are not. */
const MOST_PEERS = 63
/** A peer that is silent for so long is forgotten [ms]. */
const FORGOTTEN_MS = 60_000

interface Heard {
  readonly announcement: Announcement
  readonly at: number
}

/** The other processes of a pipeline: as many as fit, forgotten when they are silent. Times are this machine's. */
export class Peers {
  readonly #heard = new Map<string, Heard>()
  #left: number | null = null

  /** @param now Milliseconds. */
  hear(announcement: Announcement, now: number): void {
    const { process, leaving } = announcement
    if (leaving) {
      this.#heard.delete(process)
      return
    }
    this.#forget(now)
    if (!this.#heard.has(process) && this.#heard.size >= MOST_PEERS) {
      this.#left = now
      return
    }
    this.#heard.set(process, { announcement, at: now })
  }

  /** Whether, lately, more were heard than are kept. */
  full(now: number): boolean {
    return this.#left !== null && now - this.#left < FORGOTTEN_MS
  }

  /** By host and process id, so that rows keep their place. */
  view(now: number): readonly GroupProcess[] {
    this.#forget(now)
    return [...this.#heard.values()]
      .map(({ announcement: { leaving: _, ...told }, at }) => ({
        ...told,
        self: false,
        silent: Math.max(0, Math.floor((now - at) / 1e3)),
      }))
      .sort((a, b) => a.host.localeCompare(b.host) || a.pid - b.pid || a.startedAt - b.startedAt)
  }

  #forget(now: number): void {
    for (const [process, { at }] of this.#heard) if (now - at > FORGOTTEN_MS) this.#heard.delete(process)
  }
}
