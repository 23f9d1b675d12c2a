import type { Value } from '../ir.js'
import type { Recorder } from '../recorder.js'
import type { DataType } from '../tf.js'
import { kernel, type TraceKernel } from './kernel.js'
import { expm1, log1p } from './precise.js'

const unary = (name: string, apply: (r: Recorder, x: Value) => Value, dtype?: DataType): TraceKernel =>
  kernel(name, (r, { x }) => r.result(apply(r, r.loose(x)), x.shape, dtype ?? x.dtype))

/** Kernels with an ONNX operator of the same meaning. */
const direct: readonly (readonly [kernel: string, op: string])[] = [
  ['Abs', 'Abs'],
  ['Acos', 'Acos'],
  ['Acosh', 'Acosh'],
  ['Asin', 'Asin'],
  ['Asinh', 'Asinh'],
  ['Atan', 'Atan'],
  ['Atanh', 'Atanh'],
  ['Ceil', 'Ceil'],
  ['Cos', 'Cos'],
  ['Cosh', 'Cosh'],
  ['Elu', 'Elu'],
  ['Erf', 'Erf'],
  ['Exp', 'Exp'],
  ['Floor', 'Floor'],
  ['Log', 'Log'],
  ['Neg', 'Neg'],
  ['Reciprocal', 'Reciprocal'],
  ['Relu', 'Relu'],
  ['Round', 'Round'],
  ['Selu', 'Selu'],
  ['Sigmoid', 'Sigmoid'],
  ['Sign', 'Sign'],
  ['Sin', 'Sin'],
  ['Sinh', 'Sinh'],
  ['Softplus', 'Softplus'],
  ['Sqrt', 'Sqrt'],
  ['Tan', 'Tan'],
  ['Tanh', 'Tanh'],
]

const isNaNOf = (r: Recorder, x: Value) => r.elementwise('IsNaN', [x], 'bool')
const isInfOf = (r: Recorder, x: Value) => r.elementwise('IsInf', [x], 'bool')
const not = (r: Recorder, x: Value) => r.elementwise('Not', [x], 'bool')

export const unaryKernels: readonly TraceKernel[] = [
  ...direct.map(([name, op]) => unary(name, (r, x) => r.elementwise(op, [x]))),
  unary('Square', (r, x) => r.elementwise('Mul', [x, x])),
  unary('Rsqrt', (r, x) => r.elementwise('Reciprocal', [r.elementwise('Sqrt', [x])])),
  unary('Expm1', expm1),
  unary('Log1p', log1p),
  unary('Relu6', (r, x) => r.elementwise('Clip', [x, r.scalar(0, x.dtype), r.scalar(6, x.dtype)], x.dtype)),
  unary('LogicalNot', not, 'bool'),
  unary('IsNan', isNaNOf, 'bool'),
  unary('IsInf', isInfOf, 'bool'),
  unary('IsFinite', (r, x) => not(r, r.elementwise('Or', [isNaNOf(r, x), isInfOf(r, x)], 'bool')), 'bool'),
  kernel<{ alpha: number }>('LeakyRelu', (r, { x }, { alpha }) =>
    r.result(r.elementwise('LeakyRelu', [r.loose(x)], 'float32', { alpha: { float: alpha } }), x.shape),
  ),
  kernel('Prelu', (r, { x, alpha }) =>
    r.result(r.node('PRelu', [r.exact(x), r.loose(alpha)], x.shape, 'float32')),
  ),
  kernel<{ clipValueMin: number; clipValueMax: number }>(
    'ClipByValue',
    (r, { x }, { clipValueMin, clipValueMax }) =>
      r.result(
        r.elementwise(
          'Clip',
          [r.loose(x), r.scalar(clipValueMin, x.dtype), r.scalar(clipValueMax, x.dtype)],
          x.dtype,
        ),
        x.shape,
      ),
  ),
  kernel<{ alpha?: number }>('Step', (r, { x }, { alpha = 0 }) => {
    const positive = r.elementwise('Greater', [r.loose(x), r.scalar(0, x.dtype)], 'bool')
    const step =
      alpha === 0
        ? r.cast(positive, x.dtype)
        : r.elementwise('Where', [positive, r.scalar(1, x.dtype), r.scalar(alpha, x.dtype)], x.dtype)
    return r.result(step, x.shape)
  }),
  kernel('EluGrad', (r, { dy, y }) => {
    const slope = r.elementwise('Add', [
      r.elementwise('Min', [r.loose(y), r.scalar(0, 'float32')]),
      r.scalar(1, 'float32'),
    ])
    return r.result(r.elementwise('Mul', [r.loose(dy), slope]), dy.shape)
  }),
]
