import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

/** Environment for a peer of so many threads, which wait without spinning: by default they take the CPU from each other. */
export const threadsOf = (threads) => ({
  OMP_NUM_THREADS: String(threads),
  MKL_NUM_THREADS: String(threads),
  OMP_WAIT_POLICY: 'PASSIVE',
})

/**
 * Starts a peer: a process that answers every message with a line of JSON. A message is a line of JSON too, and with
 * tensors their names and shapes are in it and their float32 bytes follow (messages.py).
 */
export function startPeer(name, command, args, env) {
  const child = spawn(command, args.map(String), {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, ...env },
  })
  // A peer that is not there, or that ended, is told by the answer that does not come.
  child.on('error', () => {})
  child.stdin.on('error', () => {})
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const answer = async () => {
    const { value, done } = await lines.next()
    if (done) throw new Error(`${name} ended`)
    return JSON.parse(value)
  }
  return {
    /** What it says without being asked. */
    answer,
    /** `tensors`: name to `{ data, shape }`. */
    ask: async (message, tensors = {}) => {
      const entries = Object.entries(tensors)
      const specs = entries.map(([tensor, { shape }]) => [tensor, shape])
      child.stdin.write(`${JSON.stringify({ ...message, tensors: specs })}\n`)
      for (const [, { data }] of entries) {
        const { buffer, byteOffset, byteLength } = Float32Array.from(data)
        if (!child.stdin.write(Buffer.from(buffer, byteOffset, byteLength))) await once(child.stdin, 'drain')
      }
      return answer()
    },
    stop: () => child.kill(),
  }
}
