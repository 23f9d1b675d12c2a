import { SpillwayError } from '../../errors.js'
import type { TrialQueue } from './queue.js'

/** How often the queue is looked at; what is said or ended needs two looks that agree. */
const LOOK_MS = 10_000
/** Said again after so many looks. */
const AGAIN = 12

export interface QueueWatchOptions {
  /** Trials that somebody waits for here. */
  readonly waiting: () => number
  /** So many trials wait, and no worker asks for any. */
  readonly onNobody: (trials: number) => void
  /** No trial is in the queue or with a worker: what is still waited for never comes. */
  readonly onLost: (error: SpillwayError) => void
  readonly lookMs?: number
}

/**
 * Watches the workers of a queue on behalf of the one who leads, who would otherwise wait without a word: for ever when
 * there are none, and when workers died of a trial as often as it is given out. @returns how to end it
 */
export async function watchQueue(queue: TrialQueue, options: QueueWatchOptions): Promise<() => void> {
  const { waiting, onNobody, onLost, lookMs = LOOK_MS } = options
  const manager = await queue.connection.jetstreamManager()
  let [nobody, lost] = [0, 0]

  async function look(): Promise<void> {
    const trials = waiting()
    // A server that is away says nothing about workers; the connection comes back by itself.
    const info =
      trials === 0 ? null : await manager.consumers.info(queue.stream, queue.durable).catch(() => null)
    const resting = info !== null && info.num_ack_pending === 0
    nobody = resting && info.num_pending > 0 && info.num_waiting === 0 ? nobody + 1 : 0
    lost = resting && info.num_pending === 0 ? lost + 1 : 0
    if (nobody > 1 && nobody % AGAIN === 2) onNobody(trials)
    if (lost > 1) onLost(lostTrials(queue.place))
  }

  const timer = setInterval(() => void look(), lookMs)
  return () => clearInterval(timer)
}

const lostTrials = (place: string): SpillwayError =>
  new SpillwayError('WORKER_LOST', 'every worker that was given this trial ended before it was done', {
    place,
    remedy:
      'See the logs of the workers (memory, time limits of their jobs); give them more, then resume with --resume.',
  })
