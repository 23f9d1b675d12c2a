import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'

/** Headers of everything that the live page is made of: only its own files, in no other page. */
export const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'cache-control': 'no-store',
}

const LOOPBACK = ['localhost', '127.0.0.1', '[::1]']

/** Whether the address that the server listens on is reached from this machine alone. */
export const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || host.startsWith('127.')

/**
 * Why a request must not be answered, or `null`. On a loopback address only names of this machine are served, so that a
 * foreign name that is made to point here (DNS rebinding) reads nothing; and nothing is given to another site's page.
 */
export function refusal(headers: IncomingHttpHeaders, listensOn: string): string | null {
  const name = (headers.host ?? '').replace(/:\d+$/, '').toLowerCase()
  const known = [...LOOPBACK, listensOn, `[${listensOn}]`]
  if (isLoopback(listensOn) && !known.includes(name)) return `this server is not ${name || 'nameless'}`
  const site = headers['sec-fetch-site']
  const navigates = headers['sec-fetch-mode'] === 'navigate'
  if (site !== undefined && site !== 'same-origin' && site !== 'none' && !navigates)
    return 'requests of other sites are not answered'
  const { origin, host } = headers
  if (origin !== undefined && origin !== `http://${host}` && origin !== `https://${host}`)
    return 'requests of other origins are not answered'
  return null
}

const MOST_FAILURES = 10
const WINDOW_MS = 60_000

/** Compares tokens in constant time; after ten wrong ones in a minute it refuses all for the rest of it. */
export class TokenGuard {
  readonly #digest: Buffer
  #failures: readonly number[] = []

  constructor(token: string) {
    this.#digest = digestOf(token)
  }

  check(header: string | undefined): 'right' | 'wrong' | 'wait' {
    const now = Date.now()
    this.#failures = this.#failures.filter((time) => time > now - WINDOW_MS)
    if (this.#failures.length >= MOST_FAILURES) return 'wait'
    const token = /^Bearer (.+)$/.exec(header ?? '')?.[1] ?? ''
    if (timingSafeEqual(digestOf(token), this.#digest)) return 'right'
    this.#failures = [...this.#failures, now]
    return 'wrong'
  }
}

const digestOf = (token: string): Buffer => createHash('sha256').update(token).digest()
