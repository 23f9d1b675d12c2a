import { type Column, commonLength, type EtaPhi, listCount, type Offsets } from './columns.js'

/**
 * Impact parameters of tracks and their errors, mm; `z0` is the longitudinal one (z0 sin θ where that is what
 * the sample has).
 */
export interface ImpactParameters {
  readonly d0: Column
  readonly d0Error: Column
  readonly z0: Column
  readonly z0Error: Column
}

/** Impact parameters over their errors, without unit. */
export interface Significances {
  /** d0 / σ(d0) and z0 / σ(z0), with the sign of the measurement. */
  readonly d0: Float64Array
  readonly z0: Float64Array
  /** The same with the lifetime sign. */
  readonly signedD0: Float64Array
  readonly signedZ0: Float64Array
}

/**
 * Impact-parameter significances of the tracks of each jet. The lifetime sign (ATLAS, arXiv:1512.01094,
 * section 3.1) is positive for a track that crosses the jet axis in front of the primary vertex: s_d0 =
 * sign(sin(φ_jet − φ_track) d0) |d0| / σ(d0) and s_z0 = sign((η_jet − η_track) z0) |z0| / σ(z0). A positive
 * error is needed: without one (no track) all are 0. NaN stays NaN.
 * @param offsets the tracks of each jet
 */
export function impactParameterSignificances(
  tracks: ImpactParameters,
  direction: EtaPhi,
  offsets: Offsets,
  jet: EtaPhi,
): Significances {
  const length = commonLength('impactParameterSignificances', {
    ...tracks,
    eta: direction.eta,
    phi: direction.phi,
  })
  const jets = listCount('impactParameterSignificances', offsets, length)
  commonLength('impactParameterSignificances', { jetEta: jet.eta, jetPhi: jet.phi, jets: { length: jets } })
  const out = {
    d0: new Float64Array(length),
    z0: new Float64Array(length),
    signedD0: new Float64Array(length),
    signedZ0: new Float64Array(length),
  }
  for (let l = 0; l < jets; l++) {
    for (let i = offsets[l]; i < offsets[l + 1]; i++) {
      const d0 = over(tracks.d0[i], tracks.d0Error[i])
      const z0 = over(tracks.z0[i], tracks.z0Error[i])
      out.d0[i] = d0
      out.z0[i] = z0
      out.signedD0[i] = Math.sign(Math.sin(jet.phi[l] - direction.phi[i])) * d0
      out.signedZ0[i] = Math.sign(jet.eta[l] - direction.eta[i]) * z0
    }
  }
  return out
}

function over(value: number, error: number): number {
  return error > 0 ? value / error : Number.isNaN(error) ? Number.NaN : 0
}
