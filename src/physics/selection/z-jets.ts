import { type Column, commonLength, listCount, type Offsets, type PtEtaPhiM } from '../columns.js'
import { fromPtEtaPhiM } from '../convert.js'
import { deltaR } from '../delta-r.js'
import { masses } from '../mass.js'
import { addPairs, take } from '../sum.js'
import type { Cut } from './cuts.js'
import { leading, nthLeading } from './leading.js'

/** A phase space of Z + jets events, GeV; all bounds are exclusive. */
export interface ZJetsPhaseSpace {
  readonly jetPt: number
  readonly jetAbsEta: number
  readonly zMass: readonly [low: number, high: number]
  readonly deltaR: number
  /** Cuts on both leptons; none in the generator phase space. */
  readonly leptonPt?: number
  readonly leptonAbsEta?: number
}

/** pT_j > 10, |η_j| < 5, 81 < m_Z < 101, ΔR(j, ℓ) > 0.2: what the generator made. */
export const generatorPhaseSpace: ZJetsPhaseSpace = {
  jetPt: 10,
  jetAbsEta: 5,
  zMass: [81, 101],
  deltaR: 0.2,
}

/** pT_j > 20, |η_j| < 4, 81 < m_Z < 101, pT_ℓ > 20, |η_ℓ| < 2.7, ΔR(j, ℓ) > 0.2: what a detector sees. */
export const fiducialPhaseSpace: ZJetsPhaseSpace = {
  jetPt: 20,
  jetAbsEta: 4,
  zMass: [81, 101],
  deltaR: 0.2,
  leptonPt: 20,
  leptonAbsEta: 2.7,
}

/** Leptons and jets of events; jets need no mass. */
export interface ZJetsEvents {
  readonly leptons: PtEtaPhiM
  readonly leptonOffsets: Offsets
  readonly jets: { readonly pt: Column; readonly eta: Column; readonly phi: Column }
  readonly jetOffsets: Offsets
}

/**
 * The cuts of a phase space, in the order of a cut-flow: two leptons, m_Z, lepton pT and η where asked for,
 * one jet, jet pT, jet η, ΔR(j, ℓ). They are about the two leptons and the one jet of largest pT; missing
 * ones and NaN do not pass.
 */
export function zJetsCuts(events: ZJetsEvents, space: ZJetsPhaseSpace): readonly Cut[] {
  const { leptons, leptonOffsets, jets, jetOffsets } = events
  const count = listCount('zJetsCuts', leptonOffsets, commonLength('zJetsCuts', { ...leptons }))
  listCount('zJetsCuts', jetOffsets, commonLength('zJetsCuts', { ...jets }))
  commonLength('zJetsCuts', { leptonOffsets, jetOffsets })
  const two = leading(leptons.pt, leptonOffsets, 2)
  const l1 = nthLeading(two, 2, 0)
  const l2 = nthLeading(two, 2, 1)
  const jet = leading(jets.pt, jetOffsets, 1)
  const p4 = fromPtEtaPhiM(leptons)
  const zMass = masses(addPairs(take(p4, l1), take(p4, l2)))
  const cut = (name: string, holds: (event: number) => boolean): Cut => ({
    name,
    mask: Uint8Array.from({ length: count }, (_, i) => (holds(i) ? 1 : 0)),
  })
  const apart = (j: number, l: number): boolean =>
    deltaR(jets.eta[j], jets.phi[j], leptons.eta[l], leptons.phi[l]) > space.deltaR
  const { leptonPt, leptonAbsEta } = space
  return [
    cut('two leptons', (i) => l2[i] >= 0),
    cut('m_Z', (i) => zMass[i] > space.zMass[0] && zMass[i] < space.zMass[1]),
    ...(leptonPt === undefined
      ? []
      : [cut('lepton pT', (i) => leptons.pt[l1[i]] > leptonPt && leptons.pt[l2[i]] > leptonPt)]),
    ...(leptonAbsEta === undefined
      ? []
      : [
          cut(
            'lepton eta',
            (i) => Math.abs(leptons.eta[l1[i]]) < leptonAbsEta && Math.abs(leptons.eta[l2[i]]) < leptonAbsEta,
          ),
        ]),
    cut('jet', (i) => jet[i] >= 0),
    cut('jet pT', (i) => jets.pt[jet[i]] > space.jetPt),
    cut('jet eta', (i) => Math.abs(jets.eta[jet[i]]) < space.jetAbsEta),
    cut('dR(jet, lepton)', (i) => apart(jet[i], l1[i]) && apart(jet[i], l2[i])),
  ]
}
