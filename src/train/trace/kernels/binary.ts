import type { Value } from '../ir.js'
import type { Recorder } from '../recorder.js'
import { backend_util, type DataType, type TensorInfo } from '../tf.js'
import { kernel, type TraceKernel } from './kernel.js'
import { atan2 } from './precise.js'

type Arithmetic = 'Add' | 'Sub' | 'Mul' | 'Div'

const fold: Readonly<Record<Arithmetic, (a: number, b: number) => number>> = {
  Add: (a, b) => a + b,
  Sub: (a, b) => a - b,
  Mul: (a, b) => a * b,
  Div: (a, b) => a / b,
}

const outputShape = (a: TensorInfo, b: TensorInfo): number[] =>
  backend_util.assertAndGetBroadcastShape(a.shape, b.shape)

const binary = (
  name: string,
  apply: (r: Recorder, a: Value, b: Value) => Value,
  dtype?: DataType,
): TraceKernel =>
  kernel(name, (r, { a, b }) =>
    r.result(apply(r, r.loose(a), r.loose(b)), outputShape(a, b), dtype ?? a.dtype),
  )

const direct = (name: string, op: string, dtype?: DataType): TraceKernel =>
  binary(name, (r, a, b) => r.elementwise(op, [a, b], dtype ?? a.dtype), dtype)

/** Arithmetic that folds what is known and drops what changes nothing (x·1, x+0): gradients are full of it. */
const arithmetic = (name: string, op: Arithmetic): TraceKernel =>
  kernel(name, (r, { a, b }) => {
    const shape = outputShape(a, b)
    const left = r.uniformOf(a)
    const right = r.uniformOf(b)
    if (left !== undefined && right !== undefined && a.dtype === 'float32') {
      return r.uniform(Math.fround(fold[op](left, right)), shape, a.dtype)
    }
    const neutral = op === 'Add' || op === 'Sub' ? 0 : 1
    if (right === neutral) return r.alias(a, shape)
    if (left === neutral && (op === 'Add' || op === 'Mul')) return r.alias(b, shape)
    return r.result(r.elementwise(op, [r.loose(a), r.loose(b)]), shape, a.dtype)
  })

const floorDiv = (r: Recorder, a: Value, b: Value): Value => {
  const quotient = r.elementwise('Div', [r.cast(a, 'float32'), r.cast(b, 'float32')])
  return r.cast(r.elementwise('Floor', [quotient]), a.dtype)
}

/** The remainder with the sign of the divisor: C's fmod, moved by one divisor where the signs differ. */
const floorMod = (r: Recorder, a: Value, b: Value): Value => {
  const fmod = (x: Value, y: Value) => r.elementwise('Mod', [x, y], a.dtype, { fmod: 1 })
  const rest = fmod(a, b)
  const zero = r.scalar(0, a.dtype)
  const negative = (v: Value) => r.elementwise('Less', [v, zero], 'bool')
  const differ = r.elementwise('Xor', [negative(a), negative(b)], 'bool')
  return r.elementwise('Where', [differ, fmod(r.elementwise('Add', [rest, b]), b), rest], a.dtype)
}

export const binaryKernels: readonly TraceKernel[] = [
  arithmetic('Add', 'Add'),
  arithmetic('Sub', 'Sub'),
  arithmetic('Multiply', 'Mul'),
  arithmetic('RealDiv', 'Div'),
  direct('Maximum', 'Max'),
  direct('Minimum', 'Min'),
  direct('Pow', 'Pow'),
  direct('BitwiseAnd', 'BitwiseAnd'),
  direct('Equal', 'Equal', 'bool'),
  direct('Greater', 'Greater', 'bool'),
  direct('GreaterEqual', 'GreaterOrEqual', 'bool'),
  direct('Less', 'Less', 'bool'),
  direct('LessEqual', 'LessOrEqual', 'bool'),
  direct('LogicalAnd', 'And', 'bool'),
  direct('LogicalOr', 'Or', 'bool'),
  binary(
    'NotEqual',
    (r, a, b) => r.elementwise('Not', [r.elementwise('Equal', [a, b], 'bool')], 'bool'),
    'bool',
  ),
  binary('SquaredDifference', (r, a, b) => {
    const difference = r.elementwise('Sub', [a, b])
    return r.elementwise('Mul', [difference, difference])
  }),
  binary('FloorDiv', floorDiv),
  binary('Mod', floorMod),
  binary('Atan2', atan2),
  kernel('AddN', (r, inputs) => {
    const tensors = Object.values(inputs)
    const sum = tensors.map((t) => r.loose(t)).reduce((a, b) => r.elementwise('Add', [a, b]))
    return r.result(sum, tensors[0].shape, tensors[0].dtype)
  }),
]
