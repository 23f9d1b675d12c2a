import { setImmediate as nextTurn } from 'node:timers/promises'
import { asSpillwayError, SpillwayError } from '../../errors.js'
import type { InputPosition, KafkaRecord, LaneProducer } from '../kafka/port.js'

/** What one lane gives to a transaction. */
export interface Load {
  readonly records: readonly KafkaRecord[]
  readonly position: InputPosition
}

export interface CarrierOptions {
  /** The transactional id, which nobody has used before. */
  readonly id: string
  readonly producer: LaneProducer
  readonly group: string
  /** Whether several lanes may go together now. */
  readonly together: () => boolean
  /** The brokers refused a transaction of several lanes for the size of a record. */
  readonly refused: () => void
}

interface Waiting extends Load {
  readonly resolve: () => void
  readonly reject: (error: SpillwayError) => void
}

/**
 * A transaction at a time for all the lanes of a process: what a transaction costs (six round trips, and markers that
 * the brokers write) is paid once for all of them. When one lane commits, the others are invited to come along.
 *
 * After the first failure it is spent, for all its lanes, and never used again under its name: another process may
 * have shut it out to take one of the lanes over, and to open the name anew would undo that.
 */
export class Carrier {
  readonly #options: CarrierOptions
  /** What invites each lane. */
  readonly #aboard = new Set<() => void>()
  #waiting: Waiting[] = []
  #running: Promise<void> | null = null
  #spent: SpillwayError | null = null

  constructor(options: CarrierOptions) {
    this.#options = options
  }

  get id(): string {
    return this.#options.id
  }

  get spent(): boolean {
    return this.#spent !== null
  }

  /** Lanes that commit here. */
  get lanes(): number {
    return this.#aboard.size
  }

  board(invite: () => void): void {
    this.#aboard.add(invite)
  }

  leave(invite: () => void): void {
    this.#aboard.delete(invite)
  }

  /** Resolves when the load is committed; rejects as `LaneProducer.transact` does, also for the failure of others. */
  commit(load: Load): Promise<void> {
    if (this.#spent !== null) return Promise.reject(abandoned(this.#spent))
    return new Promise((resolve, reject) => {
      this.#waiting.push({ ...load, resolve, reject })
      // A turn later: who is invited calls this again. Whatever keeps it from running fails the transactions as well.
      this.#running ??= Promise.resolve()
        .then(() => this.#run())
        .catch((error: unknown) => this.#fail(error, []))
    })
  }

  /** Ends without a commit of what waits; never rejects. */
  async close(): Promise<void> {
    this.#fail(new SpillwayError('SINK_UNAVAILABLE', 'the transactions of this process have ended'), [])
    await this.#running
    await this.#options.producer.close()
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0) {
      const together = this.#options.together()
      if (together && this.#aboard.size > 1) {
        for (const invite of this.#aboard) invite()
        // Who has something done calls within this turn.
        await nextTurn()
      }
      const loads = this.#waiting.splice(0, together ? this.#waiting.length : 1)
      // None, where all were sent away meanwhile.
      if (loads.length > 0) await this.#transact(loads)
    }
    this.#running = null
  }

  async #transact(loads: readonly Waiting[]): Promise<void> {
    const { producer, group } = this.#options
    try {
      await producer.transact(
        loads.flatMap(({ records }) => records),
        { group, positions: loads.map(({ position }) => position) },
      )
    } catch (error) {
      this.#fail(error, loads)
      return
    }
    for (const { resolve } of loads) resolve()
  }

  #fail(cause: unknown, loads: readonly Waiting[]): void {
    const error = asSpillwayError(cause, 'SINK_UNAVAILABLE')
    this.#spent ??= error
    // Of several it cannot be told whose record it was: each by itself, the next time.
    const unclear = error.code === 'MESSAGE_TOO_LARGE' && loads.length > 1
    if (unclear) this.#options.refused()
    for (const { reject } of loads) reject(unclear ? abandoned(error) : error)
    for (const { reject } of this.#waiting.splice(0)) reject(abandoned(error))
  }
}

const abandoned = (cause: SpillwayError): SpillwayError =>
  new SpillwayError('SINK_UNAVAILABLE', `a transaction that lanes share has failed: ${cause.message}`, {
    place: cause.place,
    cause,
  })
