import { type Cartesian, commonLength, type PtEtaPhiM } from './columns.js'

/**
 * Invariant mass √(E² − p²), GeV. Where rounding or the input makes m² negative it is −√(−m²), as in ROOT and
 * scikit-hep/vector, so that a wrong input is seen and not hidden.
 */
export function mass(px: number, py: number, pz: number, e: number): number {
  const m2 = (e + pz) * (e - pz) - px * px - py * py
  return m2 >= 0 ? Math.sqrt(m2) : m2 < 0 ? -Math.sqrt(-m2) : Number.NaN
}

/** {@link mass} of each four-momentum (GeV). */
export function masses(p4: Cartesian): Float64Array {
  const length = commonLength('masses', { ...p4 })
  const { px, py, pz, e } = p4
  const out = new Float64Array(length)
  for (let i = 0; i < length; i++) out[i] = mass(px[i], py[i], pz[i], e[i])
  return out
}

/**
 * Invariant mass of pairs of massless particles, element by element: m² = 2 pT₁ pT₂ (cosh Δη − cos Δφ), GeV.
 * The masses given are not used; for heavy or slow particles add the four-momenta and take {@link masses}.
 */
export function masslessPairMasses(a: Omit<PtEtaPhiM, 'mass'>, b: Omit<PtEtaPhiM, 'mass'>): Float64Array {
  const length = commonLength('masslessPairMasses', {
    'a.pt': a.pt,
    'a.eta': a.eta,
    'a.phi': a.phi,
    'b.pt': b.pt,
    'b.eta': b.eta,
    'b.phi': b.phi,
  })
  const out = new Float64Array(length)
  for (let i = 0; i < length; i++) {
    const shEta = Math.sinh(0.5 * (a.eta[i] - b.eta[i]))
    const sPhi = Math.sin(0.5 * (a.phi[i] - b.phi[i]))
    // cosh Δη − cos Δφ = 2 (sinh² Δη/2 + sin² Δφ/2): no cancellation for collinear pairs.
    out[i] = 2 * Math.sqrt(a.pt[i] * b.pt[i] * (shEta * shEta + sPhi * sPhi))
  }
  return out
}
