import type { Tensors } from '../graph.js'
import type { Scalar, Tensor } from '../tf.js'

/** The number of the step (float32, from 1) and its learning rate. */
export interface Tempo {
  readonly step: Scalar
  readonly rate: Scalar
}

/** An update rule as a pure function of tensors, so that it can be traced. */
export interface Optimizer {
  readonly name: string
  /** Names of the tensors kept per parameter, of its shape, zero at first. */
  readonly slots: readonly string[]
  /** Scalars that all parameters of one step share (bias corrections); computed once. */
  readonly prepare: (tempo: Tempo) => Tensors
  readonly update: (weight: Tensor, gradient: Tensor, slots: Tensors, shared: Tensors) => Updated
}

export interface Updated {
  readonly weight: Tensor
  readonly slots: Tensors
}
