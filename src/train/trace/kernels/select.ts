import type { Recorder } from '../recorder.js'
import { backend_util, type DataType, type TensorInfo } from '../tf.js'
import { kernel, type TraceKernel } from './kernel.js'
import { reshaped } from './reshape.js'

interface OneHot {
  depth: number
  onValue: number
  offValue: number
  dtype?: DataType
}

export const selectKernels: readonly TraceKernel[] = [
  kernel('Select', (r, { condition, t, e }) =>
    r.result(r.elementwise('Where', [r.loose(condition), r.loose(t), r.loose(e)], t.dtype), t.shape),
  ),
  kernel<OneHot>('OneHot', (r, { indices }, { depth, onValue, offValue, dtype = 'int32' }) => {
    const column = r.exact(reshaped(r, indices, [...indices.shape, 1]))
    const classes = r.trace.constant(
      Int32Array.from({ length: depth }, (_, i) => i),
      [depth],
      'int32',
    )
    const hit = r.elementwise('Equal', [r.cast(column, 'int32'), classes], 'bool')
    const values =
      onValue === 1 && offValue === 0
        ? r.cast(hit, dtype)
        : r.elementwise('Where', [hit, r.scalar(onValue, dtype), r.scalar(offValue, dtype)], dtype)
    return r.result(values, [...indices.shape, depth], dtype)
  }),
  kernel<{ side: 'left' | 'right' }>('SearchSorted', (r, { sortedSequence, values }, { side }) => {
    // The insertion point of v is the number of entries below it (left), or not above it (right).
    const [rows, length] = sortedSequence.shape
    const count = values.shape[1]
    const edges = r.exact(reshaped(r, sortedSequence, [rows, 1, length]))
    const points = r.exact(reshaped(r, values, [rows, count, 1]))
    const below = r.elementwise(side === 'left' ? 'Less' : 'LessOrEqual', [edges, points], 'bool')
    const sum = r.node('ReduceSum', [r.cast(below, 'int32'), r.sizes([2])], values.shape, 'int32', {
      keepdims: 0,
    })
    return r.result(sum)
  }),
  kernel<{ dtype: DataType }>('Cast', (r, { x }, { dtype }) => {
    const number = r.uniformOf(x)
    if (number !== undefined) return r.uniform(castNumber(number, dtype), x.shape, dtype)
    if (dtype === x.dtype) return r.alias(x)
    return r.result(r.cast(r.loose(x), dtype), x.shape, dtype)
  }),
]

function castNumber(number: number, dtype: DataType): number {
  if (dtype === 'bool') return number !== 0 ? 1 : 0
  return dtype === 'int32' ? Math.trunc(number) : number
}

export const broadcastTo = (r: Recorder, x: TensorInfo, shape: number[]): TensorInfo => {
  backend_util.assertAndGetBroadcastShape(x.shape, shape)
  return r.alias(x, shape)
}
