import type { Value } from '../ir.js'
import type { Recorder } from '../recorder.js'
import { backend_util, type TensorInfo } from '../tf.js'
import { kernel, type TraceKernel } from './kernel.js'

function transposeLast(r: Recorder, value: Value): Value {
  const rank = value.shape.length
  const perm = value.shape.map((_, axis) => axis)
  perm.splice(rank - 2, 2, rank - 1, rank - 2)
  return r.node(
    'Transpose',
    [value],
    perm.map((axis) => value.shape[axis]),
    'float32',
    { perm },
  )
}

/** a · b over the last two axes, either transposed, the others broadcast. */
export function product(
  r: Recorder,
  a: TensorInfo,
  b: TensorInfo,
  transposeA: boolean,
  transposeB: boolean,
): Value {
  const rows = a.shape.at(transposeA ? -1 : -2)!
  const columns = b.shape.at(transposeB ? -2 : -1)!
  const batch = backend_util.assertAndGetBroadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2))
  const shape = [...batch, rows, columns]
  const left = r.exact(a)
  const right = r.exact(b)
  if (!transposeA && !transposeB) return r.node('MatMul', [left, right], shape, 'float32')
  const transposes = { transA: transposeA ? 1 : 0, transB: transposeB ? 1 : 0 }
  if (a.shape.length === 2 && b.shape.length === 2) {
    return r.node('Gemm', [left, right], shape, 'float32', transposes)
  }
  if (r.trace.options.contrib) {
    const attributes = { ...transposes, alpha: { float: 1 } }
    return r.node('FusedMatMul', [left, right], shape, 'float32', attributes, 'com.microsoft')
  }
  const plainLeft = transposeA ? transposeLast(r, left) : left
  const plainRight = transposeB ? transposeLast(r, right) : right
  return r.node('MatMul', [plainLeft, plainRight], shape, 'float32')
}

interface Transposes {
  transposeA: boolean
  transposeB: boolean
}

interface Fused extends Transposes {
  activation?: string
  leakyreluAlpha?: number
}

/** Applies the activation that TensorFlow.js fuses into a matrix product or a convolution. */
export function activated(
  r: Recorder,
  value: Value,
  { activation = 'linear', leakyreluAlpha = 0.2 }: Omit<Fused, keyof Transposes>,
): Value {
  switch (activation) {
    case 'linear':
      return value
    case 'relu':
      return r.elementwise('Relu', [value])
    case 'elu':
      return r.elementwise('Elu', [value])
    case 'sigmoid':
      return r.elementwise('Sigmoid', [value])
    case 'leakyrelu':
      return r.elementwise('LeakyRelu', [value], 'float32', { alpha: { float: leakyreluAlpha } })
    case 'relu6':
      return r.elementwise('Clip', [value, r.scalar(0, 'float32'), r.scalar(6, 'float32')], 'float32')
    default:
      throw new Error(`a fused ${activation} activation`)
  }
}

export const matmulKernels: readonly TraceKernel[] = [
  kernel<Transposes>('BatchMatMul', (r, { a, b }, { transposeA, transposeB }) =>
    r.result(product(r, a, b, transposeA, transposeB)),
  ),
  kernel<Fused>('_FusedMatMul', (r, { a, b, bias }, { transposeA, transposeB, ...fused }) => {
    const value = product(r, a, b, transposeA, transposeB)
    const biased = bias ? r.elementwise('Add', [value, r.loose(bias)]) : value
    return r.result(activated(r, biased, fused))
  }),
]
