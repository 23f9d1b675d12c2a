import { Worker } from 'node:worker_threads'
import { denormalsAsZero } from '#spillway/models/denormals.js'
import { onOrders, say } from './orders.mjs'

/**
 * A contestant: raw ONNX Runtime on prepared tensors, one session and one thread a worker. `argv[2]` is JSON:
 * `{ workers, model, data, rows, gather, batch, events }`. With `seconds` instead of `events` it only measures how many
 * items a second one thread scores, for finding the best chunk size.
 */
const plan = JSON.parse(process.argv[2])
await denormalsAsZero()
const workers = Array.from(
  { length: plan.workers },
  () => new Worker(new URL('./ceiling-worker.mjs', import.meta.url), { workerData: plan }),
)
let ready = 0
for (const worker of workers) {
  worker.on('message', (message) => {
    if (message.ready && ++ready === workers.length) say({ ready: true })
    if (message.done !== undefined || message.rate !== undefined) say(message)
  })
  worker.on('error', (error) => {
    console.error(error.stack)
    process.exit(1)
  })
}
onOrders({
  go: () => {
    for (const worker of workers) worker.postMessage('go')
  },
  stop: () => process.exit(0),
})
