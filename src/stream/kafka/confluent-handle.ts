import { type Done, promised, type RdClient } from './confluent-binding.js'
import type { KafkaConfig, KafkaLog } from './port.js'

/**
 * A native client with the calls under way in it.
 *
 * The binding does each call on a thread of libuv's pool. Its `disconnect` frees the client on another one without
 * asking whether somebody is still inside (1.10.1: transactions, `seek`, `committed` and `commitCb` take no lock), a
 * second `disconnect` of a consumer runs into the first, and one during `connect` meets the one that a failed `connect`
 * does by itself. All of that writes to freed memory. So calls go through `call`, and `end` frees the client once: when
 * the last call is back.
 */
export class Handle<C extends RdClient> {
  readonly client: C
  readonly #free: (client: C, done: Done) => void
  readonly #calls = new Set<Promise<unknown>>()
  /** Rejections of promises that no call of the client would settle once it has ended. */
  readonly #waiting = new Set<(reason: Error) => void>()
  #ended: Promise<void> | undefined
  /** There is something to free. */
  #connected = false

  /** @param free The client's own `disconnect` */
  constructor(client: C, free: (client: C, done: Done) => void) {
    this.client = client
    this.#free = free
  }

  /** Whether it has not been ended: calls without a callback are for an open one only. */
  get open(): boolean {
    return this.#ended === undefined
  }

  /**
   * Connects; rejects at once when the credentials are refused, which librdkafka only logs while it tries on, and with
   * the brokers where none answers. A client that could not connect has been freed by the binding.
   */
  connect({ brokers, connectionTimeoutMs }: KafkaConfig, log: KafkaLog): Promise<void> {
    const { client } = this
    return new Promise((resolve, reject) => {
      client.on('event.log', (entry) => {
        log('debug', `librdkafka ${entry.fac}: ${entry.message}`, {})
        if (/SASL.*authentication/i.test(entry.message))
          reject(Object.assign(new Error(entry.message), { code: authenticationFailed }))
      })
      client.on('event.error', (error) => {
        log('debug', `librdkafka: ${error.message}`, { code: error.code })
        if (error.code === authenticationFailed) reject(error)
      })
      const silent = (error: unknown) => reject(Object.assign(error as Error, { broker: brokers.join(', ') }))
      this.call((done) => client.connect({ timeout: connectionTimeoutMs }, done)).then(() => {
        this.#connected = true
        resolve()
      }, silent)
    })
  }

  /** Starts a call of the client unless it has ended. */
  call<T>(start: (done: Done<T>) => void): Promise<T> {
    if (!this.open) return Promise.reject(hasEnded())
    return this.hold(promised(start))
  }

  /** The client is not freed before the promise settles: a call of another client uses it. */
  hold<T>(call: Promise<T>): Promise<T> {
    this.#calls.add(call)
    const forget = () => this.#calls.delete(call)
    call.then(forget, forget)
    return call
  }

  /** What the client's events settle; rejects when it is ended first, for they do not come any more. */
  orEnd<T>(promise: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      if (!this.open) return reject(hasEnded())
      this.#waiting.add(reject)
      const forget = () => this.#waiting.delete(reject)
      promise.then(resolve, reject).then(forget)
    })
  }

  /** Refuses further calls, waits for those under way, and frees the client. Never rejects. */
  end(): Promise<void> {
    this.#ended ??= this.#end()
    return this.#ended
  }

  async #end(): Promise<void> {
    for (const reject of this.#waiting) reject(hasEnded())
    await Promise.allSettled(this.#calls)
    if (this.#connected) await promised((done) => this.#free(this.client, done)).catch(() => undefined)
  }
}

/** RD_KAFKA_RESP_ERR__AUTHENTICATION */
const authenticationFailed = -169

const hasEnded = (): Error => new Error('the client was closed')
