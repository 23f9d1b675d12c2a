import { Leftovers } from './leftovers.js'
import { PendingOffers } from './pending-offers.js'
import type { LineUpAnswer, LineUpOffer, LiveModel, WorkerOrder } from './work.js'

/** A worker as far as line-ups go. */
export interface Member {
  /** Line-ups that it has, or was told of. */
  readonly lineUps: Set<number>
  readonly ready: boolean
  tell(order: WorkerOrder): void
}

/** How long a worker may take to load the models of a line-up. */
const LOAD_MS = 60_000

/** The line-ups in use, and who of the workers has which. */
export class WorkerLineUps<M extends Member> {
  readonly #members: readonly M[]
  /** Whole: what a new worker begins with. */
  readonly #inUse = new Map<number, LineUpOffer>()
  readonly #pending = new PendingOffers<M>()
  readonly #leftovers: Leftovers

  /** @param members The workers, as they come and go. */
  constructor(members: readonly M[], first: LineUpOffer | undefined, leftovers = new Leftovers()) {
    this.#members = members
    this.#leftovers = leftovers
    if (first !== undefined) this.#inUse.set(first.id, first)
  }

  get inUse(): readonly LineUpOffer[] {
    return [...this.#inUse.values()]
  }

  /**
   * Makes a line-up ready in every worker, between two tasks of each. Resolves when all have it; workers that are
   * started later begin with it.
   * @throws SpillwayError why a worker cannot take it: then no worker keeps it.
   */
  async offer(offer: LineUpOffer, replace: (member: M) => void): Promise<readonly LiveModel[]> {
    const members = this.#members.filter(({ ready }) => ready)
    for (const member of members) this.#tell(member, offer)
    try {
      const models = await this.#pending.wait(offer.id, members, LOAD_MS, (late) => late.forEach(replace))
      this.adopt(offer)
      return models
    } catch (error) {
      for (const member of this.#members) forget(member, offer.id)
      throw error
    }
  }

  /** As `offer`, for one whose models are known to load: tasks may use it at once. */
  adopt(offer: LineUpOffer): void {
    this.#inUse.set(offer.id, offer)
    for (const member of this.#members) if (member.ready) this.#tell(member, offer)
  }

  drop(id: number): void {
    const bundles = this.#inUse.get(id)?.bundles ?? {}
    this.#inUse.delete(id)
    for (const member of this.#members) forget(member, id)
    const kept = new Set(this.inUse.flatMap((offer) => Object.keys(offer.bundles)))
    const gone = Object.entries(bundles).filter(([key]) => !kept.has(key))
    this.#leftovers.add(gone.map(([, bundle]) => bundle))
    this.#leftovers.clear()
  }

  /** What changed while a worker started. */
  catchUp(member: M): void {
    for (const offer of this.#inUse.values()) this.#tell(member, offer)
    for (const id of [...member.lineUps]) if (!this.#inUse.has(id)) forget(member, id)
  }

  /** @returns whether the worker must be replaced: it cannot do what the others can. */
  answer(member: M, answer: LineUpAnswer): boolean {
    this.#pending.answer(member, answer)
    return answer.kind === 'refused' && this.#inUse.has(answer.lineUp)
  }

  lost(member: M): void {
    this.#pending.lost(member)
  }

  close(): void {
    this.#pending.close()
  }

  /** With the bundles that none of the worker's line-ups has. */
  #tell(member: M, offer: LineUpOffer): void {
    if (member.lineUps.has(offer.id)) return
    const known = [...member.lineUps].flatMap((id) => Object.keys(this.#inUse.get(id)?.bundles ?? {}))
    const there = new Set(known)
    const bundles = Object.fromEntries(Object.entries(offer.bundles).filter(([key]) => !there.has(key)))
    member.lineUps.add(offer.id)
    member.tell({ offer: { ...offer, bundles } })
  }
}

/** A worker that still starts keeps what it began with until it can be told: see `catchUp`. */
function forget(member: Member, id: number): void {
  if (member.ready && member.lineUps.delete(id)) member.tell({ drop: id })
}
