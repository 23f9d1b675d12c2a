import type { Plan, PlanNode } from './plan.js'

/** Larger dictionaries are read anew each time: comparing them would cost as much. */
const DICTIONARY_BYTES = 4096

/** The strings of a dictionary, frozen, and the bytes that it took of its message's allowance. */
export interface KnownDictionary {
  readonly strings: readonly string[]
  readonly inflated: number
}

/**
 * Remembers what the last few schemas and dictionaries said by their bytes: the messages of a topic repeat them, and
 * reading them costs more than reading the batch. Whoever decodes many messages owns one.
 */
export class SchemaMemory {
  readonly #plans: Remembered<Plan>
  readonly #dictionaries = new WeakMap<PlanNode, Remembered<KnownDictionary>>()
  readonly #size: number

  constructor(size = 4) {
    this.#size = size
    this.#plans = new Remembered(size)
  }

  /** The plan made from `bytes` before, or a new one from `read`. */
  recall(bytes: Uint8Array, read: () => Plan): Plan {
    return this.#plans.get(bytes) ?? this.#plans.add(bytes, read())
  }

  /** What a column's dictionary of these bytes said, if that is known. */
  dictionary(node: PlanNode, bytes: Uint8Array): KnownDictionary | undefined {
    return bytes.length > DICTIONARY_BYTES ? undefined : this.#dictionaries.get(node)?.get(bytes)
  }

  /** Remembers it if it is small. */
  learn(node: PlanNode, bytes: Uint8Array, known: KnownDictionary): void {
    if (bytes.length > DICTIONARY_BYTES) return
    const others = this.#dictionaries.get(node) ?? new Remembered<KnownDictionary>(this.#size)
    this.#dictionaries.set(node, others)
    others.add(bytes, known)
  }
}

/** The last few values by the bytes that they were read from. */
class Remembered<T> {
  readonly #entries: { readonly bytes: Uint8Array; readonly value: T }[] = []
  readonly #size: number

  constructor(size: number) {
    this.#size = size
  }

  get(bytes: Uint8Array): T | undefined {
    return this.#entries.find((entry) => Buffer.compare(entry.bytes, bytes) === 0)?.value
  }

  add(bytes: Uint8Array, value: T): T {
    this.#entries.unshift({ bytes: Uint8Array.from(bytes), value })
    this.#entries.length = Math.min(this.#entries.length, this.#size)
    return value
  }
}
