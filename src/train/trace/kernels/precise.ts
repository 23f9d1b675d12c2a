import type { Value } from '../ir.js'
import type { Recorder } from '../recorder.js'

/** log(1 + x) without cancellation near 0: x · log(u)/(u − 1), u = 1 + x (Kahan). ONNX has no such operator. */
export function log1p(r: Recorder, x: Value): Value {
  const one = r.scalar(1, 'float32')
  const u = r.elementwise('Add', [x, one])
  const offset = r.elementwise('Sub', [u, one])
  const log = r.elementwise('Log', [u])
  const tiny = r.elementwise('Equal', [offset, r.scalar(0, 'float32')], 'bool')
  // Where u is infinite the quotient is inf/inf, and log(u) is the answer.
  const infinite = r.elementwise('IsInf', [u], 'bool')
  const scaled = r.elementwise('Mul', [x, r.elementwise('Div', [log, offset])])
  return r.elementwise(
    'Where',
    [tiny, x, r.elementwise('Where', [infinite, log, scaled], 'float32')],
    'float32',
  )
}

/** exp(x) − 1 without cancellation near 0, as tanh(x/2) · (exp(x) + 1) while x is small. */
export function expm1(r: Recorder, x: Value): Value {
  const one = r.scalar(1, 'float32')
  const exp = r.elementwise('Exp', [x])
  const small = r.elementwise('Less', [r.elementwise('Abs', [x]), one], 'bool')
  const half = r.elementwise('Tanh', [r.elementwise('Mul', [x, r.scalar(0.5, 'float32')])])
  const near = r.elementwise('Mul', [half, r.elementwise('Add', [exp, one])])
  return r.elementwise('Where', [small, near, r.elementwise('Sub', [exp, one])], 'float32')
}

/** The angle of (x, y) in (−π, π], from Atan and the quadrant; 0 at the origin. */
export function atan2(r: Recorder, y: Value, x: Value): Value {
  const zero = r.scalar(0, 'float32')
  const isZero = (v: Value) => r.elementwise('Equal', [v, zero], 'bool')
  const negative = (v: Value) => r.elementwise('Less', [v, zero], 'bool')
  const origin = r.elementwise('And', [isZero(x), isZero(y)], 'bool')
  const safeX = r.elementwise('Where', [origin, r.scalar(1, 'float32'), x], 'float32')
  const angle = r.elementwise('Atan', [r.elementwise('Div', [y, safeX])])
  const half = r.elementwise(
    'Where',
    [negative(y), r.scalar(-Math.PI, 'float32'), r.scalar(Math.PI, 'float32')],
    'float32',
  )
  const turn = r.elementwise('Where', [negative(x), half, zero], 'float32')
  return r.elementwise('Add', [angle, turn])
}
