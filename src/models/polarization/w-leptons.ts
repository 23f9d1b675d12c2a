import { type Events, float32 } from '../../ingest/columns.js'

/** Which lepton (counted over the batch) belongs to which boson, by event; −1 where there is none. */
export interface AssignedLeptons {
  readonly w: Int32Array
  readonly zMinus: Int32Array
  readonly zPlus: Int32Array
}

/** Mass of the Z boson, GeV. */
const M_Z = 91.1876

/**
 * Leptons of a W boson (`lnu`: the first lepton), or of a W and a Z boson (`lnull`): of the first three leptons, the pair of
 * one flavour and two charges whose mass is nearest to the Z boson's is its, the third is the W boson's.
 */
export function assignLeptons(events: Events, list: string, final: 'lnu' | 'lnull'): AssignedLeptons {
  const offsets = events.offsets(list)
  const none = (): Int32Array => new Int32Array(events.rows).fill(-1)
  const found = { w: none(), zMinus: none(), zPlus: none() }
  if (final === 'lnu') {
    for (let row = 0; row < events.rows; row++) {
      if (offsets[row + 1] > offsets[row]) found.w[row] = offsets[row]
    }
    return found
  }
  const [pt, eta, phi, charge, pdgId] = ['pt', 'eta', 'phi', 'charge', 'pdg_id'].map((name) =>
    float32(events, `${list}.${name}`),
  )
  // Light leptons: m² = 2 pT pT (cosh Δη − cos Δφ).
  const mass = (a: number, b: number): number =>
    Math.sqrt(2 * pt[a] * pt[b] * (Math.cosh(eta[a] - eta[b]) - Math.cos(phi[a] - phi[b])))
  for (let row = 0; row < events.rows; row++) {
    const first = offsets[row]
    if (offsets[row + 1] - first < 3) continue
    let nearest = Number.POSITIVE_INFINITY
    for (let spare = 0; spare < 3; spare++) {
      const [a, b] = [first + ((spare + 1) % 3), first + ((spare + 2) % 3)]
      if (pdgId[a] + pdgId[b] !== 0) continue
      const distance = Math.abs(mass(a, b) - M_Z)
      if (!(distance < nearest)) continue
      nearest = distance
      found.w[row] = first + spare
      found.zMinus[row] = charge[a] < 0 ? a : b
      found.zPlus[row] = charge[a] < 0 ? b : a
    }
  }
  return found
}
