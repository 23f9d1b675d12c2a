import type { Value } from '../ir.js'
import type { Recorder } from '../recorder.js'
import { backend_util, type TensorInfo } from '../tf.js'
import { kernel, type TraceKernel } from './kernel.js'
import { activated } from './matmul.js'
import { reshaped } from './reshape.js'

type Shape4D = [number, number, number, number]
type Info = ReturnType<typeof backend_util.computeConv2DInfo>
type Pad = Parameters<typeof backend_util.computeConv2DInfo>[4]
type Pair = number | [number, number]

export interface Convolution {
  strides: Pair
  pad: Pad
  dataFormat?: 'NHWC' | 'NCHW'
  dilations?: Pair
  dimRoundingMode?: 'floor' | 'round' | 'ceil'
}

const TO_NCHW = [0, 3, 1, 2]
const TO_NHWC = [0, 2, 3, 1]
/** TensorFlow keeps filters as [height, width, in, out], ONNX as [out, in, height, width]. */
const FILTER = [3, 2, 0, 1]

export const permuted = (r: Recorder, value: Value, perm: readonly number[]): Value =>
  r.node(
    'Transpose',
    [value],
    perm.map((axis) => value.shape[axis]),
    value.dtype,
    { perm },
  )

/** Sizes, strides and paddings of a convolution as TensorFlow.js understands its attributes. */
export function infoOf(
  x: readonly number[],
  filter: readonly number[],
  a: Convolution,
  depthwise = false,
): Info {
  if (a.dataFormat === 'NCHW') throw new Error('data format NCHW')
  const { strides, pad, dilations = 1, dimRoundingMode } = a
  return backend_util.computeConv2DInfo(
    x as Shape4D,
    filter as Shape4D,
    strides,
    dilations,
    pad,
    dimRoundingMode,
    depthwise,
    'channelsLast',
  )
}

export function windowAttributes(info: Info) {
  const { padInfo, strideHeight, strideWidth, dilationHeight, dilationWidth } = info
  return {
    pads: [padInfo.top, padInfo.left, padInfo.bottom, padInfo.right],
    strides: [strideHeight, strideWidth],
    dilations: [dilationHeight, dilationWidth],
  }
}

/** [batch, height, width, channels] of the output, with the channels first. */
export const outputNCHW = (info: Info): number[] => TO_NCHW.map((axis) => info.outShape[axis])

function conv2d(r: Recorder, x: TensorInfo, filter: TensorInfo, a: Convolution): Value {
  const info = infoOf(x.shape, filter.shape, a)
  const inputs = [permuted(r, r.exact(x), TO_NCHW), permuted(r, r.exact(filter), FILTER)]
  const value = r.node('Conv', inputs, outputNCHW(info), 'float32', windowAttributes(info))
  return permuted(r, value, TO_NHWC)
}

function depthwise(r: Recorder, x: TensorInfo, filter: TensorInfo, a: Convolution): Value {
  const info = infoOf(x.shape, filter.shape, a, true)
  const [height, width, channels, multiplier] = filter.shape
  const perChannel = r.result(permuted(r, r.exact(filter), [2, 3, 0, 1]))
  const kernels = r.exact(reshaped(r, perChannel, [channels * multiplier, 1, height, width]))
  const attributes = { ...windowAttributes(info), group: channels }
  const inputs = [permuted(r, r.exact(x), TO_NCHW), kernels]
  return permuted(r, r.node('Conv', inputs, outputNCHW(info), 'float32', attributes), TO_NHWC)
}

const pool = (name: 'MaxPool' | 'AvgPool'): TraceKernel =>
  kernel<{ filterSize: Pair } & Convolution>(
    name,
    (r, { x }, { filterSize, strides, pad, dimRoundingMode }) => {
      const info = backend_util.computePool2DInfo(
        x.shape as Shape4D,
        filterSize,
        strides,
        1,
        pad,
        dimRoundingMode,
      )
      const { dilations: _, ...window } = windowAttributes(info)
      const attributes = {
        ...window,
        kernel_shape: [info.effectiveFilterHeight, info.effectiveFilterWidth],
      }
      const op = name === 'MaxPool' ? name : 'AveragePool'
      const input = permuted(r, r.exact(x), TO_NCHW)
      const value = r.node(op, [input], outputNCHW(info), 'float32', attributes)
      return r.result(permuted(r, value, TO_NHWC))
    },
  )

const fused = (name: string, apply: typeof conv2d): TraceKernel =>
  kernel<Convolution & { activation?: string; leakyreluAlpha?: number }>(
    name,
    (r, { x, filter, bias }, attributes) => {
      const value = apply(r, x, filter, attributes)
      const biased = bias ? r.elementwise('Add', [value, r.loose(bias)]) : value
      return r.result(activated(r, biased, attributes))
    },
  )

export const convolveKernels: readonly TraceKernel[] = [
  kernel<Convolution>('Conv2D', (r, { x, filter }, a) => r.result(conv2d(r, x, filter, a))),
  kernel<Convolution>('DepthwiseConv2dNative', (r, { x, filter }, a) => r.result(depthwise(r, x, filter, a))),
  fused('FusedConv2D', conv2d),
  fused('FusedDepthwiseConv2D', depthwise),
  pool('MaxPool'),
  pool('AvgPool'),
]
