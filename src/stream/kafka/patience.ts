import { setTimeout as sleep } from 'node:timers/promises'
import { protocolName } from './errors-of.js'

/** Answers of a coordinator that is busy with the transaction before, moves, or has just started. */
const busy: ReadonlySet<string> = new Set([
  'CONCURRENT_TRANSACTIONS',
  'GROUP_LOAD_IN_PROGRESS',
  'GROUP_COORDINATOR_NOT_AVAILABLE',
  'NOT_COORDINATOR_FOR_GROUP',
])

/** How patiently to ask. */
export interface Patience {
  /** After which no question is asked again [ms]. */
  readonly limitMs: number
  /** Wait before the second question [ms]: it doubles from one to the next, up to 50 ms. */
  readonly firstMs: number
}

/** Asks a coordinator again while it says that it is busy: of some requests kafkajs does not do so itself. */
export async function whileBusy<T>({ limitMs, firstMs }: Patience, ask: () => Promise<T>): Promise<T> {
  const end = performance.now() + limitMs
  for (let wait = firstMs; ; wait = Math.min(50, wait * 2)) {
    try {
      return await ask()
    } catch (error) {
      if (!busy.has(protocolName(error)) || performance.now() + wait > end) throw error
    }
    await sleep(wait)
  }
}
