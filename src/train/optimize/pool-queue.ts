import { asSpillwayError } from '../../errors.js'
import { unwrapped } from './pool-local.js'
import { decodeReply, openQueue, type QueueAddress } from './queue.js'
import { watchQueue } from './queue-watch.js'
import { jobId, type TrialPool } from './trial.js'

/** How often results are looked for even if the watch is silent: what is watched are hints. */
const LOOK_MS = 2_000

export interface QueuePoolOptions {
  /** So many trials wait, and there is no worker. */
  readonly onNobody?: (trials: number) => void
  /** How often the workers are looked for, ms. */
  readonly lookMs?: number
}

interface Waiting {
  readonly look: () => void
  readonly fail: (error: unknown) => void
}

/**
 * Runs trials by whoever works on a queue: any number of processes on any number of machines that see the files by the
 * same paths. Results lie in the queue by job, so that a trial is not done again by an optimization that is resumed.
 * @throws SpillwayError REGISTRY_UNAVAILABLE; `run` also WORKER_LOST, when workers die of a trial
 */
export async function queuePool(address: QueueAddress, options: QueuePoolOptions = {}): Promise<TrialPool> {
  const { onNobody = () => {}, lookMs } = options
  const queue = await openQueue(address)
  const { jetstream, results, place } = queue
  const waiting = new Map<string, Waiting>()
  const watch = await results.watch()
  void (async () => {
    for await (const { key } of watch) waiting.get(key)?.look()
  })()
  const endWatch = await watchQueue(queue, {
    waiting: () => waiting.size,
    onNobody,
    onLost: (error) => {
      for (const { fail } of waiting.values()) fail(error)
    },
    ...(lookMs !== undefined && { lookMs }),
  })

  async function replyTo(id: string): Promise<Uint8Array | null> {
    const entry = await results.get(id)
    return entry?.operation === 'PUT' ? entry.value : null
  }

  /** Resolves when there may be a result. @throws SpillwayError WORKER_LOST when there will be none */
  async function nextLook(id: string): Promise<void> {
    let timer: NodeJS.Timeout | undefined
    try {
      await new Promise<void>((look, fail) => {
        timer = setTimeout(look, LOOK_MS)
        waiting.set(id, { look, fail })
      })
    } finally {
      clearTimeout(timer)
      waiting.delete(id)
    }
  }

  async function waitFor(id: string): Promise<Uint8Array> {
    for (;;) {
      const found = await replyTo(id)
      if (found !== null) return found
      await nextLook(id)
    }
  }

  return {
    width: null,
    async run(job) {
      const id = jobId(job)
      try {
        const known = await replyTo(id)
        if (known !== null) return unwrapped(decodeReply(known))
        await jetstream.publish(queue.subject(id), new TextEncoder().encode(JSON.stringify(job)), {
          msgID: id,
        })
        return unwrapped(decodeReply(await waitFor(id)))
      } catch (cause) {
        throw asSpillwayError(cause, 'REGISTRY_UNAVAILABLE', { place })
      }
    },
    async close() {
      endWatch()
      watch.stop()
      await queue.connection.close()
    },
  }
}
