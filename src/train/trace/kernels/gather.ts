import { sizeOf, type Value } from '../ir.js'
import type { Recorder } from '../recorder.js'
import { type TensorInfo, util } from '../tf.js'
import { kernel, type TraceKernel } from './kernel.js'
import { reshaped } from './reshape.js'

const toInt64 = (r: Recorder, value: Value): Value => r.cast(value, 'int64')

/**
 * Adds rows of `updates` ([count, width]) at `ids` ([count]) into zeros of [rows, width].
 * ScatterElements, never ScatterND: ONNX Runtime's CPU ScatterND(add) loses updates with several threads.
 */
function scatterAdd(
  r: Recorder,
  ids: Value,
  updates: Value,
  rows: number,
  dtype: TensorInfo['dtype'],
): Value {
  const [count, width] = updates.shape
  const column = r.node('Reshape', [ids, r.sizes([count, 1])], [count, 1], 'int64')
  const spread = r.node('Expand', [column, r.sizes([count, width])], [count, width], 'int64')
  const attributes = { axis: 0, reduction: 'add' }
  const zeros = r.zeros([rows, width], dtype)
  return r.node('ScatterElements', [zeros, spread, updates], [rows, width], dtype, attributes)
}

interface GatherV2 {
  axis: number
  batchDims?: number
}

function gather(
  r: Recorder,
  x: TensorInfo,
  indices: TensorInfo,
  { axis, batchDims = 0 }: GatherV2,
): TensorInfo {
  const at = util.parseAxisParam(axis, x.shape)[0]
  const shape = [...x.shape.slice(0, at), ...indices.shape.slice(batchDims), ...x.shape.slice(at + 1)]
  if (batchDims === 0) {
    const value = r.node('Gather', [r.exact(x), r.exact(indices)], shape, x.dtype, { axis: at })
    return r.result(value, shape, x.dtype)
  }
  if (batchDims !== at) throw new Error('a gather whose axis is not its number of batch dimensions')
  const tuples = toInt64(r, r.exact(reshaped(r, indices, [...indices.shape, 1])))
  const value = r.node('GatherND', [r.exact(x), tuples], shape, x.dtype, { batch_dims: batchDims })
  return r.result(value, shape, x.dtype)
}

/** The row number that each index tuple ([..., k]) names in a tensor of the given leading dimensions. */
function flatIndex(r: Recorder, indices: TensorInfo, leading: readonly number[]): Value {
  const strides = leading.map((_, axis) => sizeOf(leading.slice(axis + 1)))
  const weights = r.sizes(strides)
  const weighted = r.elementwise('Mul', [toInt64(r, r.exact(indices)), weights])
  const shape = indices.shape.slice(0, -1)
  const last = indices.shape.length - 1
  return r.node('ReduceSum', [weighted, r.sizes([last])], shape, 'int64', { keepdims: 0 })
}

export const gatherKernels: readonly TraceKernel[] = [
  kernel<GatherV2>('GatherV2', (r, { x, indices }, attributes) => gather(r, x, indices, attributes)),
  kernel('GatherNd', (r, { params, indices }) => {
    const depth = indices.shape.at(-1)!
    const shape = [...indices.shape.slice(0, -1), ...params.shape.slice(depth)]
    const value = r.node('GatherND', [r.exact(params), toInt64(r, r.exact(indices))], shape, params.dtype)
    return r.result(value, shape, params.dtype)
  }),
  kernel<{ numSegments: number }>('UnsortedSegmentSum', (r, { x, segmentIds }, { numSegments }) => {
    const idRank = segmentIds.shape.length
    const inner = x.shape.slice(idRank)
    const updates = r.exact(reshaped(r, x, [sizeOf(x.shape.slice(0, idRank)), sizeOf(inner)]))
    const sum = scatterAdd(r, toInt64(r, r.exact(segmentIds)), updates, numSegments, x.dtype)
    return reshaped(r, r.result(sum), [numSegments, ...inner])
  }),
  kernel<{ shape: number[] }>('ScatterNd', (r, { indices, updates }, { shape }) => {
    const depth = indices.shape.at(-1)!
    const leading = shape.slice(0, depth)
    const count = sizeOf(indices.shape.slice(0, -1))
    const rows = r.exact(reshaped(r, updates, [count, sizeOf(shape.slice(depth))]))
    const sum = scatterAdd(r, flatIndex(r, indices, leading), rows, sizeOf(leading), updates.dtype)
    return reshaped(r, r.result(sum), shape)
  }),
  kernel('TensorScatterUpdate', (r, { tensor, indices, updates }) => {
    // Plain ScatterND overwrites and never adds; like TensorFlow it leaves repeated indices undefined.
    const inputs = [r.exact(tensor), toInt64(r, r.exact(indices)), r.exact(updates)]
    return r.result(r.node('ScatterND', inputs, tensor.shape, tensor.dtype))
  }),
]
