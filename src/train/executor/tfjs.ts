import {
  type Arrays,
  type Batch,
  type Numbers,
  persistentSpecs,
  RATE,
  runStep,
  type Tensors,
} from '../trace/index.js'
import {
  type DataType,
  dispose,
  enableProdMode,
  keep,
  scalar,
  setBackend,
  type Tensor,
  tensor,
  tidy,
  zeros,
} from '../trace/tf.js'
import type { Executor, TrainProgram } from './executor.js'

/** Runs the program's functions directly on a TensorFlow.js backend, on the calling thread. */
export async function createTfjsExecutor(
  name: string,
  backend: string,
  program: TrainProgram,
  initial: Arrays,
): Promise<Executor> {
  enableProdMode()
  await setBackend(backend)
  return new TfjsExecutor(name, backend, program, initial)
}

class TfjsExecutor implements Executor {
  readonly name: string
  readonly #backend: string
  readonly #program: TrainProgram
  #persistent: Tensors = {}
  /** Settles when the call before has: each reads what the one before wrote. */
  #queue: Promise<unknown> = Promise.resolve()

  constructor(name: string, backend: string, program: TrainProgram, initial: Arrays) {
    this.name = name
    this.#backend = backend
    this.#program = program
    this.#load(initial)
  }

  step(batch: Batch, learningRate: number): Promise<Arrays> {
    return this.#next(async () => {
      const before = this.#persistent
      const results = await this.#run(() => {
        const inputs = { ...this.#batch(batch), ...before, [RATE]: scalar(learningRate) }
        const outcome = runStep(this.#program, inputs)
        this.#persistent = kept(outcome.persistent)
        return outcome.results
      })
      dispose(before)
      return results
    })
  }

  evaluate(batch: Batch): Promise<Arrays> {
    return this.#next(() => this.#run(() => this.#program.evaluate(this.#persistent, this.#batch(batch))))
  }

  state(): Promise<Arrays> {
    return this.#next(() => readAll(this.#persistent))
  }

  restore(state: Arrays): Promise<void> {
    return this.#next(async () => {
      dispose(this.#persistent)
      this.#load(state)
    })
  }

  close(): Promise<void> {
    return this.#next(async () => {
      dispose(this.#persistent)
      this.#persistent = {}
    })
  }

  #next<T>(call: () => Promise<T>): Promise<T> {
    const result = this.#queue.then(call)
    this.#queue = result.catch(() => undefined)
    return result
  }

  async #run(fn: () => Tensors): Promise<Arrays> {
    // Another executor or a trace may have chosen another backend since the last call.
    await setBackend(this.#backend)
    const results = tidy(() => kept(fn()))
    const arrays = await readAll(results)
    dispose(results)
    return arrays
  }

  #load(state: Arrays): void {
    const entries = Object.entries(persistentSpecs(this.#program)).map(
      ([name, { shape, dtype = 'float32' }]) => {
        const source = state[name]
        const value = source ? tensor(source.slice(), [...shape], dtype) : zeros([...shape], dtype)
        return [name, keep(value)]
      },
    )
    this.#persistent = Object.fromEntries(entries) as Tensors
  }

  #batch(batch: Batch): Tensors {
    const entries = Object.entries(this.#program.inputs).map(([name, { dtype = 'float32' }]) => {
      const { data, shape } = batch[name]
      return [name, tensor(data, [...shape], dtype as DataType)] as const
    })
    return Object.fromEntries(entries)
  }
}

/** Clones, so that a result which is also an input does not share its lifetime. */
const kept = (tensors: Tensors): Tensors =>
  Object.fromEntries(Object.entries(tensors).map(([name, t]) => [name, keep(t.clone())]))

async function readAll(tensors: Tensors): Promise<Arrays> {
  const entries = Object.entries(tensors).map(async ([name, t]: [string, Tensor]) => {
    const data = (await t.data()) as Numbers
    return [name, data.slice()] as const
  })
  return Object.fromEntries(await Promise.all(entries))
}
