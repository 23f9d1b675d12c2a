import { toRestFrame } from './boost.js'
import { type Cartesian, commonLength } from './columns.js'

/**
 * cos θ of the helicity frame: the angle, in the rest frame of `parent`, between the flight direction of
 * `daughter` and the direction in which the parent flies in the frame where both are given (laboratory:
 * laboratory helicity). It is the variable that tells longitudinal from transverse bosons: dN/dcos θ ∝ sin² θ
 * for helicity 0 and (1 ± cos θ)² for ±1 (Bern et al., arXiv:1103.5445). Take the negative lepton of a Z, the
 * charged lepton of a W.
 *
 * In invariants cos θ = (M E − E* P⁰) / (|p*| |P|), with E* = P·p / M (Minkowski product) and
 * |p*| = √(E*² − m²), so no boost is carried out. The numerator is taken as p·P − |P|² (E + E*) / (P⁰ + M),
 * which is the same. NaN for a parent at rest or without mass.
 */
export function helicityCosines(daughter: Cartesian, parent: Cartesian): Float64Array {
  const length = commonLength('helicityCosines', { ...daughter, parent: parent.px, 'parent.e': parent.e })
  const out = new Float64Array(length)
  for (let i = 0; i < length; i++) {
    const fx = parent.px[i]
    const fy = parent.py[i]
    const fz = parent.pz[i]
    const f0 = parent.e[i]
    const x = daughter.px[i]
    const y = daughter.py[i]
    const z = daughter.pz[i]
    const e = daughter.e[i]
    const m2 = (f0 + fz) * (f0 - fz) - fx * fx - fy * fy
    const m = m2 > 0 ? Math.sqrt(m2) : Number.NaN
    const along = x * fx + y * fy + z * fz
    const rest = (e * f0 - along) / m
    const daughterM2 = (e + z) * (e - z) - x * x - y * y
    const p = Math.sqrt(Math.max(0, rest * rest - Math.max(0, daughterM2)))
    const size = Math.sqrt(fx * fx + fy * fy + fz * fz)
    // p*·P = p·P − |P|² (E + E*) / (F⁰ + M), the boost projected on the flight direction
    const projected = along - (size * size * (e + rest)) / (f0 + m)
    out[i] = clampCosine(projected / (p * size))
  }
  return out
}

/**
 * φ of the helicity frame in (−π, π]: the azimuth of `daughter` about the direction in which `parent` flies, counted from the
 * plane of beam and parent. The z axis is the flight direction, y = ẑ_beam × P̂_T, x = y × z (the reverse of the beam for a
 * parent that flies straight sideways); a boost along z leaves x and y alone, so none is needed. With `oriented` (the default) the beam is the
 * one into whose half the parent flies, as for `collinsSoper`: P_z < 0 turns x and y around. P_T = 0 leaves the plane open: that
 * of the laboratory's x axis is taken. NaN for a parent at rest.
 */
export function helicityAzimuths(
  daughter: Cartesian,
  parent: Cartesian,
  options: { readonly oriented?: boolean } = {},
): Float64Array {
  const { oriented = true } = options
  const length = commonLength('helicityAzimuths', { ...daughter, parent: parent.px, 'parent.pz': parent.pz })
  const out = new Float64Array(length)
  for (let i = 0; i < length; i++) {
    const fx = parent.px[i]
    const fy = parent.py[i]
    const fz = parent.pz[i]
    const transverse = Math.sqrt(fx * fx + fy * fy)
    const size = Math.sqrt(fx * fx + fy * fy + fz * fz)
    const ux = transverse > 0 ? fx / transverse : 1
    const uy = transverse > 0 ? fy / transverse : 0
    const sign = oriented && fz < 0 ? -1 : 1
    const x = daughter.px[i]
    const y = daughter.py[i]
    const outward = ((x * ux + y * uy) * fz - daughter.pz[i] * transverse) / size
    out[i] = Math.atan2(sign * (y * ux - x * uy), sign * outward)
  }
  return out
}

/**
 * The helicity cosine for momenta that are already seen from a third frame: cos of the angle, in the rest frame of
 * `parent`, between `daughter` and the direction opposite to `reference` (for H → Z Z: the other Z). NaN
 * where one of them is at rest there.
 */
export function cosineAwayFrom(daughter: Cartesian, parent: Cartesian, reference: Cartesian): Float64Array {
  const a = toRestFrame(daughter, parent)
  const b = toRestFrame(reference, parent)
  return a.px.map((ax, i) => {
    const dot = ax * b.px[i] + a.py[i] * b.py[i] + a.pz[i] * b.pz[i]
    const a2 = ax * ax + a.py[i] * a.py[i] + a.pz[i] * a.pz[i]
    const b2 = b.px[i] * b.px[i] + b.py[i] * b.py[i] + b.pz[i] * b.pz[i]
    return clampCosine(-dot / Math.sqrt(a2 * b2))
  })
}

/** Brings what rounding pushed past ±1 back; NaN stays NaN. */
export function clampCosine(c: number): number {
  return Math.max(-1, Math.min(1, c))
}
