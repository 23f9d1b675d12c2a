/** How long an answer is given again. A coordinator that has moved is found that much later at most. */
const KEEP_MS = 2_000
/** More than a connection asks for; a bound all the same. */
const MOST = 256

const FIND_COORDINATOR = 10
/** Version 0 has neither the type of the coordinator nor a throttle time; no broker of today is asked in it. */
const LEAST_VERSION = 1
/** Frames begin with their size; then, of a request: key and version of the API, correlation id; of an answer: that id. */
const REQUEST = { api: 4, version: 6, correlation: 8, question: 12 }
const ANSWER = { correlation: 4, throttle: 8, error: 12, least: 14 }

/**
 * What one connection was told about who coordinates a transactional id or a group, for a short while.
 *
 * kafkajs asks anew before every step of a transaction: four of nine requests that a commit waits for, one after
 * another, on every lane. The requests of others pass untouched, and an answer that is an error or asks to slow down
 * is not kept. The format is that of the Kafka protocol: FindCoordinator, versions 1 and 2.
 */
export class Coordinators {
  readonly #now: () => number
  readonly #known = new Map<string, { readonly answer: Buffer; readonly until: number }>()
  /** Questions under way by correlation id. */
  readonly #asked = new Map<number, string>()

  constructor(now: () => number = () => performance.now()) {
    this.#now = now
  }

  /** Sees a request that is about to be sent. @returns its answer when that is known: then it need not be */
  request(frame: Uint8Array): Buffer | null {
    const bytes = bufferOf(frame)
    if (bytes.length <= REQUEST.question || bytes.readInt16BE(REQUEST.api) !== FIND_COORDINATOR) return null
    const version = bytes.readInt16BE(REQUEST.version)
    if (version < LEAST_VERSION || version > 2) return null
    const correlation = bytes.readInt32BE(REQUEST.correlation)
    const question = `${version} ${bytes.toString('latin1', REQUEST.question)}`
    const known = this.#known.get(question)
    if (known !== undefined && known.until > this.#now()) {
      const answer = Buffer.from(known.answer)
      answer.writeInt32BE(correlation, ANSWER.correlation)
      return answer
    }
    if (this.#asked.size >= MOST) this.#asked.clear()
    this.#asked.set(correlation, question)
    return null
  }

  /** Sees an answer of the broker. */
  answer(frame: Buffer): void {
    if (this.#asked.size === 0 || frame.length < ANSWER.least) return
    const correlation = frame.readInt32BE(ANSWER.correlation)
    const question = this.#asked.get(correlation)
    if (question === undefined) return
    this.#asked.delete(correlation)
    const fine = frame.readInt16BE(ANSWER.error) === 0 && frame.readInt32BE(ANSWER.throttle) === 0
    if (!fine) return void this.#known.delete(question)
    if (this.#known.size >= MOST) this.#known.clear()
    this.#known.set(question, { answer: Buffer.from(frame), until: this.#now() + KEEP_MS })
  }
}

const bufferOf = (bytes: Uint8Array): Buffer =>
  Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
