import type { Recorder } from '../recorder.js'
import { type DataType, type TensorInfo, util } from '../tf.js'
import { kernel, type TraceKernel } from './kernel.js'

type Axis = number | number[] | undefined

interface Reduction {
  readonly op: 'ReduceSum' | 'ReduceMean' | 'ReduceMax' | 'ReduceMin' | 'ReduceProd'
  readonly dtype: DataType
}

/**
 * Reduces some axes. A lazily broadcast input is reduced at its real size: for max, min and mean that is the
 * answer; a sum is multiplied by how often each entry would have been repeated.
 */
function reduced(
  r: Recorder,
  x: TensorInfo,
  axis: Axis,
  keepDims: boolean,
  { op, dtype }: Reduction,
): TensorInfo {
  const axes = util.parseAxisParam(axis as number | number[], x.shape)
  if (axes.length === 0) return r.alias(x)
  const keep = (shape: readonly number[]) => shape.map((dim, i) => (axes.includes(i) ? 1 : dim))
  const drop = (shape: readonly number[]) => shape.filter((_, i) => !axes.includes(i))
  const after = keepDims ? keep : drop
  const loose = r.loose(x)
  const lazy = op !== 'ReduceProd' && loose.shape.length === x.shape.length
  const value = r.cast(lazy ? loose : r.exact(x), dtype)
  const attributes = { keepdims: keepDims ? 1 : 0 }
  const result = r.node(op, [value, r.sizes(axes)], after(value.shape), dtype, attributes)
  const repeats = axes.reduce((n, a) => (value.shape[a] === x.shape[a] ? n : n * x.shape[a]), 1)
  if (op !== 'ReduceSum' || repeats === 1) return r.result(result, after(x.shape), dtype)
  return r.result(r.elementwise('Mul', [result, r.scalar(repeats, dtype)]), after(x.shape), dtype)
}

interface Axes {
  axis?: number | number[]
  reductionIndices?: number | number[]
  keepDims: boolean
}

const reduction = (name: string, op: Reduction['op'], dtypeOf: (x: DataType) => DataType): TraceKernel =>
  kernel<Axes>(name, (r, { x }, { axis, reductionIndices, keepDims }) =>
    reduced(r, x, axis ?? reductionIndices, keepDims, { op, dtype: dtypeOf(x.dtype) }),
  )

const logical = (name: string, op: Reduction['op']): TraceKernel =>
  kernel<Axes>(name, (r, { x }, { axis, keepDims }) => {
    const count = reduced(r, x, axis, keepDims, { op, dtype: 'int32' })
    return r.result(r.cast(r.loose(count), 'bool'), count.shape)
  })

const position = (name: 'ArgMax' | 'ArgMin'): TraceKernel =>
  kernel<{ axis: number }>(name, (r, { x }, { axis }) => {
    const at = util.parseAxisParam(axis, x.shape)[0]
    const shape = x.shape.toSpliced(at, 1)
    const index = r.node(name, [r.exact(x)], shape, 'int64', { axis: at, keepdims: 0 })
    return r.result(r.cast(index, 'int32'))
  })

const same = (dtype: DataType): DataType => dtype
const counted = (dtype: DataType): DataType => (dtype === 'bool' ? 'int32' : dtype)

interface Cumsum {
  axis: number
  exclusive: boolean
  reverse: boolean
}

export const reduceKernels: readonly TraceKernel[] = [
  reduction('Sum', 'ReduceSum', counted),
  reduction('Mean', 'ReduceMean', () => 'float32'),
  reduction('Max', 'ReduceMax', same),
  reduction('Min', 'ReduceMin', same),
  reduction('Prod', 'ReduceProd', counted),
  logical('Any', 'ReduceMax'),
  logical('All', 'ReduceMin'),
  position('ArgMax'),
  position('ArgMin'),
  kernel<Cumsum>('Cumsum', (r, { x }, { axis, exclusive, reverse }) => {
    const at = r.scalar(util.parseAxisParam(axis, x.shape)[0], 'int64')
    const attributes = { exclusive: exclusive ? 1 : 0, reverse: reverse ? 1 : 0 }
    return r.result(r.node('CumSum', [r.exact(x), at], x.shape, x.dtype, attributes))
  }),
]
