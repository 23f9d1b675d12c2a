import { SpillwayError } from '../errors.js'
import type { LineUpAnswer, LiveModel } from './work.js'

interface Pending<S> {
  readonly waiting: Set<S>
  models: readonly LiveModel[]
  readonly resolve: (models: readonly LiveModel[]) => void
  readonly reject: (error: SpillwayError) => void
  readonly timer: NodeJS.Timeout
}

/** Offers of a line-up that workers have not all answered yet. An offer holds only when every worker took it. */
export class PendingOffers<S> {
  readonly #pending = new Map<number, Pending<S>>()

  /**
   * Resolves when all of these workers are ready for the line-up.
   * @param onLate Called with those that did not answer in time.
   * @throws SpillwayError what the first worker that refused says; MODEL_CRASHES when one was lost or is late
   */
  wait(
    id: number,
    workers: readonly S[],
    limitMs: number,
    onLate: (workers: readonly S[]) => void,
  ): Promise<readonly LiveModel[]> {
    return new Promise((resolve, reject) => {
      const waiting = new Set(workers)
      const timer = setTimeout(() => {
        const late = [...waiting]
        this.#fail(id, crashed(`a worker did not load it within ${limitMs / 1e3} s`))
        onLate(late)
      }, limitMs)
      this.#pending.set(id, { waiting, models: [], resolve, reject, timer })
      this.#settle(id)
    })
  }

  answer(worker: S, answer: LineUpAnswer): void {
    const pending = this.#pending.get(answer.lineUp)
    if (pending === undefined) return
    if (answer.kind === 'refused') {
      const { code, message, place, remedy } = answer
      this.#fail(answer.lineUp, new SpillwayError(code, message, { place, remedy }))
      return
    }
    pending.models = answer.models
    pending.waiting.delete(worker)
    this.#settle(answer.lineUp)
  }

  /** A worker is gone: what it was to load may be why. */
  lost(worker: S): void {
    for (const [id, { waiting }] of [...this.#pending])
      if (waiting.has(worker)) this.#fail(id, crashed('a worker was lost while it loaded it'))
  }

  close(): void {
    for (const id of [...this.#pending.keys()]) this.#fail(id, crashed('the pipeline ends'))
  }

  #settle(id: number): void {
    const { waiting, timer, resolve, models } = this.#pending.get(id)!
    if (waiting.size > 0) return
    this.#pending.delete(id)
    clearTimeout(timer)
    resolve(models)
  }

  #fail(id: number, error: SpillwayError): void {
    const pending = this.#pending.get(id)
    if (pending === undefined) return
    this.#pending.delete(id)
    clearTimeout(pending.timer)
    pending.reject(error)
  }
}

const crashed = (message: string): SpillwayError => new SpillwayError('MODEL_CRASHES', message)
