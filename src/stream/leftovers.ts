import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { threadId } from 'node:worker_threads'
import type { Bundle } from '../models/manifest.js'

/** Bytes of models that may lie about in a thread. */
const MUCH = 16 << 20
/** Multiples of it fall far from each other between 0 and 1. */
const GOLDEN = 0.618

/**
 * What models leave behind in a thread: each one comes as bytes, several times over on its way, and what scores is made
 * of a copy. V8's collector, which is told to be rare here (see `setRuntimeFlags`), would let the bytes of hundreds of
 * small models lie about, or several times the memory of a large one. So every thread collects by itself when models
 * of some size have come and gone: one pause in that many swaps.
 */
export class Leftovers {
  readonly #collect: () => void
  /** Threads begin at different places: models come to all of them at once, and they should not all pause then. */
  #bytes = MUCH * ((threadId * GOLDEN) % 1)

  constructor(collect: () => void = collector()) {
    this.#collect = collect
  }

  /** These are not needed in this thread any more, or will not be at the next `clear`. */
  add(bundles: readonly Bundle[]): void {
    for (const { model, probe } of bundles) this.#bytes += model.length + (probe?.length ?? 0)
  }

  /** Collects if that is worth it. Call it between tasks. */
  clear(): void {
    if (this.#bytes < MUCH) return
    this.#bytes = 0
    this.#collect()
  }
}

/**
 * V8's collector of this thread, as a function. The flag is the process's and stays set: another thread may be between
 * setting it and making its context.
 */
function collector(): () => void {
  setFlagsFromString('--expose-gc')
  return runInNewContext('gc') as () => void
}
