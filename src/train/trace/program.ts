import type { InputSpecs, Tensors } from './graph.js'
import type { Optimizer } from './optimizers/optimizer.js'
import type { Scalar, Tensor } from './tf.js'

/** A tensor that lives from step to step. */
export interface StateSpec {
  readonly shape: readonly number[]
  readonly dtype?: 'float32' | 'int32'
}

export type StateSpecs = Readonly<Record<string, StateSpec>>

/** What the loss function gets besides the batch. */
export interface StepContext {
  /** Steps done so far, int32: the counter for dropout. */
  readonly step: Scalar
}

export interface LossResult {
  readonly loss: Scalar
  /** More scalars or tensors to return from the step. */
  readonly metrics?: Tensors
  /** New values of `state` tensors (running statistics); those left out stay as they are. */
  readonly state?: Tensors
}

/**
 * A training step as pure functions: everything that lasts is named, nothing is changed in place. The same program
 * is traced into one ONNX graph or run by TensorFlow.js itself.
 */
export interface StepProgram {
  /** The batch. */
  readonly inputs: InputSpecs
  /** What is trained; float32. */
  readonly parameters: StateSpecs
  /** What is carried but not trained. */
  readonly state?: StateSpecs
  /** @param weights parameters and state, by name. */
  readonly loss: (weights: Tensors, inputs: Tensors, context: StepContext) => LossResult
  readonly optimizer: Optimizer
  /** Applied to all gradients at once before the optimizer: clipping. */
  readonly transformGradients?: (gradients: readonly Tensor[]) => readonly Tensor[]
}

/** The learning rate's name among the step's inputs, and the counter's among its state. */
export const RATE = 'learning_rate'
export const STEP = 'step'

/** Every tensor that one step hands to the next: parameters, state, the optimizer's slots and the counter. */
export function persistentSpecs(
  program: Pick<StepProgram, 'parameters' | 'state' | 'optimizer'>,
): StateSpecs {
  const { parameters, state = {}, optimizer } = program
  const slots = Object.entries(parameters).flatMap(([name, spec]) =>
    optimizer.slots.map((slot) => [slotName(name, slot), spec] as const),
  )
  const counter = [STEP, { shape: [], dtype: 'int32' }] as const
  return { ...parameters, ...state, ...Object.fromEntries([...slots, counter]) }
}

export const slotName = (parameter: string, slot: string): string => `${parameter}/${slot}`

/** The output that holds the new value of a persistent tensor. */
export const next = (name: string): string => `${name}:next`

/** A training step as one ONNX graph. */
export interface StepGraph {
  readonly bytes: Uint8Array
  /** The batch, without the learning rate. */
  readonly inputs: InputSpecs
  /** What each step reads under its name and writes as `next(name)`. */
  readonly persistent: StateSpecs
  /** Names of the other outputs: `loss` and the metrics. */
  readonly results: readonly string[]
}
