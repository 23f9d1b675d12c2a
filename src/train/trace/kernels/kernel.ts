import type { Recorder } from '../recorder.js'
import type { NamedAttrMap, TensorInfo } from '../tf.js'

/** The named inputs of a kernel. Kernels that take a list (Concat, Pack, AddN, Einsum) get it as an array. */
export type Inputs = Readonly<Record<string, TensorInfo>>

/** Records what one TensorFlow.js kernel would compute. */
export interface TraceKernel {
  readonly name: string
  readonly record: (recorder: Recorder, inputs: Inputs, attributes: NamedAttrMap) => TensorInfo | TensorInfo[]
}

/** A kernel whose attributes have the type `A`, which TensorFlow.js documents in kernel_names. */
export function kernel<A>(
  name: string,
  record: (recorder: Recorder, inputs: Inputs, attributes: A) => TensorInfo | TensorInfo[],
): TraceKernel {
  return { name, record: (recorder, inputs, attributes) => record(recorder, inputs, attributes as A) }
}
