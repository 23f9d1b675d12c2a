import { POSITIONS_KERNEL } from '../positions.js'
import { kernel, type TraceKernel } from './kernel.js'

/** Exists on the trace backend only. */
export const positionKernels: readonly TraceKernel[] = [
  kernel(POSITIONS_KERNEL, (r, { flags }) => {
    const found = r.trace.finding('NonZero', [r.exact(flags)])
    const shape = [found.shape[1]]
    return r.result(r.cast(r.node('Reshape', [found, r.sizes(shape)], shape, 'int64'), 'int32'))
  }),
]
