import type { Bundle } from '../../models/manifest.js'
import type { LineUpDesk } from '../gatherer.js'
import type { LineUpOffer, LiveModel, StepModels } from '../work.js'

/** What is asked of the worker pool. */
export interface LineUpWorkers {
  lineUp(offer: LineUpOffer): Promise<readonly LiveModel[]>
  adopt(offer: LineUpOffer): void
  drop(lineUp: number): void
}

/** A change to the models of one step: bundles by key are those that are new. */
export interface Change {
  readonly step: string
  /** From those of now. */
  readonly models: (now: StepModels) => StepModels
  readonly bundles: Readonly<Record<string, Bundle>>
}

/**
 * Which models tasks are scored with. One line-up is current; a task holds the one it began with, and so does each of
 * its messages until its outcome is known, so that a message is wholly scored by one line-up, on whatever worker and
 * however often. A line-up that nobody holds any more is dropped, and workers free what no other needs.
 */
export class LineUps implements LineUpDesk {
  readonly #workers: LineUpWorkers
  #current: LineUpOffer
  #models: readonly LiveModel[]
  #next: number
  /** Models of the line-ups that are current or held. */
  readonly #modelsOf = new Map<number, readonly LiveModel[]>()
  readonly #held = new Map<number, number>()
  readonly #withdrawn = new Set<number>()
  /** Changes, one after another: several steps may follow registries. */
  #turn: Promise<unknown> = Promise.resolve()

  constructor(workers: LineUpWorkers, first: LineUpOffer, models: readonly LiveModel[]) {
    this.#workers = workers
    this.#current = first
    this.#models = models
    this.#next = first.id + 1
    this.#modelsOf.set(first.id, models)
  }

  get current(): number {
    return this.#current.id
  }

  /** The models that serve. */
  get models(): readonly LiveModel[] {
    return this.#models
  }

  /** All models that serve, with these for one step. */
  modelsWith(step: string, mine: readonly LiveModel[]): readonly LiveModel[] {
    return [...this.#models.filter((model) => model.step !== step), ...mine]
  }

  /** The models of a line-up that is current or held. */
  modelsOf(lineUp: number): readonly LiveModel[] {
    return this.#modelsOf.get(lineUp) ?? this.#models
  }

  of(step: string): StepModels {
    return this.#current.steps[step]
  }

  hold(): number {
    this.#held.set(this.current, (this.#held.get(this.current) ?? 0) + 1)
    return this.current
  }

  release(lineUp: number): void {
    const held = (this.#held.get(lineUp) ?? 0) - 1
    if (held > 0) this.#held.set(lineUp, held)
    else {
      this.#held.delete(lineUp)
      this.#dropIfDone(lineUp)
    }
  }

  withdrawn(lineUp: number): boolean {
    return this.#withdrawn.has(lineUp)
  }

  /**
   * Loads the models of a change in all workers, then makes it current.
   * @throws SpillwayError why a worker cannot take it; nothing has changed then.
   */
  change(change: Change): Promise<readonly LiveModel[]> {
    const done = this.#turn.then(async () => {
      for (;;) {
        const base = this.#current
        const offer = this.#offerOf(change)
        const models = await this.#workers.lineUp(offer)
        if (this.#current === base) {
          this.#become(offer, models)
          return models
        }
        // Something was taken back meanwhile: it must not come in again with this.
        this.#workers.drop(offer.id)
      }
    })
    this.#turn = done.catch(() => {})
    return done
  }

  /**
   * Takes the models of a step back at once, for others that are known to load: also messages that already were on
   * a worker with the withdrawn line-up are scored anew when that worker was lost.
   */
  retreat(change: Change, models: readonly LiveModel[]): void {
    this.#withdrawn.add(this.current)
    const offer = this.#offerOf(change)
    this.#workers.adopt(offer)
    this.#become(offer, models)
  }

  #offerOf({ step, models, bundles }: Change): LineUpOffer {
    const steps = { ...this.#current.steps, [step]: models(this.#current.steps[step]) }
    const used = new Set(Object.values(steps).flatMap(keysOf))
    const known = { ...this.#current.bundles, ...bundles }
    const kept = Object.fromEntries(Object.entries(known).filter(([key]) => used.has(key)))
    return { id: this.#next++, steps, bundles: kept }
  }

  #become(offer: LineUpOffer, models: readonly LiveModel[]): void {
    const before = this.#current.id
    this.#current = offer
    this.#models = models
    this.#modelsOf.set(offer.id, models)
    this.#dropIfDone(before)
  }

  #dropIfDone(lineUp: number): void {
    if (lineUp === this.current || this.#held.has(lineUp)) return
    this.#withdrawn.delete(lineUp)
    this.#modelsOf.delete(lineUp)
    this.#workers.drop(lineUp)
  }
}

const keysOf = ({ live, canary, shadow }: StepModels): string[] => [
  live,
  ...(canary === undefined ? [] : [canary.model]),
  ...(shadow === undefined ? [] : [shadow]),
]
