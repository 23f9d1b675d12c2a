import { type Cartesian, commonLength } from './columns.js'
import { clampCosine } from './helicity.js'

/** Angles of the first lepton in the Collins–Soper frame: cos θ in [−1, 1], φ in (−π, π]. */
export interface CollinsSoperAngles {
  readonly cosTheta: Float64Array
  readonly phi: Float64Array
}

/**
 * Collins–Soper angles of `lepton` (the negative one) in the decay of the pair `lepton` + `antilepton`
 * (Collins, Soper, Phys. Rev. D 16 (1977) 2219).
 *
 * The z axis halves the angle between beam 1 and the reverse of beam 2 in the rest frame of the pair; x
 * points along the pair's transverse momentum Q_T. A boost along the beam to Q_z = 0, then one along Q_T,
 * leads there, so the lepton's momentum is z* = (p_z Q⁰ − E Q_z) / M_T, x* = (M_T p·Q̂_T − Q_T E′) / M with
 * E′ = (E Q⁰ − p_z Q_z) / M_T and M_T² = M² + Q_T², and y* = p·(ẑ × Q̂_T). For massless leptons the cosine is
 * the familiar 2 (p₁⁺p₂⁻ − p₁⁻p₂⁺) / (M M_T). With `oriented` (the default) z, and with it y, is turned along
 * the sign of the pair's p_z, as is usual for pp collisions. Q_T = 0 leaves x open: the laboratory x axis is
 * taken. A pair without mass gives NaN.
 */
export function collinsSoper(
  lepton: Cartesian,
  antilepton: Cartesian,
  options: { readonly oriented?: boolean } = {},
): CollinsSoperAngles {
  const { oriented = true } = options
  const length = commonLength('collinsSoper', {
    ...lepton,
    antilepton: antilepton.px,
    'antilepton.e': antilepton.e,
  })
  const cosTheta = new Float64Array(length)
  const phi = new Float64Array(length)
  for (let i = 0; i < length; i++) {
    const px = lepton.px[i]
    const py = lepton.py[i]
    const pz = lepton.pz[i]
    const e = lepton.e[i]
    const qx = px + antilepton.px[i]
    const qy = py + antilepton.py[i]
    const qz = pz + antilepton.pz[i]
    const q0 = e + antilepton.e[i]
    const qt2 = qx * qx + qy * qy
    const m2 = (q0 + qz) * (q0 - qz) - qt2
    const m = m2 > 0 ? Math.sqrt(m2) : Number.NaN
    const mt = Math.sqrt(m2 + qt2)
    const sign = oriented && qz < 0 ? -1 : 1
    const qt = Math.sqrt(qt2)
    const ux = qt > 0 ? qx / qt : 1
    const uy = qt > 0 ? qy / qt : 0
    const x = (mt * (px * ux + py * uy) - (qt * (e * q0 - pz * qz)) / mt) / m
    const y = sign * (py * ux - px * uy)
    const z = (sign * (pz * q0 - e * qz)) / mt
    cosTheta[i] = clampCosine(z / Math.sqrt(x * x + y * y + z * z))
    phi[i] = Math.atan2(y, x)
  }
  return { cosTheta, phi }
}
