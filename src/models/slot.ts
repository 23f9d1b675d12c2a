import { SpillwayError } from '../errors.js'

/** What a slot keeps: something loaded that must be freed. */
export interface Loaded {
  release(): Promise<void>
}

/**
 * The models of one step in one worker, by key: the one mutable thing there. A model is loaded beside those that
 * serve, pinned by its key for a whole batch, and freed once no line-up names it. The owner calls in turn, between
 * batches: nothing is ever freed under a batch that uses it.
 */
export class Slot<M extends Loaded> {
  readonly #models = new Map<string, M>()

  get keys(): readonly string[] {
    return [...this.#models.keys()]
  }

  /** Loads a model unless it is there; what `load` throws leaves everything as it was. */
  async offer(key: string, load: () => Promise<M>): Promise<M> {
    const known = this.#models.get(key)
    if (known !== undefined) return known
    const loaded = await load()
    this.#models.set(key, loaded)
    return loaded
  }

  /** The model of a batch. @throws SpillwayError INTERNAL when it was never offered, or freed. */
  pin(key: string): M {
    const model = this.#models.get(key)
    if (model === undefined) throw new SpillwayError('INTERNAL', `model ${key} is not loaded`)
    return model
  }

  /** Frees all but these. */
  async keep(keys: ReadonlySet<string>): Promise<void> {
    for (const [key, model] of [...this.#models]) {
      if (keys.has(key)) continue
      this.#models.delete(key)
      await model.release()
    }
  }
}
