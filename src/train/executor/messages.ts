import type { Arrays, Batch, StepGraph } from '../trace/index.js'

/** What the worker of the onnx executor starts with. */
export interface WorkerStart {
  readonly graph: StepGraph
  readonly evaluation: Uint8Array
  readonly initial: Arrays
  readonly provider: 'cpu' | 'cuda' | 'webgpu'
  readonly threads: number | undefined
}

export type Request =
  | { readonly kind: 'step'; readonly batch: Batch; readonly learningRate: number }
  | { readonly kind: 'evaluate'; readonly batch: Batch }
  | { readonly kind: 'state' }
  | { readonly kind: 'restore'; readonly state: Arrays }

export interface Envelope {
  readonly id: number
  readonly request: Request
}

/** The answer to request `id`; the first message of a worker answers id 0, its start. */
export interface Answer {
  readonly id: number
  readonly arrays?: Arrays
  readonly error?: string
}
