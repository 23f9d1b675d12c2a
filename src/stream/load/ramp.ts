/** Rates from `from` to `to`, each `factor` times the one before; the last is `to`. Events per second. */
export function ramp(from: number, to: number, factor: number): number[] {
  const rates: number[] = []
  // A hair above is the same rate: 1.25 × 0.8 is not 1 for a computer.
  for (let rate = from; rate < to * (1 - 1e-9); rate *= factor) rates.push(rate)
  return [...rates, to]
}

/** What one rate did. Seconds. */
export interface Step {
  /** Events per second asked for. */
  readonly rate: number
  /** Events per second that were sent: the part of the messages that were due, of the rate. */
  readonly sent: number
  /** Events per second whose scores were read while it was held. */
  readonly scored: number
  /** Messages sent. */
  readonly messages: number
  /** From the timestamp of a message to the moment its scores were read, of messages of this step. */
  readonly latency: { readonly p50: number; readonly p95: number; readonly p99: number; readonly max: number }
  /** Messages that the group had not committed at the end of the hold. */
  readonly lag: number
  /** Those in seconds of this rate. */
  readonly lagSeconds: number
  /** `null` when the group kept up; otherwise what it, or this command, did not manage. */
  readonly problem: string | null
}

/** The least part of a rate that must have been sent for a step to say anything about the group. */
const SENT = 0.95

/**
 * The rule of the knee: a rate is kept when it was sent (95 % of it at least), p99 of the latency is within `limit`
 * seconds, and at the end no more waits than was sent in `limit` seconds. @returns why not
 */
export function problemOf(step: Omit<Step, 'problem'>, limit: number): string | null {
  const { rate, sent, latency, lagSeconds } = step
  if (sent < SENT * rate) return 'could not be sent so fast: the limit is this command or the broker'
  if (Number.isNaN(latency.p99)) return 'no scores came'
  if (latency.p99 > limit) return `p99 above ${limit} s`
  if (lagSeconds > limit) return `${lagSeconds.toFixed(1)} s of messages wait`
  return null
}

/** The last step before the first that was not kept; `null` when there is none. */
export function knee(steps: readonly Step[]): Step | null {
  const first = steps.findIndex(({ problem }) => problem !== null)
  return (first < 0 ? steps.at(-1) : steps[first - 1]) ?? null
}
