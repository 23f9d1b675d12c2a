import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { NatsConnection } from 'nats'
import { asSpillwayError } from '../../errors.js'
import { Answer, HeardOrders, Order } from './orders.js'
import { type Purpose, Seal } from './seal.js'

export interface DeskOptions {
  readonly pipeline: string
  /** What operators have; the same for every process of the group. */
  readonly token: string
  readonly self: { readonly process: string; readonly host: string; readonly pid: number }
  /** Does in this process what another was asked. @returns one sentence. @throws why not */
  readonly run: (order: Order) => Promise<string>
  /** Told of what was done for another. */
  readonly notice: (text: string) => void
}

export type Asked = Pick<Order, 'action' | 'step' | 'version' | 'dry_run'>

/** How long the others have [ms]. */
const PATIENCE_MS = 10_000
/** Messages that are looked at in a second; a flood costs no more than that. */
const MOST_A_SECOND = 1_000

/** Somebody waits for answers. */
interface Waiting {
  readonly answers: Map<string, Answer>
  readonly expected: ReadonlySet<string>
  readonly done: () => void
}

/**
 * Carries actions between the processes of a pipeline over NATS. Each order and each answer is sealed with the operators'
 * token: without it nothing is done, and nobody is answered. An order is taken once, within 30 s.
 */
export class GroupDesk {
  readonly #options: DeskOptions
  readonly #seal: Seal
  readonly #heard = new HeardOrders(Date.now() / 1e3)
  readonly #waiting = new Map<string, Waiting>()
  #connection: NatsConnection | null = null
  #second = 0
  #read = 0

  constructor(options: DeskOptions) {
    this.#options = options
    this.#seal = new Seal(options.token, options.pipeline)
  }

  /** Hears orders and answers on a connection, in place of the one before. */
  listen(connection: NatsConnection): void {
    this.#connection = connection
    const hear = (purpose: Purpose, take: (body: string) => void): void => {
      connection.subscribe(this.#subject(purpose), {
        callback: (error, { data }) => {
          const body = error === null && this.#hasTime() ? this.#seal.open(purpose, data) : null
          if (body !== null) take(body)
        },
      })
    }
    hear('order', (body) => void this.#take(body))
    hear('answer', (body) => this.#collect(body))
  }

  /**
   * Asks the others, and waits until all that are expected have answered, or ten seconds.
   * @param expected Processes that were heard lately; others may answer too.
   */
  async ask(asked: Asked, expected: readonly string[]): Promise<readonly Answer[]> {
    const id = randomUUID()
    const answers = new Map<string, Answer>()
    const patience = new AbortController()
    this.#waiting.set(id, { answers, expected: new Set(expected), done: () => patience.abort() })
    this.#send('order', { id, ...this.#options.self, time: Date.now() / 1e3, ...asked })
    const wait = expected.length === 0 ? 0 : PATIENCE_MS
    await sleep(wait, undefined, { signal: patience.signal }).catch(() => {})
    this.#waiting.delete(id)
    return [...answers.values()]
  }

  async #take(body: string): Promise<void> {
    const order = parsed(Order, body)
    const { self, run, notice } = this.#options
    if (order === null || order.process === self.process) return
    const answer = (ok: boolean, text: string): void =>
      this.#send('answer', { id: order.id, ...self, ok, text: text.slice(0, 600) })
    const why = this.#heard.refusal(order, Date.now() / 1e3)
    if (why !== null) return answer(false, why)
    try {
      const done = await run(order)
      if (!order.dry_run) notice(`operator, at ${order.host} ${order.pid}: ${done}`)
      answer(true, done)
    } catch (cause) {
      answer(false, asSpillwayError(cause, 'INTERNAL').message)
    }
  }

  #collect(body: string): void {
    const answer = parsed(Answer, body)
    const waiting = answer === null ? undefined : this.#waiting.get(answer.id)
    if (answer === null || waiting === undefined) return
    waiting.answers.set(answer.process, answer)
    if ([...waiting.expected].every((process) => waiting.answers.has(process))) waiting.done()
  }

  #send(purpose: Purpose, what: Order | Answer): void {
    try {
      this.#connection?.publish(this.#subject(purpose), this.#seal.close(purpose, JSON.stringify(what)))
    } catch {
      // The connection has ended: whoever waits is told that there was no answer.
    }
  }

  #subject(purpose: Purpose): string {
    return `spillway.${this.#options.pipeline}.actions.${purpose}s`
  }

  #hasTime(): boolean {
    const second = Math.floor(Date.now() / 1e3)
    if (second !== this.#second) this.#read = 0
    this.#second = second
    return this.#read++ < MOST_A_SECOND
  }
}

/** What a sealed text holds; `null` where it is of another release. */
function parsed<T>(schema: { safeParse(value: unknown): { data?: T } }, body: string): T | null {
  try {
    return schema.safeParse(JSON.parse(body)).data ?? null
  } catch {
    return null
  }
}
