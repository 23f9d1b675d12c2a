import { z } from 'zod'

/** Actions that may be asked of every process. Replaying dead letters is for one: it would send them as often as asked. */
export const GROUP_ACTIONS = ['pause', 'resume', 'promote', 'rollback'] as const
export type GroupAction = (typeof GROUP_ACTIONS)[number]

export const isGroupAction = (name: string): name is GroupAction =>
  GROUP_ACTIONS.some((action) => action === name)

/** Which process of a pipeline. */
const Sender = {
  process: z.string().min(1).max(64),
  host: z.string().max(255),
  pid: z.int().nonnegative(),
}

/** What one process asks of the others. */
export const Order = z.strictObject({
  id: z.uuid(),
  ...Sender,
  /** Seconds since 1970. */
  time: z.number().nonnegative(),
  action: z.enum(GROUP_ACTIONS),
  step: z.string().max(64).optional(),
  /** What is promoted, or taken back: nothing is done where it is another. */
  version: z.int().nonnegative().optional(),
  dry_run: z.boolean(),
})
export type Order = z.infer<typeof Order>

/** What one of them says to it. */
export const Answer = z.strictObject({
  id: z.uuid(),
  ...Sender,
  /** Whether it was done, or could be. */
  ok: z.boolean(),
  text: z.string().max(600),
})
export type Answer = z.infer<typeof Answer>

/** Oldest and youngest order that is taken, from this machine's time [s]. */
const WITHIN = 30

/** Orders that were heard: each is taken once, and none from before this process. */
export class HeardOrders {
  readonly #since: number
  #heard = new Map<string, number>()

  /** @param since Seconds since 1970. */
  constructor(since: number) {
    this.#since = since
  }

  /** Why an authentic order is not taken; `null`: take it, now. @param now Seconds since 1970. */
  refusal({ id, time }: Order, now: number): string | null {
    // Twice the span: clocks may differ either way.
    this.#heard = new Map([...this.#heard].filter(([, at]) => now - at <= 2 * WITHIN))
    if (this.#heard.has(id)) return 'it was asked before'
    this.#heard.set(id, now)
    if (Math.abs(now - time) > WITHIN)
      return `it was asked ${Math.round(now - time)} s ago, by the clock of this machine`
    return time <= this.#since ? 'it was asked before this process began' : null
  }
}
