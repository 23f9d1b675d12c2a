import { sizeOf } from '../ir.js'
import type { Recorder } from '../recorder.js'
import { type TensorInfo, util } from '../tf.js'
import { kernel, type TraceKernel } from './kernel.js'
import { reshaped } from './reshape.js'
import { broadcastTo } from './select.js'

const axisOf = (axis: number, rank: number): number => (axis < 0 ? axis + rank : axis)

function transposed(r: Recorder, x: TensorInfo, perm: number[]): TensorInfo {
  const shape = perm.map((axis) => x.shape[axis])
  if (perm.every((axis, i) => axis === i)) return r.alias(x)
  if (r.uniformOf(x) !== undefined) return r.reinterpret(x, shape)
  const loose = r.loose(x)
  const value = loose.shape.length === x.shape.length ? loose : r.exact(x)
  const inner = perm.map((axis) => value.shape[axis])
  return r.result(r.node('Transpose', [value], inner, x.dtype, { perm }), shape, x.dtype)
}

function concatenated(r: Recorder, tensors: readonly TensorInfo[], axis: number): TensorInfo {
  // Empty tensors contribute nothing and may have another rank; the sizes traced with are never zero.
  const parts = tensors.filter((t) => sizeOf(t.shape) > 0)
  if (parts.length === 0) return r.alias(tensors[0])
  if (parts.length === 1) return r.alias(parts[0])
  const length = parts.reduce((sum, t) => sum + t.shape[axis], 0)
  const shape = parts[0].shape.with(axis, length)
  const values = parts.map((t) => r.exact(t))
  return r.result(r.node('Concat', values, shape, parts[0].dtype, { axis }), shape, parts[0].dtype)
}

/** Repeats whole axes. Repeating an axis of length one is a broadcast and costs nothing. */
function tiled(r: Recorder, x: TensorInfo, reps: readonly number[]): TensorInfo {
  const shape = x.shape.map((dim, axis) => dim * reps[axis])
  const onlyBroadcasts = x.shape.every((dim, axis) => reps[axis] === 1 || dim === 1)
  if (onlyBroadcasts || r.uniformOf(x) !== undefined) return r.alias(x, shape)
  return r.result(r.node('Tile', [r.exact(x), r.sizes(reps)], shape, x.dtype), shape, x.dtype)
}

export const layoutKernels: readonly TraceKernel[] = [
  kernel<{ perm: number[] }>('Transpose', (r, { x }, { perm }) => transposed(r, x, perm)),
  kernel<{ axis: number }>('Concat', (r, inputs, { axis }) => {
    const tensors = Object.values(inputs)
    return concatenated(r, tensors, axisOf(axis, tensors[0].shape.length))
  }),
  kernel<{ axis: number }>('Pack', (r, inputs, { axis }) => {
    const tensors = Object.values(inputs)
    const at = axisOf(axis, tensors[0].shape.length + 1)
    const rows = tensors.map((t) => reshaped(r, t, t.shape.toSpliced(at, 0, 1)))
    return concatenated(r, rows, at)
  }),
  kernel<{ axis: number }>('Unpack', (r, { value }, { axis }) => {
    const at = axisOf(axis, value.shape.length)
    const shape = value.shape.toSpliced(at, 1)
    const whole = r.exact(value)
    return Array.from({ length: value.shape[at] }, (_, i) =>
      r.result(r.node('Gather', [whole, r.scalar(i, 'int64')], shape, value.dtype, { axis: at })),
    )
  }),
  kernel<{ reps: number[] }>('Tile', (r, { x }, { reps }) => tiled(r, x, reps)),
  kernel<{ shape: number[] }>('BroadcastTo', (r, { x }, { shape }) => broadcastTo(r, x, shape)),
  kernel<{ blockSize: number; dataFormat: string }>('DepthToSpace', (r, { x }, { blockSize, dataFormat }) => {
    if (dataFormat !== 'NHWC') throw new Error(`data format ${dataFormat}`)
    const [batch, height, width, depth] = x.shape
    const channels = depth / (blockSize * blockSize)
    const blocks = reshaped(r, x, [batch, height, width, blockSize, blockSize, channels])
    const mixed = transposed(r, blocks, [0, 1, 3, 2, 4, 5])
    return reshaped(r, mixed, [batch, height * blockSize, width * blockSize, channels])
  }),
  kernel<{ dims: number | number[] }>('Reverse', (r, { x }, { dims }) => {
    const axes = util.parseAxisParam(dims, x.shape)
    if (axes.length === 0) return r.alias(x)
    const all = (value: number) => r.sizes(axes.map(() => value))
    const inputs = [r.exact(x), all(-1), all(Number.MIN_SAFE_INTEGER), r.sizes(axes), all(-1)]
    return r.result(r.node('Slice', inputs, x.shape, x.dtype), x.shape, x.dtype)
  }),
]
