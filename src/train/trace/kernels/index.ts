import { binaryKernels } from './binary.js'
import { convolveKernels } from './convolve.js'
import { convolveGradientKernels } from './convolveGradients.js'
import { createKernels } from './create.js'
import { einsumKernels } from './einsum.js'
import { gatherKernels } from './gather.js'
import type { TraceKernel } from './kernel.js'
import { layoutKernels } from './layout.js'
import { matmulKernels } from './matmul.js'
import { normaliseKernels } from './normalise.js'
import { reduceKernels } from './reduce.js'
import { reshapeKernels } from './reshape.js'
import { selectKernels } from './select.js'
import { sliceKernels } from './slice.js'
import { topKKernels } from './topk.js'
import { unaryKernels } from './unary.js'

/** Every TensorFlow.js kernel that can be traced. */
export const traceKernels: readonly TraceKernel[] = [
  ...unaryKernels,
  ...binaryKernels,
  ...selectKernels,
  ...createKernels,
  ...reshapeKernels,
  ...layoutKernels,
  ...sliceKernels,
  ...reduceKernels,
  ...topKKernels,
  ...normaliseKernels,
  ...matmulKernels,
  ...einsumKernels,
  ...gatherKernels,
  ...convolveKernels,
  ...convolveGradientKernels,
]
