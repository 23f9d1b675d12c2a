import { type Cartesian, type Cartesian64, commonLength, emptyCartesian } from './columns.js'

/**
 * Each four-momentum as seen in the rest frame of the `frame` momentum beside it (GeV).
 *
 * With M² = F², the energy there is E′ = (E F⁰ − p·F) / M and the momentum p′ = p − F (E + E′) / (F⁰ + M): a
 * pure boost, axes not turned (Jackson, Classical Electrodynamics, section 11.3). In this form a fast frame
 * loses no digits to γ. A frame without mass (M² ≤ 0) has no rest: NaN.
 */
export function toRestFrame(p4: Cartesian, frame: Cartesian): Cartesian64 {
  const length = commonLength('toRestFrame', { ...p4, frame: frame.px, 'frame.e': frame.e })
  const out = emptyCartesian(length)
  for (let i = 0; i < length; i++) {
    const fx = frame.px[i]
    const fy = frame.py[i]
    const fz = frame.pz[i]
    const f0 = frame.e[i]
    const m2 = (f0 + fz) * (f0 - fz) - fx * fx - fy * fy
    const m = m2 > 0 ? Math.sqrt(m2) : Number.NaN
    const energy = p4.e[i]
    const there = (energy * f0 - p4.px[i] * fx - p4.py[i] * fy - p4.pz[i] * fz) / m
    const k = (energy + there) / (f0 + m)
    out.px[i] = p4.px[i] - k * fx
    out.py[i] = p4.py[i] - k * fy
    out.pz[i] = p4.pz[i] - k * fz
    out.e[i] = there
  }
  return out
}

/**
 * The inverse of {@link toRestFrame}: momenta given in the rest frame of `frame`, as seen where `frame` is
 * measured.
 */
export function fromRestFrame(p4: Cartesian, frame: Cartesian): Cartesian64 {
  const back = {
    px: frame.px.map((x) => -x),
    py: frame.py.map((y) => -y),
    pz: frame.pz.map((z) => -z),
    e: frame.e,
  }
  return toRestFrame(p4, back)
}
