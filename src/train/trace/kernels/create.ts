import type { Recorder } from '../recorder.js'
import { type DataType, type TensorInfo, util } from '../tf.js'
import { kernel, type TraceKernel } from './kernel.js'
import { reshaped } from './reshape.js'

/** start, start + step, … below stop; the length may depend on the dynamic axes. */
function range(
  r: Recorder,
  start: number,
  stop: number,
  step: number,
  dtype: 'float32' | 'int32',
): TensorInfo {
  const length = Math.max(0, Math.ceil((stop - start) / step))
  const inputs = [r.scalar(start, dtype), r.scalar(stop, dtype), r.scalar(step, dtype)]
  return r.result(r.node('Range', inputs, [length], dtype))
}

/** A matrix with `x` on its diagonal: x where row equals column, else 0. */
function diagonal(r: Recorder, x: TensorInfo): TensorInfo {
  const length = util.sizeFromShape(x.shape)
  const index = range(r, 0, length, 1, 'int32')
  const rows = r.loose(reshaped(r, index, [length, 1]))
  const same = r.elementwise('Equal', [rows, r.loose(index)], 'bool')
  const row = r.exact(reshaped(r, x, [1, length]))
  const matrix = r.elementwise('Where', [same, row, r.scalar(0, x.dtype)], x.dtype)
  return reshaped(r, r.result(matrix), [...x.shape, ...x.shape])
}

interface Fill {
  shape: number[]
  value: number
  dtype?: DataType
}

interface Range {
  start: number
  stop: number
  step: number
  dtype: 'float32' | 'int32'
}

interface LinSpace {
  start: number
  stop: number
  num: number
}

export const createKernels: readonly TraceKernel[] = [
  kernel<Fill>('Fill', (r, _, { shape, value, dtype = 'float32' }) => r.uniform(Number(value), shape, dtype)),
  kernel('ZerosLike', (r, { x }) => r.uniform(0, x.shape, x.dtype)),
  kernel('OnesLike', (r, { x }) => r.uniform(1, x.shape, x.dtype)),
  kernel<Range>('Range', (r, _, { start, stop, step, dtype }) => range(r, start, stop, step, dtype)),
  kernel<LinSpace>('LinSpace', (r, _, { start, stop, num }) => {
    const step = num > 1 ? (stop - start) / (num - 1) : 0
    const index = r.cast(r.loose(range(r, 0, num, 1, 'int32')), 'float32')
    const offset = r.elementwise('Mul', [index, r.scalar(step, 'float32')])
    return r.result(r.elementwise('Add', [offset, r.scalar(start, 'float32')]))
  }),
  kernel('Diag', (r, { x }) => diagonal(r, x)),
]
