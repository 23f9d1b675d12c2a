import type { Arrays, Batch, StepProgram, Tensors } from '../trace/index.js'

/** A training step together with what is computed on validation batches. */
export interface TrainProgram extends StepProgram {
  /** From weights (parameters and state) and a batch to named results; no dropout, running statistics. */
  readonly evaluate: (weights: Tensors, inputs: Tensors) => Tensors
}

/**
 * Runs the steps of one program and owns its persistent tensors (weights, running statistics, optimizer slots, the
 * step counter). Calls are done one after another in the order made; none needs to wait for the one before. A batch's
 * arrays must not change until the call that got them has settled.
 */
export interface Executor {
  readonly name: string
  /** One step on a batch at a learning rate. Gives the loss and the metrics. */
  step(batch: Batch, learningRate: number): Promise<Arrays>
  /** The program's `evaluate` on a batch with the weights of the moment. */
  evaluate(batch: Batch): Promise<Arrays>
  /** A copy of every persistent tensor: all that is needed to go on from here. */
  state(): Promise<Arrays>
  /** Replaces every persistent tensor; those left out become zero. */
  restore(state: Arrays): Promise<void>
  /** Frees threads and memory. The executor must not be used after it. */
  close(): Promise<void>
}

export interface ExecutorConfig {
  /**
   * `onnx` runs the traced step on ONNX Runtime; `tfjs` runs it with plain TensorFlow.js, slowly, as a reference;
   * the others need the optional package of that name.
   */
  readonly executor: 'onnx' | 'tfjs' | 'tfjs-node' | 'tfjs-node-gpu'
  /** For `onnx`: where to compute; cpu unless given. */
  readonly provider?: 'cpu' | 'cuda' | 'webgpu'
  /** For `onnx`: threads of one operator; the runtime's choice unless given. */
  readonly threads?: number
}
