import { sameShape, type Value } from '../ir.js'
import type { Recorder } from '../recorder.js'
import { type TensorInfo, util } from '../tf.js'
import { kernel, type TraceKernel } from './kernel.js'

/** The tensor under another shape of the same size. A reshape of a reshape is one reshape. */
export function reshaped(r: Recorder, x: TensorInfo, shape: readonly number[]): TensorInfo {
  if (sameShape(x.shape, shape)) return r.alias(x)
  const { kind } = r.content(x)
  if (kind !== 'recorded') return r.reinterpret(x, shape)
  const value = r.loose(x)
  // A value that is smaller than its tensor stays so when only dimensions of size one come or go.
  if (value.shape.length === 0) return r.result(value, shape, x.dtype)
  const root = beforeReshapes(r.exact(x))
  if (sameShape(root.shape, shape)) return r.result(root, shape, x.dtype)
  return r.result(r.node('Reshape', [root, r.sizes(shape)], shape, x.dtype), shape, x.dtype)
}

function beforeReshapes(value: Value): Value {
  const { item } = value
  if (item.kind !== 'node' || item.op !== 'Reshape') return value
  return beforeReshapes(item.inputs[0]!)
}

export const reshapeKernels: readonly TraceKernel[] = [
  kernel<{ shape: number[] }>('Reshape', (r, { x }, { shape }) =>
    reshaped(r, x, util.inferFromImplicitShape(shape, util.sizeFromShape(x.shape))),
  ),
  kernel<{ dim: number }>('ExpandDims', (r, { input }, { dim }) => {
    const axis = dim < 0 ? input.shape.length + dim + 1 : dim
    return reshaped(r, input, input.shape.toSpliced(axis, 0, 1))
  }),
  kernel('Identity', (r, { x }) => r.alias(x)),
]
