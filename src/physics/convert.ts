import {
  type Cartesian,
  type Cartesian64,
  commonLength,
  emptyCartesian,
  type PtEtaPhiE,
  type PtEtaPhiM,
} from './columns.js'
import { mass } from './mass.js'
import { polarToCartesian } from './polar.js'
import { pseudorapidity } from './pseudorapidity.js'

/**
 * Cartesian components from pT, η, φ and mass: px = pT cos φ, py = pT sin φ, pz = pT sinh η,
 * E = √(pT² cosh² η + m²). A negative mass stands for −√(−m²) and lowers the energy (as ROOT does).
 */
export function fromPtEtaPhiM(p4: PtEtaPhiM): Cartesian64 {
  const length = commonLength('fromPtEtaPhiM', { ...p4 })
  const { pt, eta, phi, mass } = p4
  const out = emptyCartesian(length)
  const { px, py, pz, e } = out
  polarToCartesian(pt, eta, phi, px, py, pz)
  for (let i = 0; i < length; i++) {
    const m = mass[i]
    e[i] = Math.sqrt(Math.max(0, pt[i] * pt[i] + pz[i] * pz[i] + m * Math.abs(m)))
  }
  return out
}

/** Cartesian components from pT, η, φ and energy: px = pT cos φ, py = pT sin φ, pz = pT sinh η. */
export function fromPtEtaPhiE(p4: PtEtaPhiE): Cartesian64 {
  const { pt, eta, phi, energy } = p4
  const out = emptyCartesian(commonLength('fromPtEtaPhiE', { ...p4 }))
  const { px, py, pz, e } = out
  polarToCartesian(pt, eta, phi, px, py, pz)
  e.set(energy)
  return out
}

/** pT, η, φ in (−π, π] and mass from Cartesian components; see {@link pseudorapidity} and {@link mass}. */
export function toPtEtaPhiM(p4: Cartesian): { readonly [K in keyof PtEtaPhiM]: Float64Array } {
  const length = commonLength('toPtEtaPhiM', { ...p4 })
  const out = {
    pt: new Float64Array(length),
    eta: new Float64Array(length),
    phi: new Float64Array(length),
    mass: new Float64Array(length),
  }
  for (let i = 0; i < length; i++) {
    const x = p4.px[i]
    const y = p4.py[i]
    const z = p4.pz[i]
    const t = Math.sqrt(x * x + y * y)
    out.pt[i] = t
    out.eta[i] = pseudorapidity(t, z)
    out.phi[i] = Math.atan2(y, x)
    out.mass[i] = mass(x, y, z, p4.e[i])
  }
  return out
}
