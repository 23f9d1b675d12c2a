import type { Value } from '../ir.js'
import { GOLDEN, HASH_KERNEL, KEPT_BITS, MULTIPLIERS, SHIFTS } from '../random.js'
import type { Recorder } from '../recorder.js'
import { kernel, type TraceKernel } from './kernel.js'

/** x >>> bits. ONNX shifts unsigned integers only, so the value takes a detour. */
function shiftRight(r: Recorder, x: Value, bits: number): Value {
  const inputs = [r.cast(x, 'uint32'), r.scalar(bits, 'uint32')]
  return r.elementwise('BitShift', inputs, 'uint32', { direction: 'RIGHT' })
}

function xorShift(r: Recorder, x: Value, bits: number): Value {
  return r.elementwise('BitwiseXor', [x, r.cast(shiftRight(r, x, bits), 'int32')])
}

/** The integer hash of random.ts; int32 products wrap around in ONNX Runtime as they do in Math.imul. */
function mix(r: Recorder, x: Value): Value {
  const first = r.elementwise('Mul', [xorShift(r, x, SHIFTS[0]), r.scalar(MULTIPLIERS[0], 'int32')])
  const second = r.elementwise('Mul', [xorShift(r, first, SHIFTS[1]), r.scalar(MULTIPLIERS[1], 'int32')])
  return xorShift(r, second, SHIFTS[2])
}

export const hashKernels: readonly TraceKernel[] = [
  kernel<{ count: number; key: number }>(HASH_KERNEL, (r, { step }, { count, key }) => {
    const golden = r.scalar(GOLDEN, 'int32')
    const moved = r.elementwise('Add', [
      r.elementwise('Mul', [r.loose(step), golden]),
      r.scalar(key, 'int32'),
    ])
    const range = [r.scalar(0, 'int32'), r.scalar(count, 'int32'), r.scalar(1, 'int32')]
    const index = r.node('Range', range, [count], 'int32')
    const counter = r.elementwise('Add', [r.elementwise('Mul', [index, golden]), mix(r, moved)])
    const bits = r.cast(shiftRight(r, mix(r, counter), 32 - KEPT_BITS), 'float32')
    return r.result(r.elementwise('Mul', [bits, r.scalar(2 ** -KEPT_BITS, 'float32')]))
  }),
]
