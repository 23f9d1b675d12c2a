import type { Plan } from './plan.js'

/**
 * Remembers the plans of the last few schemas by their bytes: the messages of a topic repeat one schema, and reading
 * it costs more than reading the batch. Whoever decodes many messages owns one.
 */
export class SchemaMemory {
  readonly #entries: { readonly bytes: Uint8Array; readonly plan: Plan }[] = []
  readonly #size: number

  constructor(size = 4) {
    this.#size = size
  }

  /** The plan made from `bytes` before, or a new one from `read`. */
  recall(bytes: Uint8Array, read: () => Plan): Plan {
    const known = this.#entries.find((entry) => Buffer.compare(entry.bytes, bytes) === 0)
    if (known !== undefined) return known.plan
    const entry = { bytes: Uint8Array.from(bytes), plan: read() }
    this.#entries.unshift(entry)
    this.#entries.length = Math.min(this.#entries.length, this.#size)
    return entry.plan
  }
}
