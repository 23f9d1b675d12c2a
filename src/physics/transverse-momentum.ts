import { type Cartesian, commonLength } from './columns.js'

/** pT = √(px² + py²) of each momentum, GeV. */
export function transverseMomenta(p4: Pick<Cartesian, 'px' | 'py'>): Float64Array {
  const { px, py } = p4
  const length = commonLength('transverseMomenta', { px, py })
  const out = new Float64Array(length)
  for (let i = 0; i < length; i++) out[i] = Math.sqrt(px[i] * px[i] + py[i] * py[i])
  return out
}
