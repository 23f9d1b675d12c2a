import { sizeOf, type Value } from '../ir.js'
import type { Recorder } from '../recorder.js'
import { type TensorInfo, util } from '../tf.js'
import { kernel, type TraceKernel } from './kernel.js'
import { reshaped } from './reshape.js'

/**
 * The k largest of the last axis and where they are. ONNX Runtime's CPU TopK ends the process (a division by zero)
 * when there are no rows, as in an empty batch; so one row is added and taken off again.
 */
function topK(r: Recorder, x: TensorInfo, k: number, sorted: boolean): TensorInfo[] {
  const length = x.shape.at(-1)!
  const rows = sizeOf(x.shape.slice(0, -1))
  const matrix = r.exact(reshaped(r, x, [rows, length]))
  const amounts = r.sizes([0, 0, 1, 0])
  const padded = r.node('Pad', [matrix, amounts, r.scalar(0, x.dtype)], [rows + 1, length], x.dtype)
  const shape = [rows + 1, k]
  const [values, indices] = r.trace.nodes(
    'TopK',
    [padded, r.sizes([k])],
    [
      { dtype: padded.dtype, shape },
      { dtype: 'int64', shape },
    ],
    { attributes: { axis: 1, largest: 1, sorted: sorted ? 1 : 0 } },
  )
  const taken = (value: Value): TensorInfo => {
    const inputs = [value, r.sizes([0]), r.sizes([-1]), r.sizes([0])]
    const kept = r.result(r.node('Slice', inputs, [rows, k], value.dtype))
    return reshaped(r, kept, x.shape.with(-1, k))
  }
  return [taken(values), taken(r.cast(indices, 'int32'))]
}

export const topKKernels: readonly TraceKernel[] = [
  kernel<{ k: number; sorted: boolean }>('TopK', (r, { x }, { k, sorted }) => {
    util.assert(k <= x.shape.at(-1)!, () => `the ${k} largest of ${x.shape.at(-1)} entries`)
    return topK(r, x, k, sorted)
  }),
]
