import type { JsMsg } from 'nats'
import type { TrialReply } from './pool-local.js'
import { ACK_WAIT_MS, encodeReply, openQueue, type QueueAddress } from './queue.js'
import { jobId, type TrialJob } from './trial.js'

export interface TrialWorkerOptions {
  readonly address: QueueAddress
  /** Throws when this machine could not do the trial; another worker is given it, and this one ends. */
  readonly run: (job: TrialJob) => Promise<TrialReply>
  /** Ends the worker when the trial that is running is done. */
  readonly signal: AbortSignal
  /** Ends it too when there was nothing to do for so long; never when absent. */
  readonly idleMs?: number
  readonly onTrial?: (job: TrialJob, seconds: number) => void
}

/** How long one request for work waits. */
const PULL_MS = 5_000

/**
 * Takes trials from a queue, one at a time, and puts their results there. A trial is acknowledged after its result is
 * stored: when this process dies, another worker is given it. What goes wrong in a trial is its result.
 * @returns how many were done
 * @throws SpillwayError REGISTRY_UNAVAILABLE, and what `run` throws
 */
export async function workOn(options: TrialWorkerOptions): Promise<number> {
  const { address, run, signal, idleMs, onTrial } = options
  const queue = await openQueue(address)
  const consumer = await queue.jetstream.consumers.get(queue.stream, queue.durable)
  let done = 0
  let last = performance.now()
  try {
    while (!signal.aborted && (idleMs === undefined || performance.now() - last < idleMs)) {
      const message = await consumer.next({ expires: Math.max(1_000, Math.min(PULL_MS, idleMs ?? PULL_MS)) })
      if (message === null) continue
      const job = message.json<TrialJob>()
      const began = performance.now()
      const reply = await alive(message, () => run(job))
      await queue.results.put(jobId(job), encodeReply(reply))
      await message.ackAck()
      done++
      last = performance.now()
      onTrial?.(job, (last - began) / 1e3)
    }
  } finally {
    // A message that was given back must reach the server before the connection ends.
    await queue.connection.drain().catch(() => queue.connection.close())
  }
  return done
}

/** Says now and then that the work goes on, so that it is not given to another. */
async function alive<T>(message: JsMsg, work: () => Promise<T>): Promise<T> {
  const timer = setInterval(() => message.working(), ACK_WAIT_MS / 4)
  try {
    return await work()
  } catch (error) {
    message.nak()
    throw error
  } finally {
    clearInterval(timer)
  }
}
