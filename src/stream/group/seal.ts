import { createHmac, scryptSync, timingSafeEqual } from 'node:crypto'
import { z } from 'zod'

/** What a sealed text is for: one of a kind is never taken for one of another. */
export type Purpose = 'order' | 'answer'

const KEY_BYTES = 32
/** Largest sealed text that is looked at [bytes]. */
const MOST_BYTES = 8_192

const Sealed = z.object({ body: z.string(), mac: z.base64() })

/**
 * Texts that only a holder of the operators' token can have written, for this pipeline: HMAC-SHA-256 under a key derived
 * from the token by scrypt, which makes guessing tokens from a recorded text slow. Texts are authentic, not secret.
 */
export class Seal {
  readonly #key: Buffer

  constructor(token: string, pipeline: string) {
    this.#key = scryptSync(token, `spillway group actions 1 ${pipeline}`, KEY_BYTES)
  }

  close(purpose: Purpose, body: string): Uint8Array {
    const mac = this.#mac(purpose, body).toString('base64')
    return new TextEncoder().encode(JSON.stringify({ body, mac }))
  }

  /** The text, or `null` where it was not sealed with this token for this purpose. */
  open(purpose: Purpose, bytes: Uint8Array): string | null {
    if (bytes.length > MOST_BYTES) return null
    try {
      const json: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
      const { body, mac } = Sealed.parse(json)
      const [found, wanted] = [Buffer.from(mac, 'base64'), this.#mac(purpose, body)]
      return found.length === wanted.length && timingSafeEqual(found, wanted) ? body : null
    } catch {
      return null
    }
  }

  #mac(purpose: Purpose, body: string): Buffer {
    return createHmac('sha256', this.#key).update(`${purpose}\n${body}`).digest()
  }
}
