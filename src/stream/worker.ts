import { parentPort, workerData } from 'node:worker_threads'
import { asSpillwayError } from '../errors.js'
import { Leftovers } from './leftovers.js'
import { Processor } from './processor.js'
import { Pulse } from './pulse.js'
import { keepHeapSmall } from './small-heap.js'
import type { Hello, LineUpOffer, Outcome, Task, WorkerMessage, WorkerOrder, WorkPlan } from './work.js'

/** Entry of a worker thread: loads the models, then answers tasks one after another. */
const plan = workerData as WorkPlan
const port = parentPort!
const pulse = new Pulse(plan.pulse)
keepHeapSmall()
const say = (message: WorkerMessage, transfer: ArrayBuffer[] = []): void =>
  port.postMessage(message, transfer)

/** Around every call into ONNX Runtime: see `Pulse`. */
async function native<T>(call: () => Promise<T>): Promise<T> {
  pulse.native = true
  try {
    if (pulse.leaving) process.exit()
    return await call()
  } finally {
    pulse.native = false
    if (pulse.leaving) process.exit()
  }
}

async function work(processor: Processor, task: Task): Promise<void> {
  pulse.begin(task.id)
  const reply = await processor.process(task)
  // A reply that cannot be sent is this task's fault too: it is in progress until then.
  const spent = task.items.map(({ value }) => value.buffer as ArrayBuffer)
  say({ kind: 'reply', spent, ...reply }, [...new Set([...spent, ...reply.outcomes.flatMap(buffers)])])
  pulse.end()
}

/** A refused offer changes nothing. */
async function prepare(processor: Processor, offer: LineUpOffer): Promise<void> {
  try {
    say({ kind: 'lined-up', lineUp: offer.id, models: await processor.prepare(offer) })
  } catch (cause) {
    const { code, message, place, remedy } = asSpillwayError(cause, 'MODEL_INVALID')
    say({ kind: 'refused', lineUp: offer.id, code, message, place, remedy })
  }
}

async function drop(processor: Processor, lineUp: number, leftovers: Leftovers): Promise<void> {
  await processor.drop(lineUp)
  leftovers.clear()
}

try {
  const processor = await Processor.create(plan.config, plan.folder, native, plan.lineUps)
  // Bundles are large; from here on only the sessions made of them are needed.
  Reflect.deleteProperty(plan, 'lineUps')
  const leftovers = new Leftovers()
  let turn: Promise<void> = Promise.resolve()
  port.on('message', (order: WorkerOrder) => {
    turn = turn.then(() => {
      if ('offer' in order) {
        leftovers.add(Object.values(order.offer.bundles))
        return prepare(processor, order.offer)
      }
      return 'drop' in order ? drop(processor, order.drop, leftovers) : work(processor, order)
    })
    // What the processor throws is a defect: let the thread end, so that the task counts as lost.
    turn.catch((error: unknown) => {
      throw error
    })
  })
  say({ kind: 'ready', models: processor.models, produces: [] })
} catch (cause) {
  const { code, message, place, remedy } = asSpillwayError(cause, 'INTERNAL')
  say({ kind: 'failed', code, message, place, remedy } satisfies Hello)
}

function buffers({ scores, accepted, rejects }: Outcome): ArrayBuffer[] {
  return [scores, accepted, ...rejects.map(({ value }) => value)]
    .filter((bytes) => bytes !== null)
    .map((bytes) => bytes.buffer as ArrayBuffer)
}
