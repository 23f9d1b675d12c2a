import { parentPort, workerData } from 'node:worker_threads'
import * as ort from 'onnxruntime-node'
// Not from index.js: this thread has no use for TensorFlow.js and should not load it.
import { type Arrays, type Numbers, StepRunner } from '../trace/runner.js'
import type { Answer, Envelope, Request, WorkerStart } from './messages.js'

const port = parentPort!

/**
 * Threads that wait do not spin, which would cost the processor what it does not gain; and numbers below 1e-38 count as
 * zero: the shares that a softmax gives to masked tokens are such, and arithmetic on them is tens of times slower.
 */
const runtimeOptions = { intra_op: { allow_spinning: '0' }, set_denormal_as_zero: '1' }

/** ONNX Runtime computes on the thread that calls it; this thread is that one. */
async function main(start: WorkerStart): Promise<void> {
  const options: ort.InferenceSession.SessionOptions = {
    executionProviders: [start.provider],
    ...(start.threads === undefined ? {} : { intraOpNumThreads: start.threads }),
    extra: { session: runtimeOptions },
  }
  const runner = await StepRunner.create(ort, start.graph, start.initial, options)
  const evaluation = await ort.InferenceSession.create(start.evaluation, options)
  let queue = Promise.resolve()
  port.on('message', ({ id, request }: Envelope) => {
    queue = queue.then(async () => answer({ id, ...(await outcome(runner, evaluation, request)) }))
  })
  answer({ id: 0 })
}

const answer = (message: Answer): void => port.postMessage(message)

async function outcome(
  runner: StepRunner,
  evaluation: ort.InferenceSession,
  request: Request,
): Promise<{ arrays: Arrays } | { error: string }> {
  try {
    return { arrays: await handle(runner, evaluation, request) }
  } catch (error) {
    return { error: messageOf(error) }
  }
}

async function handle(
  runner: StepRunner,
  evaluation: ort.InferenceSession,
  request: Request,
): Promise<Arrays> {
  switch (request.kind) {
    case 'step':
      return runner.step(request.batch, request.learningRate)
    case 'evaluate': {
      const outputs = await runner.evaluate(evaluation, request.batch)
      return Object.fromEntries(Object.entries(outputs).map(([name, t]) => [name, t.data as Numbers]))
    }
    case 'state':
      return runner.state()
    case 'restore':
      runner.restore(request.state)
      return {}
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

main(workerData as WorkerStart).catch((error) => answer({ id: 0, error: messageOf(error) }))
