import { Worker } from 'node:worker_threads'
import { SpillwayError } from '../../errors.js'
import { type Arrays, type Batch, type InputSpecs, traceGraph, traceStep } from '../trace/index.js'
import type { Executor, ExecutorConfig, TrainProgram } from './executor.js'
import type { Answer, Request, WorkerStart } from './messages.js'

/**
 * Traces the program on the calling thread and runs it with ONNX Runtime in a worker thread, so that the event loop
 * stays free while a step computes.
 */
export async function createOnnxExecutor(
  config: ExecutorConfig,
  program: TrainProgram,
  initial: Arrays,
): Promise<Executor> {
  const { provider = 'cpu', threads } = config
  const graph = traceStep(program)
  const evaluation = traceGraph((tensors) => program.evaluate(tensors, tensors), evaluationInputs(program), {
    contrib: true,
  })
  const executor = new OnnxExecutor({ graph, evaluation, initial, provider, threads })
  try {
    await executor.ready
  } catch (cause) {
    await executor.close()
    if (provider === 'cpu') throw cause
    throw new SpillwayError('PROVIDER_UNAVAILABLE', `ONNX Runtime cannot train on ${provider} here.`, {
      place: `provider: ${provider}`,
      cause,
    })
  }
  return executor
}

/** The batch, and the weights as further inputs. */
function evaluationInputs({ inputs, parameters, state = {} }: TrainProgram): InputSpecs {
  return { ...inputs, ...parameters, ...state }
}

interface Pending {
  readonly resolve: (arrays: Arrays) => void
  readonly reject: (error: Error) => void
}

class OnnxExecutor implements Executor {
  readonly name = 'onnx'
  /** Settles when the worker has loaded the graphs, or could not. */
  readonly ready: Promise<Arrays>
  readonly #worker: Worker
  readonly #pending = new Map<number, Pending>()
  #lost: Error | undefined
  #lastId = 0

  constructor(start: WorkerStart) {
    this.#worker = new Worker(new URL('./onnxWorker.js', import.meta.url), { workerData: start })
    this.ready = this.#expect(0)
    this.#worker.on('message', (answer: Answer) => this.#settle(answer))
    this.#worker.on('error', (cause) => this.#fail(cause))
    this.#worker.on('exit', (code) => this.#fail(new Error(`the worker ended with code ${code}`)))
  }

  step(batch: Batch, learningRate: number): Promise<Arrays> {
    return this.#ask({ kind: 'step', batch, learningRate })
  }

  evaluate(batch: Batch): Promise<Arrays> {
    return this.#ask({ kind: 'evaluate', batch })
  }

  state(): Promise<Arrays> {
    return this.#ask({ kind: 'state' })
  }

  async restore(state: Arrays): Promise<void> {
    await this.#ask({ kind: 'restore', state })
  }

  async close(): Promise<void> {
    await this.#worker.terminate()
  }

  #ask(request: Request): Promise<Arrays> {
    if (this.#lost) return Promise.reject(this.#lost)
    const id = ++this.#lastId
    const answer = this.#expect(id)
    this.#worker.postMessage({ id, request })
    return answer
  }

  #expect(id: number): Promise<Arrays> {
    return new Promise((resolve, reject) => this.#pending.set(id, { resolve, reject }))
  }

  #settle({ id, arrays = {}, error }: Answer): void {
    const pending = this.#pending.get(id)
    this.#pending.delete(id)
    if (error === undefined) pending?.resolve(arrays)
    else
      pending?.reject(
        new SpillwayError('INTERNAL', `ONNX Runtime refused: ${error}`, { place: 'onnx executor' }),
      )
  }

  #fail(cause: Error): void {
    this.#lost = new SpillwayError('WORKER_LOST', 'The training worker ended.', {
      place: 'onnx executor',
      cause,
    })
    for (const { reject } of this.#pending.values()) reject(this.#lost)
    this.#pending.clear()
  }
}
