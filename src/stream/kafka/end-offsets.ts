import type { KafkaAdmin } from './port.js'

const ASK_MS = 2_000

/**
 * Where the partitions of a topic end, asked for every two seconds. A consumer that is held back does not fetch, and
 * what it knows of the end grows old just when the lag matters.
 */
export class EndOffsets {
  readonly #admin: KafkaAdmin
  readonly #topic: string
  readonly #timer: NodeJS.Timeout
  #ends: ReadonlyMap<number, bigint> = new Map()
  #asking = false

  constructor(admin: KafkaAdmin, topic: string) {
    this.#admin = admin
    this.#topic = topic
    this.#timer = setInterval(() => void this.#ask(), ASK_MS)
    void this.#ask()
  }

  /** The offset after the last message, as last heard; `null` before. */
  of(partition: number): bigint | null {
    return this.#ends.get(partition) ?? null
  }

  close(): void {
    clearInterval(this.#timer)
  }

  async #ask(): Promise<void> {
    if (this.#asking) return
    this.#asking = true
    try {
      const found = await this.#admin.offsets(this.#topic)
      this.#ends = new Map(found.map(({ partition, end }) => [partition, end]))
    } catch {
      // The broker restarts, or the client was closed: the old answer stays.
    } finally {
      this.#asking = false
    }
  }
}
