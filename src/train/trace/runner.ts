import type { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node'
import { next, RATE, type StateSpec, type StepGraph } from './program.js'

/** The numbers of one tensor; the shape comes from the graph's specification, or for inputs from `shape`. */
export type Numbers = Float32Array | Int32Array

export interface InputArray {
  readonly data: Numbers | Uint8Array
  readonly shape: readonly number[]
}

export type Batch = Readonly<Record<string, InputArray>>
export type Arrays = Readonly<Record<string, Numbers>>

/** The part of onnxruntime-node (or -web) that is needed; handed in, so that the tracer depends on neither. */
export interface OnnxRuntime {
  readonly InferenceSession: typeof InferenceSession
  readonly Tensor: typeof OrtTensor
}

/**
 * Runs a step graph over and over. The persistent tensors live in two preallocated sets; each step reads one and
 * writes the other, so no weight is copied or allocated.
 */
export class StepRunner {
  readonly #runtime: OnnxRuntime
  readonly #session: InferenceSession
  readonly #graph: StepGraph
  #current: Record<string, OrtTensor>
  #spare: Record<string, OrtTensor>

  private constructor(runtime: OnnxRuntime, session: InferenceSession, graph: StepGraph, initial: Arrays) {
    this.#runtime = runtime
    this.#session = session
    this.#graph = graph
    this.#current = this.#allocate()
    this.#spare = this.#allocate()
    this.restore(initial)
  }

  /** @param initial persistent tensors by name; those left out (optimizer slots, the counter) start at zero. */
  static async create(
    runtime: OnnxRuntime,
    graph: StepGraph,
    initial: Arrays,
    options: InferenceSession.SessionOptions = {},
  ): Promise<StepRunner> {
    const session = await runtime.InferenceSession.create(graph.bytes, {
      graphOptimizationLevel: 'all',
      ...options,
    })
    return new StepRunner(runtime, session, graph, initial)
  }

  /** One training step. Returns the loss and the metrics. Not to be called again before it has finished. */
  async step(batch: Batch, learningRate: number): Promise<Arrays> {
    const feeds = this.#feeds(batch, learningRate)
    const fetches: Record<string, OrtTensor | null> = {}
    for (const name of this.#graph.results) fetches[name] = null
    for (const name of Object.keys(this.#graph.persistent)) fetches[next(name)] = this.#spare[name]
    const outputs = await this.#session.run(feeds, fetches)
    const before = this.#current
    this.#current = this.#spare
    this.#spare = before
    return Object.fromEntries(this.#graph.results.map((name) => [name, outputs[name].data as Numbers]))
  }

  /** A copy of the persistent tensors. */
  state(): Arrays {
    return Object.fromEntries(
      Object.entries(this.#current).map(([name, tensor]) => [name, (tensor.data as Numbers).slice()]),
    )
  }

  /** Sets the persistent tensors; those left out become zero. */
  restore(state: Arrays): void {
    for (const [name, tensor] of Object.entries(this.#current)) {
      const target = tensor.data as Numbers
      const source = state[name]
      if (source === undefined) target.fill(0)
      else target.set(source)
    }
  }

  /** Runs another graph (an evaluation) on a batch and the current persistent tensors, without changing them. */
  async evaluate(session: InferenceSession, batch: Batch): Promise<Record<string, OrtTensor>> {
    const known = new Set(session.inputNames)
    const feeds = Object.entries(this.#feeds(batch, 0)).filter(([name]) => known.has(name))
    return session.run(Object.fromEntries(feeds)) as Promise<Record<string, OrtTensor>>
  }

  async release(): Promise<void> {
    await this.#session.release()
  }

  #feeds(batch: Batch, learningRate: number): Record<string, OrtTensor> {
    const inputs = Object.entries(this.#graph.inputs).map(([name, { dtype = 'float32' }]) => {
      const { data, shape } = batch[name]
      return [name, new this.#runtime.Tensor(dtype as 'float32', data as Float32Array, [...shape])] as const
    })
    const rate = new this.#runtime.Tensor('float32', Float32Array.of(learningRate), [])
    return { ...Object.fromEntries(inputs), ...this.#current, [RATE]: rate }
  }

  #allocate(): Record<string, OrtTensor> {
    const specs = Object.entries(this.#graph.persistent)
    return Object.fromEntries(specs.map(([name, spec]) => [name, this.#zeros(spec)]))
  }

  #zeros({ shape, dtype = 'float32' }: StateSpec): OrtTensor {
    const count = shape.reduce((a, b) => a * b, 1)
    const data = dtype === 'int32' ? new Int32Array(count) : new Float32Array(count)
    return new this.#runtime.Tensor(dtype as 'float32', data as Float32Array, [...shape])
  }
}
