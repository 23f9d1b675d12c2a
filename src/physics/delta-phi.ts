import { type Column, commonLength } from './columns.js'

const TWO_PI = 2 * Math.PI

/**
 * Difference of two azimuths, a − b, brought into [−π, π] (rad).
 * Any finite angles may be given; NaN and infinities give NaN. For |a − b| ≤ π the difference is exact.
 */
export function deltaPhi(a: number, b: number): number {
  const d = a - b
  if (d >= -Math.PI && d <= Math.PI) return d
  return d - TWO_PI * Math.round(d / TWO_PI)
}

/** {@link deltaPhi} of two columns, element by element (rad). */
export function deltaPhis(a: Column, b: Column): Float64Array {
  const length = commonLength('deltaPhis', { a, b })
  const out = new Float64Array(length)
  for (let i = 0; i < length; i++) out[i] = deltaPhi(a[i], b[i])
  return out
}
