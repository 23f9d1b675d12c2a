import { SpillwayError } from '../../errors.js'
import { type GraphOptions, type InputSpec, type Tensors, traceGraph } from './graph.js'
import { next, persistentSpecs, RATE, STEP, type StepGraph, type StepProgram, slotName } from './program.js'
import { add, cast, engine, keep, type Scalar, scalar, type Tensor, zerosLike } from './tf.js'

/**
 * Traces forward pass, gradients and optimizer as one graph. Inputs: the batch, `learning_rate`, and every
 * persistent tensor; outputs: `loss`, the metrics, and every persistent tensor's next value.
 * Throws as traceGraph does.
 */
export function traceStep(program: StepProgram, options: GraphOptions = {}): StepGraph {
  const persistent = plain(persistentSpecs(program))
  checkNames(program, persistent)
  const results: string[] = []
  const fn = (tensors: Tensors): Tensors => {
    const outcome = runStep(program, tensors)
    results.splice(0, results.length, ...Object.keys(outcome.results))
    const renamed = Object.entries(outcome.persistent).map(([name, tensor]) => [next(name), tensor])
    return { ...outcome.results, ...Object.fromEntries(renamed) }
  }
  const inputs = { ...program.inputs, ...persistent, [RATE]: { shape: [] } }
  const bytes = traceGraph(fn, inputs, { contrib: true, ...options })
  return { bytes, inputs: plain(program.inputs), persistent, results: [...results] }
}

export interface StepOutcome {
  /** `loss` and the metrics. */
  readonly results: Tensors
  readonly persistent: Tensors
}

/**
 * One step on tensors: the batch, the learning rate and the persistent tensors by name. Computes on whatever
 * backend is active; traced, it becomes the graph.
 */
export function runStep(program: StepProgram, tensors: Tensors): StepOutcome {
  const { optimizer, transformGradients } = program
  const names = Object.keys(program.parameters)
  const { outcome, gradients } = differentiate(program, names, tensors)
  const { state, metrics, loss } = outcome
  const transformed = transformGradients ? transformGradients(gradients) : gradients
  const step = add(tensors[STEP], scalar(1, 'int32'))
  const shared = optimizer.prepare({
    step: cast(step, 'float32') as Scalar,
    rate: tensors[RATE] as Scalar,
  })
  const persistent: Record<string, Tensor> = { ...pick(program.state ?? {}, tensors), ...state, [STEP]: step }
  names.forEach((name, i) => {
    const slots = Object.fromEntries(optimizer.slots.map((slot) => [slot, tensors[slotName(name, slot)]]))
    const updated = optimizer.update(tensors[name], transformed[i], slots, shared)
    persistent[name] = updated.weight
    for (const [slot, tensor] of Object.entries(updated.slots)) persistent[slotName(name, slot)] = tensor
  })
  return { results: { loss, ...metrics }, persistent }
}

function differentiate(program: StepProgram, names: readonly string[], tensors: Tensors) {
  const side: { metrics?: Tensors; state?: Tensors } = {}
  const weights = names.map((name) => tensors[name])
  const loss = (): Tensor => {
    const trained = Object.fromEntries(names.map((name, i) => [name, weights[i]]))
    const all = { ...pick(program.state ?? {}, tensors), ...trained }
    const context = { step: tensors[STEP] as Scalar }
    const result = program.loss(all, pick(program.inputs, tensors), context)
    // The engine disposes what the forward pass leaves behind, except for what is kept.
    side.metrics = kept(result.metrics)
    side.state = kept(result.state)
    return result.loss
  }
  // Not tf.grads: a parameter that a loss does not use has the gradient zero and is no error.
  const { value, grads } = engine().gradients(loss, weights, undefined, true)
  const gradients = grads.map((gradient, i) => gradient ?? zerosLike(weights[i]))
  const outcome = { loss: value as Scalar, metrics: released(side.metrics), state: released(side.state) }
  return { outcome, gradients }
}

const kept = (tensors: Tensors = {}): Tensors =>
  Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, keep(tensor.clone())]))

/** Hands kept tensors back to the scope of the caller. */
function released(tensors: Tensors = {}): Tensors {
  return Object.fromEntries(
    Object.entries(tensors).map(([name, tensor]) => {
      const scoped = tensor.clone()
      tensor.dispose()
      return [name, scoped]
    }),
  )
}

/** Shapes and types only, so that a graph can be sent to another thread whatever else the specifications hold. */
function plain<T extends InputSpec>(
  specs: Readonly<Record<string, T>>,
): Record<string, Pick<T, 'shape' | 'dtype'>> {
  return Object.fromEntries(Object.entries(specs).map(([name, { shape, dtype }]) => [name, { shape, dtype }]))
}

const pick = (specs: object, tensors: Tensors): Tensors =>
  Object.fromEntries(Object.keys(specs).map((name) => [name, tensors[name]]))

function checkNames(program: StepProgram, persistent: object): void {
  const clash = [...Object.keys(program.inputs), RATE].find((name) => name in persistent)
  if (clash === undefined) return
  throw new SpillwayError('TRACE_UNSUPPORTED', `"${clash}" names both an input and a persistent tensor.`, {
    remedy: 'Rename one of them.',
  })
}
