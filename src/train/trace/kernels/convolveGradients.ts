import type { Value } from '../ir.js'
import { type Convolution, infoOf, permuted, windowAttributes } from './convolve.js'
import { kernel, type TraceKernel } from './kernel.js'

type Shape4D = [number, number, number, number]

/** The gradients of Conv2D, each again one convolution. */
export const convolveGradientKernels: readonly TraceKernel[] = [
  kernel<Convolution & { inputShape: Shape4D }>(
    'Conv2DBackpropInput',
    (r, { dy, filter }, { inputShape, ...a }) => {
      const info = infoOf(inputShape, filter.shape, a)
      const { padInfo, strideHeight, strideWidth, effectiveFilterHeight, effectiveFilterWidth } = info
      // Sizes at which the strides do not end flush leave rows that no output saw; they are padded back.
      const missingHeight =
        info.inHeight -
        (strideHeight * (info.outHeight - 1) + effectiveFilterHeight - padInfo.top - padInfo.bottom)
      const missingWidth =
        info.inWidth -
        (strideWidth * (info.outWidth - 1) + effectiveFilterWidth - padInfo.left - padInfo.right)
      const attributes = { ...windowAttributes(info), output_padding: [missingHeight, missingWidth] }
      const inputs = [permuted(r, r.exact(dy), [0, 3, 1, 2]), permuted(r, r.exact(filter), [3, 2, 0, 1])]
      const shape = [info.batchSize, info.inChannels, info.inHeight, info.inWidth]
      const value = r.node('ConvTranspose', inputs, shape, 'float32', attributes)
      return r.result(permuted(r, value, [0, 2, 3, 1]))
    },
  ),
  kernel<Convolution & { filterShape: Shape4D }>(
    'Conv2DBackpropFilter',
    (r, { x, dy }, { filterShape, ...a }) => {
      const info = infoOf(x.shape, filterShape, a)
      const { pads, strides, dilations } = windowAttributes(info)
      // Channels take the place of the batch, dy that of the filter, and stride and dilation change roles.
      const input = permuted(r, r.exact(x), [3, 0, 1, 2])
      const kernels = permuted(r, r.exact(dy), [3, 0, 1, 2])
      const extent = (size: number, axis: number, before: number, after: number, out: number) =>
        Math.floor((size + before + after - (strides[axis] * (out - 1) + 1)) / dilations[axis]) + 1
      const height = extent(info.inHeight, 0, pads[0], pads[2], info.outHeight)
      const width = extent(info.inWidth, 1, pads[1], pads[3], info.outWidth)
      const shape = [info.inChannels, info.outChannels, height, width]
      const attributes = { pads, strides: dilations, dilations: strides }
      const full: Value = r.node('Conv', [input, kernels], shape, 'float32', attributes)
      const [filterHeight, filterWidth] = filterShape
      const cropped = [info.inChannels, info.outChannels, filterHeight, filterWidth]
      const bounds = [r.sizes([0, 0]), r.sizes([filterHeight, filterWidth]), r.sizes([2, 3])]
      const value = r.node('Slice', [full, ...bounds], cropped, 'float32')
      return r.result(permuted(r, value, [2, 3, 0, 1]))
    },
  ),
]
