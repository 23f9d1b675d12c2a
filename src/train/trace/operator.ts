import { BACKEND_NAME, TraceBackend } from './backend.js'
import { kernel, type TraceKernel } from './kernels/kernel.js'
import type { Attribute } from './proto/model.js'
import { elementTypeOf } from './recorder.js'
import { type DataType, engine, findBackend, getBackend, type NamedAttrMap, type Tensor } from './tf.js'

/** An ONNX operator to be recorded as it is, with the shapes and types of its outputs. */
export interface OnnxOperator {
  readonly op: string
  readonly domain?: string
  /** Inputs in ONNX's order; undefined where an optional one is left out. */
  readonly inputs: readonly (Tensor | undefined)[]
  readonly outputs: readonly { readonly shape: readonly number[]; readonly dtype: DataType }[]
  readonly attributes?: Readonly<Record<string, Attribute>>
}

const KERNEL = 'OnnxOperator'

/** Whether a function is being traced right now (rather than computed). */
export function isTracing(): boolean {
  return getBackend() === BACKEND_NAME
}

/** Whether the trace of the moment may use operators of ONNX Runtime's own domain. */
export function contribAllowed(): boolean {
  const backend = isTracing() ? findBackend(BACKEND_NAME) : undefined
  return backend instanceof TraceBackend && backend.isTracing && backend.trace.options.contrib
}

/**
 * Records one ONNX operator that TensorFlow.js has no kernel for. Only while tracing (see `isTracing`); it has no
 * gradient of its own, so call it inside tf.customGrad, off the tape, or in functions that are not differentiated.
 */
export function recordOperator(operator: OnnxOperator): Tensor[] {
  const { inputs, ...detail } = operator
  const named = Object.fromEntries(inputs.flatMap((t, i) => (t === undefined ? [] : [[String(i), t]])))
  const attributes = { ...detail, count: inputs.length } as unknown as NamedAttrMap
  return engine().runKernel(KERNEL, named, attributes) as unknown as Tensor[]
}

type Recorded = Omit<OnnxOperator, 'inputs'> & { count: number }

/** Exists on the trace backend only. */
export const operatorKernels: readonly TraceKernel[] = [
  kernel<Recorded>(KERNEL, (r, inputs, { op, domain, outputs, attributes, count }) => {
    const values = Array.from({ length: count }, (_, i) => {
      const tensor = inputs[String(i)]
      return tensor === undefined ? undefined : r.exact(tensor)
    })
    const specs = outputs.map(({ shape, dtype }) => ({ shape, dtype: elementTypeOf(dtype) }))
    return r.trace.nodes(op, values, specs, { attributes, domain }).map((value) => r.result(value))
  }),
]
