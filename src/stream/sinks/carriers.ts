import { randomUUID } from 'node:crypto'
import type { KafkaClient } from '../kafka/port.js'
import { Carrier } from './carrier.js'

export interface CarriersOptions {
  readonly client: KafkaClient
  readonly pipeline: string
  readonly group: string
  readonly transactionTimeoutMs: number
}

/** So long lanes commit one by one after a record was too large [ms]: until its lane has found which one. */
const APART_MS = 10_000

interface Current {
  readonly carrier: Carrier
  readonly opened: Promise<void>
}

/** The carrier that the lanes of this process share, and how carriers of others are shut out. */
export class Carriers {
  readonly #options: CarriersOptions
  #current: Current | null = null
  #apartUntil = 0
  /** Names that wait to be settled. */
  readonly #unsettled = new Map<string, Promise<void>>()
  #settling: Promise<void> = Promise.resolve()

  constructor(options: CarriersOptions) {
    this.#options = options
  }

  /** Joins the carrier of this process, a new one if there is none or it is spent. @throws SINK_UNAVAILABLE */
  async board(invite: () => void): Promise<Carrier> {
    if (this.#current === null || this.#current.carrier.spent) this.#current = this.#make()
    const { carrier, opened } = this.#current
    carrier.board(invite)
    try {
      await opened
    } catch (error) {
      carrier.leave(invite)
      this.#end(carrier)
      throw error
    }
    return carrier
  }

  /** The last lane ends the carrier: whoever takes the lanes over then disturbs nobody by shutting it out. */
  leave(carrier: Carrier, invite: () => void): void {
    carrier.leave(invite)
    if (carrier.lanes === 0) this.#end(carrier)
  }

  /**
   * Shuts out whoever has the carrier of this name, and waits until its last transaction is settled. Names that wait at
   * the same time are settled once.
   * @throws SINK_UNAVAILABLE
   */
  settle(id: string): Promise<void> {
    let settled = this.#unsettled.get(id)
    if (settled === undefined) {
      settled = this.#settling.then(() => {
        // Who asks from now on asks for what is done after its own question.
        this.#unsettled.delete(id)
        return this.#shutOut(id)
      })
      this.#unsettled.set(id, settled)
      this.#settling = settled.catch(() => {})
    }
    return settled
  }

  async close(): Promise<void> {
    await this.#current?.carrier.close()
    this.#current = null
  }

  #make(): Current {
    const { pipeline, group } = this.#options
    const id = `${pipeline}-process-${randomUUID()}`
    const producer = this.#producer(id)
    const carrier = new Carrier({
      id,
      producer,
      group,
      together: () => performance.now() >= this.#apartUntil,
      refused: () => {
        this.#apartUntil = performance.now() + APART_MS
      },
    })
    return { carrier, opened: producer.init() }
  }

  async #shutOut(id: string): Promise<void> {
    const current = this.#current?.carrier
    if (current?.id === id) this.#end(current)
    const producer = this.#producer(id)
    try {
      await producer.init()
    } finally {
      await producer.close()
    }
  }

  #end(carrier: Carrier): void {
    if (this.#current?.carrier === carrier) this.#current = null
    void carrier.close()
  }

  #producer(transactionalId: string) {
    const { client, transactionTimeoutMs } = this.#options
    return client.transactional({ transactionalId, transactionTimeoutMs })
  }
}
