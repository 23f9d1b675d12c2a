import { asSpillwayError } from '../../errors.js'
import { unwrapped } from './pool-local.js'
import { decodeReply, openQueue, type QueueAddress } from './queue.js'
import { jobId, type TrialPool } from './trial.js'

/** How often results are looked for even if the watch is silent: what is watched are hints. */
const LOOK_MS = 2_000

/**
 * Runs trials by whoever works on a queue: any number of processes on any number of machines that see the files by the
 * same paths. Results lie in the queue by job, so that a trial is not done again by an optimization that is resumed.
 * @throws SpillwayError REGISTRY_UNAVAILABLE
 */
export async function queuePool(address: QueueAddress): Promise<TrialPool> {
  const queue = await openQueue(address)
  const { jetstream, results, place } = queue
  const waiting = new Map<string, () => void>()
  const watch = await results.watch()
  void (async () => {
    for await (const { key } of watch) waiting.get(key)?.()
  })()

  async function replyTo(id: string): Promise<Uint8Array | null> {
    const entry = await results.get(id)
    return entry?.operation === 'PUT' ? entry.value : null
  }

  async function waitFor(id: string): Promise<Uint8Array> {
    for (;;) {
      const found = await replyTo(id)
      if (found !== null) return found
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, LOOK_MS)
        waiting.set(id, () => {
          clearTimeout(timer)
          resolve()
        })
      })
      waiting.delete(id)
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
      watch.stop()
      await queue.connection.close()
    },
  }
}
