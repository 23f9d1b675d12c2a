// A worker as Spillway's own that also tells what it holds, and how many sessions, when it is asked.
import { BroadcastChannel } from 'node:worker_threads'
import { InferenceSession } from 'onnxruntime-node'
import { collector, holding } from './heaps.mjs'

let sessions = 0
const { create } = InferenceSession
InferenceSession.create = async (...args) => {
  const session = await create.apply(InferenceSession, args)
  sessions++
  const { release } = session
  session.release = async () => {
    await release.call(session)
    sessions--
  }
  return session
}
const gc = collector()
const channel = new BroadcastChannel('swaps')
channel.onmessage = ({ data: { collect } }) => {
  if (collect === undefined) return
  const start = performance.now()
  if (collect) gc()
  channel.postMessage({ sessions, ms: performance.now() - start, ...holding() })
}
channel.unref()
await import('../../dist/stream/worker.js')
