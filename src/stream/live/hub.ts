import type { ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import type { LiveState, Tick } from './state.js'

/** Pages that watch at once; the next one is told to come back later. */
const MOST_PAGES = 32
/** A page that reads so much slower than ticks come is let go; it connects again and gets the whole state. */
const MOST_WAITING_BYTES = 4 << 20
const RETRY_MS = 2_000
const GOODBYE_MS = 500

/** Sends the state to each page that connects, then every tick: server-sent events. */
export class LiveHub {
  readonly #pages = new Set<ServerResponse>()
  #closed = false

  /** @returns false when there is no room: nothing was written then. */
  join(response: ServerResponse, headers: Readonly<Record<string, string>>, state: LiveState): boolean {
    if (this.#closed || this.#pages.size >= MOST_PAGES) return false
    response.writeHead(200, { ...headers, 'content-type': 'text/event-stream; charset=utf-8' })
    this.#pages.add(response)
    const leave = (): void => void this.#pages.delete(response)
    response.once('close', leave)
    response.once('error', leave)
    response.write(`retry: ${RETRY_MS}\n${eventText('state', state)}`)
    return true
  }

  send(tick: Tick): void {
    if (this.#pages.size === 0) return
    const text = eventText('tick', tick)
    for (const page of this.#pages) {
      if (page.writableLength > MOST_WAITING_BYTES) page.destroy()
      else page.write(text)
    }
  }

  /** Ends every page's stream; resolves when they have read it, or soon. */
  async close(): Promise<void> {
    this.#closed = true
    const ended = [...this.#pages].map((page) => new Promise<void>((resolve) => page.end(resolve)))
    this.#pages.clear()
    await Promise.race([Promise.all(ended), sleep(GOODBYE_MS, undefined, { ref: false })])
  }
}

const eventText = (name: string, data: LiveState | Tick): string =>
  `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`
