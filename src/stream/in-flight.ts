import type { Message } from '../ingest/message.js'
import type { Outcome } from './work.js'

/** What a message takes beside its bytes: a flood of tombstones must fill a lane as well. */
const OVERHEAD = 256
/** How much of what was learnt from earlier messages is kept at each new one. */
const KEPT = 7 / 8

/**
 * What messages take with their results, until both are committed [bytes]. Results may be many times their message, which
 * came compressed, so a message that is still to be done is counted with the results to be expected of it: as many
 * bytes for a byte as the last messages had.
 */
export class InFlightSizes {
  #messages = 0
  #results = 0

  /** Of a message with the results to be expected. */
  expected(message: Message): number {
    const growth = this.#messages === 0 ? 0 : this.#results / this.#messages
    return Math.round(messageBytes(message) * (1 + growth))
  }

  /** With the results that it has, which tell what is to be expected of others. */
  actual(message: Message, outcome: Outcome): number {
    const size = messageBytes(message)
    const results = resultBytes(outcome)
    this.#messages = this.#messages * KEPT + size
    this.#results = this.#results * KEPT + results
    return size + results
  }
}

function messageBytes({ value, key, headers }: Message): number {
  let bytes = OVERHEAD + (value?.length ?? 0) + (key?.length ?? 0)
  for (const header of headers.values()) bytes += header.length
  return bytes
}

function resultBytes({ scores, accepted, rejects }: Outcome): number {
  let bytes = (scores?.length ?? 0) + (accepted?.length ?? 0)
  for (const { value } of rejects) bytes += value?.length ?? 0
  return bytes
}
