import type { Recorder } from '../recorder.js'
import type { TensorInfo } from '../tf.js'
import { kernel, type TraceKernel } from './kernel.js'

const along = (r: Recorder, op: 'Softmax' | 'LogSoftmax', logits: TensorInfo, axis: number): TensorInfo => {
  const at = axis < 0 ? axis + logits.shape.length : axis
  return r.result(r.node(op, [r.exact(logits)], logits.shape, 'float32', { axis: at }))
}

export const normaliseKernels: readonly TraceKernel[] = [
  kernel<{ dim: number }>('Softmax', (r, { logits }, { dim }) => along(r, 'Softmax', logits, dim)),
  kernel<{ axis: number }>('LogSoftmax', (r, { logits }, { axis }) => along(r, 'LogSoftmax', logits, axis)),
  kernel<{ varianceEpsilon: number }>(
    'FusedBatchNorm',
    (r, { x, scale, offset, mean, variance }, { varianceEpsilon }) => {
      const safe = r.elementwise('Add', [r.loose(variance), r.scalar(varianceEpsilon, 'float32')])
      const inverse = r.elementwise('Reciprocal', [r.elementwise('Sqrt', [safe])])
      const factor = scale ? r.elementwise('Mul', [inverse, r.loose(scale)]) : inverse
      const centred = r.elementwise('Sub', [r.loose(x), r.loose(mean)])
      const scaled = r.elementwise('Mul', [centred, factor])
      return r.result(offset ? r.elementwise('Add', [scaled, r.loose(offset)]) : scaled, x.shape)
    },
  ),
]
