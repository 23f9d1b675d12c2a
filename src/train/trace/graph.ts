import { asSpillwayError, SpillwayError } from '../../errors.js'
import { BACKEND_NAME, type TraceBackend } from './backend.js'
import type { AxisSources } from './builder.js'
import { withTraceGradients } from './gradients.js'
import type { Value } from './ir.js'
import { mergeRuns, type Run } from './merge.js'
import { encodeModel, type OnnxGraph } from './proto/model.js'
import { Recorder } from './recorder.js'
import { traceBackend } from './register.js'
import { placeOf, withDeepStacks } from './site.js'
import { type Point, tracePoints } from './sizes.js'
import { engine, getBackend, setBackend, Tensor, tidy } from './tf.js'
import { Trace, type TraceOptions } from './trace.js'

/** Name of a dynamic axis, or a fixed size. */
export type Dimension = number | string

export interface InputSpec {
  readonly shape: readonly Dimension[]
  /** float32 unless given. */
  readonly dtype?: 'float32' | 'int32' | 'bool'
}

export type InputSpecs = Readonly<Record<string, InputSpec>>
export type Tensors = Readonly<Record<string, Tensor>>

/** A synchronous function of named tensors. It runs several times; each run must record the same operations. */
export type TracedFunction = (inputs: Tensors) => Tensors

export interface GraphOptions {
  /** Allow operators of ONNX Runtime's own domain. Faster there; other runtimes cannot load them. */
  readonly contrib?: boolean
  /** Key-value pairs stored in the model file. */
  readonly metadata?: Readonly<Record<string, string>>
}

/** The oldest opset in which everything that the kernels record is defined as they use it. */
export const OPSET = 18
const PRODUCER = 'tfjs-onnx-trace'
/** Sets of sizes to try before a difference between runs is taken for a property of the function. */
const ATTEMPTS = 2

/**
 * Traces `fn` and returns the ONNX file. String dimensions of `inputs` are free in the result, zero included.
 * Throws TRACE_DATA_READ when `fn` reads data or does something else at another size, TRACE_UNSUPPORTED when it
 * uses what cannot be traced; both name the operation and the place in `fn`.
 */
export function traceGraph(fn: TracedFunction, inputs: InputSpecs, options: GraphOptions = {}): Uint8Array {
  const graph = recordGraph(fn, inputs, options)
  return encodeModel(graph, { opset: OPSET, producer: PRODUCER, metadata: options.metadata })
}

function recordGraph(fn: TracedFunction, inputs: InputSpecs, options: GraphOptions): OnnxGraph {
  const traceOptions = { contrib: options.contrib ?? false, sites: false }
  try {
    return recordRuns(fn, inputs, traceOptions)
  } catch (error) {
    // Once more, now noting where everything comes from, to say where it went wrong.
    withDeepStacks(() => recordRuns(fn, inputs, { ...traceOptions, sites: true }))
    throw error
  }
}

function recordRuns(fn: TracedFunction, inputs: InputSpecs, options: TraceOptions): OnnxGraph {
  const axes = axisSources(inputs)
  const infos = Object.entries(inputs).map(([name, { shape, dtype = 'float32' }]) => ({ name, shape, dtype }))
  for (let attempt = 0; ; attempt++) {
    const runs = runsAt((point) => runOnce(fn, inputs, point, options), Object.keys(axes), attempt)
    try {
      return mergeRuns(runs, infos, axes)
    } catch (error) {
      if (attempt + 1 === ATTEMPTS) throw error
    }
  }
}

/** Runs at enough points for the axes of the inputs and for those that the first run found the data to make. */
function runsAt(run: (point: Point) => Run, axes: readonly string[], attempt: number): Run[] {
  const [point, ...others] = tracePoints(axes, attempt)
  const first = run(point)
  const found = first.trace.found.map(({ name }) => name)
  if (found.length === 0) return [first, ...others.map(run)]
  return tracePoints([...axes, ...found], attempt).map(run)
}

/** Runs `fn` once on symbolic inputs of the sizes of `point`. */
function runOnce(fn: TracedFunction, specs: InputSpecs, point: Point, options: TraceOptions): Run {
  const backend = traceBackend()
  const trace = new Trace(options, point)
  const previous = activeBackend()
  setBackend(BACKEND_NAME)
  try {
    return backend.during(trace, () =>
      withTraceGradients(() => {
        const outputs = new Map<string, Value>()
        tidy(() => {
          const inputs = Object.entries(specs).map(([name, spec]) => [
            name,
            symbol(backend, name, spec, point),
          ])
          const results = checked(fn(Object.fromEntries(inputs) as Tensors), specs)
          for (const [name, tensor] of Object.entries(results))
            outputs.set(name, outputValue(backend, tensor))
        })
        return { point, trace, outputs: Object.fromEntries(outputs) }
      }),
    )
  } catch (error) {
    throw explained(error)
  } finally {
    setBackend(previous)
  }
}

function symbol(backend: TraceBackend, name: string, spec: InputSpec, point: Point): Tensor {
  const { shape, dtype = 'float32' } = spec
  const sizes = shape.map((dim) => (typeof dim === 'string' ? point[dim] : dim))
  const value = backend.trace.input(name, dtype, sizes)
  const dataId = backend.store({ kind: 'recorded', value }, dtype)
  return engine().makeTensorFromDataId(dataId, sizes, dtype, backend)
}

/** Refuses promises, single tensors and everything else that is not an object of tensors. */
function checked(results: unknown, specs: InputSpecs): Tensors {
  const entries = Object.entries(results ?? {})
  if (results instanceof Tensor || entries.length === 0 || !entries.every(([, t]) => t instanceof Tensor)) {
    throw new SpillwayError(
      'TRACE_UNSUPPORTED',
      'The traced function does not return an object of tensors.',
      {
        remedy: 'Return { name: tensor, … }, not a promise, a single tensor or a plain value.',
      },
    )
  }
  const clash = entries.find(([name]) => name in specs)
  if (clash !== undefined) {
    throw new SpillwayError('TRACE_UNSUPPORTED', `"${clash[0]}" names both an input and an output.`, {
      remedy: 'Rename one of them.',
    })
  }
  return results as Tensors
}

function outputValue(backend: TraceBackend, tensor: Tensor): Value {
  // A tensor made before tracing still lives on its own backend; cloning it through a kernel brings it here.
  const { dataId, shape, dtype } = tensor.clone()
  return new Recorder(backend).exact({ dataId, shape, dtype })
}

/** The backend to return to. Asking the engine for it chooses one, where nothing has been computed yet. */
function activeBackend(): string {
  void engine().backend
  return getBackend()
}

/** Finds for each dynamic axis an input to read it from. */
function axisSources(inputs: InputSpecs): AxisSources {
  const entries = Object.entries(inputs).flatMap(([input, { shape }]) =>
    shape.flatMap((dim, dimension) =>
      typeof dim === 'string' ? [[dim, { input, dimension }] as const] : [],
    ),
  )
  return Object.fromEntries(entries.toReversed())
}

/** Names the kernel and the place when TensorFlow.js itself refused. */
function explained(error: unknown): SpillwayError {
  if (error instanceof SpillwayError) return error
  const message = error instanceof Error ? error.message : String(error)
  const missing = /Kernel '(\w+)' not registered|registered kernel '(\w+)'/.exec(message)
  const place = error instanceof Error ? placeOf(error) : undefined
  if (missing === null) return asSpillwayError(error, 'TRACE_UNSUPPORTED', { place })
  const kernel = missing[1] ?? missing[2]
  return new SpillwayError('TRACE_UNSUPPORTED', `The kernel ${kernel} cannot be traced.`, {
    place,
    cause: error,
  })
}
