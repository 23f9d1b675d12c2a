import type { Recorder } from '../recorder.js'
import { backend_util, slice_util, type Tensor, type TensorInfo, util } from '../tf.js'
import { kernel, type TraceKernel } from './kernel.js'
import { reshaped } from './reshape.js'

/** As an end, stands for "to the end" whatever the length, so that the slice does not depend on it. */
const TO_END = Number.MAX_SAFE_INTEGER

function sliced(r: Recorder, x: TensorInfo, begin: number[], size: number[]): TensorInfo {
  const axes = x.shape
    .map((_, axis) => axis)
    .filter((axis) => begin[axis] !== 0 || size[axis] !== x.shape[axis])
  if (axes.length === 0) return r.alias(x)
  const number = r.uniformOf(x)
  if (number !== undefined) return r.uniform(number, size, x.dtype)
  const ends = axes.map((axis) => {
    const end = begin[axis] + size[axis]
    return end === x.shape[axis] ? TO_END : end
  })
  const inputs = [r.exact(x), r.sizes(axes.map((axis) => begin[axis])), r.sizes(ends), r.sizes(axes)]
  return r.result(r.node('Slice', inputs, size, x.dtype), size, x.dtype)
}

interface StridedSlice {
  begin: number[]
  end: number[]
  strides: number[]
  beginMask: number
  endMask: number
  ellipsisMask: number
  newAxisMask: number
  shrinkAxisMask: number
}

function stridedSlice(r: Recorder, x: TensorInfo, a: StridedSlice): TensorInfo {
  const info = slice_util.sliceInfo(
    x.shape,
    a.begin,
    a.end,
    a.strides,
    a.beginMask,
    a.endMask,
    a.ellipsisMask,
    a.newAxisMask,
    a.shrinkAxisMask,
  )
  const axes = info.begin.map((_, axis) => axis)
  // A reversed slice down to the first entry ends "before 0", which ONNX writes as a very negative end.
  const ends = info.end.map((end, axis) => {
    if (info.strides[axis] < 0) return end < 0 ? -TO_END : end
    return end === x.shape[axis] ? TO_END : end
  })
  const inputs = [r.exact(x), r.sizes(info.begin), r.sizes(ends), r.sizes(axes), r.sizes(info.strides)]
  const kept = r.result(r.node('Slice', inputs, info.finalShapeSparse, x.dtype))
  return reshaped(r, kept, info.finalShape)
}

type Paddings = [before: number, after: number][]

function padded(r: Recorder, x: TensorInfo, paddings: Paddings, mode: string, value?: number): TensorInfo {
  const shape = x.shape.map((dim, axis) => dim + paddings[axis][0] + paddings[axis][1])
  const amounts = r.sizes([...paddings.map(([before]) => before), ...paddings.map(([, after]) => after)])
  const inputs = [r.exact(x), amounts, ...(value === undefined ? [] : [r.scalar(value, x.dtype)])]
  return r.result(r.node('Pad', inputs, shape, x.dtype, { mode }), shape, x.dtype)
}

export const sliceKernels: readonly TraceKernel[] = [
  kernel<{ begin: number | number[]; size: number | number[] }>('Slice', (r, { x }, { begin, size }) => {
    const [starts, sizes] = slice_util.parseSliceParams(x, begin, size)
    return sliced(r, x, starts, sizes)
  }),
  kernel<StridedSlice>('StridedSlice', (r, { x }, attributes) => stridedSlice(r, x, attributes)),
  kernel<{ numOrSizeSplits: number | number[]; axis: number }>(
    'SplitV',
    (r, { x }, { numOrSizeSplits, axis }) => {
      const at = util.parseAxisParam(axis, x.shape)[0]
      const sizes = backend_util.prepareSplitSize(x as Tensor, numOrSizeSplits, at)
      if (sizes.length === 1) return [r.alias(x)]
      const outputs = sizes.map((size) => ({ dtype: r.exact(x).dtype, shape: x.shape.with(at, size) }))
      const parts = r.trace.nodes('Split', [r.exact(x), r.sizes(sizes)], outputs, {
        attributes: { axis: at },
      })
      return parts.map((part) => r.result(part))
    },
  ),
  kernel<{ paddings: Paddings; constantValue: number }>('PadV2', (r, { x }, { paddings, constantValue }) =>
    padded(r, x, paddings, 'constant', constantValue),
  ),
  kernel<{ paddings: Paddings; mode: 'reflect' | 'symmetric' }>(
    'MirrorPad',
    (r, { x }, { paddings, mode }) => {
      if (mode === 'symmetric') throw new Error('symmetric padding, which ONNX lacks')
      return padded(r, x, paddings, 'reflect')
    },
  ),
]
