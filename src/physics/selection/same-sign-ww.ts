import type { Column, Offsets, PtEtaPhiM } from '../columns.js'
import { fromPtEtaPhiM } from '../convert.js'
import { masses } from '../mass.js'
import { addPairs } from '../sum.js'
import type { Cut } from './cuts.js'
import { leading, nthLeading } from './leading.js'

/** Leptons, jets and missing transverse momentum of events. */
export interface SameSignEvents {
  readonly leptons: PtEtaPhiM
  readonly charge: Column
  readonly leptonOffsets: Offsets
  readonly jets: PtEtaPhiM
  readonly jetOffsets: Offsets
  readonly met: { readonly pt: Column; readonly phi: Column }
}

/** What same-sign WW candidates are made of, an entry an event; NaN in momenta that an event has not got. */
export interface SameSignCandidates {
  /** The two leptons of one charge, by falling pT. */
  readonly lepton1: PtEtaPhiM
  readonly lepton2: PtEtaPhiM
  /** The two jets of largest pT. */
  readonly jet1: PtEtaPhiM
  readonly jet2: PtEtaPhiM
  readonly met: SameSignEvents['met']
  /** The hardest lepton of the other charge. */
  readonly other: PtEtaPhiM
}

/** Elements of columns; NaN where the index is negative. */
function chosen(momenta: PtEtaPhiM, index: Int32Array): PtEtaPhiM {
  const of = (column: Column): Float32Array =>
    Float32Array.from(index, (i) => (i < 0 ? Number.NaN : column[i]))
  return { pt: of(momenta.pt), eta: of(momenta.eta), phi: of(momenta.phi), mass: of(momenta.mass) }
}

/**
 * Chooses the same-sign pair of each event: the two hardest positive leptons where there are two, otherwise the two
 * hardest negative ones; and the two hardest jets.
 */
export function sameSignCandidates(events: SameSignEvents): SameSignCandidates {
  const { leptons, charge, leptonOffsets, jets, jetOffsets, met } = events
  const ofSign = (sign: number): Float32Array =>
    Float32Array.from(leptons.pt, (pt, i) => (charge[i] * sign > 0 ? pt : Number.NaN))
  const [plus, minus] = [1, -1].map((sign) => leading(ofSign(sign), leptonOffsets, 2))
  const isPlus = (row: number): boolean => plus[2 * row + 1] >= 0 || minus[2 * row + 1] < 0
  const pick = (same: boolean, k: number): PtEtaPhiM =>
    chosen(
      leptons,
      Int32Array.from(met.pt, (_, row) => (isPlus(row) === same ? plus : minus)[2 * row + k]),
    )
  const two = leading(jets.pt, jetOffsets, 2)
  return {
    lepton1: pick(true, 0),
    lepton2: pick(true, 1),
    jet1: chosen(jets, nthLeading(two, 2, 0)),
    jet2: chosen(jets, nthLeading(two, 2, 1)),
    met,
    other: pick(false, 0),
  }
}

/**
 * The fiducial region of same-sign WW scattering in ATLAS (JHEP 04 (2024) 026), GeV: two leptons of the same charge with
 * pT > 27 and |η| < 2.5, m_ℓℓ > 20, ETmiss > 30, jets of pT > 65 and 35 with |η| < 4.5, m_jj > 500, |Δη_jj| > 2 (there
 * |Δy|; the same for jets without mass). Missing objects and NaN do not pass.
 */
export function sameSignCuts(candidates: SameSignCandidates): readonly Cut[] {
  const { lepton1: l1, lepton2: l2, jet1: j1, jet2: j2, met } = candidates
  const mll = masses(addPairs(fromPtEtaPhiM(l1), fromPtEtaPhiM(l2)))
  const mjj = masses(addPairs(fromPtEtaPhiM(j1), fromPtEtaPhiM(j2)))
  const cut = (name: string, holds: (event: number) => boolean): Cut => ({
    name,
    mask: Uint8Array.from(met.pt, (_, i) => (holds(i) ? 1 : 0)),
  })
  return [
    cut('lepton pT', (i) => l2.pt[i] > 27),
    cut('lepton eta', (i) => Math.abs(l1.eta[i]) < 2.5 && Math.abs(l2.eta[i]) < 2.5),
    cut('m_ll', (i) => mll[i] > 20),
    cut('ETmiss', (i) => met.pt[i] > 30),
    cut('jet pT', (i) => j1.pt[i] > 65 && j2.pt[i] > 35),
    cut('jet eta', (i) => Math.abs(j1.eta[i]) < 4.5 && Math.abs(j2.eta[i]) < 4.5),
    cut('m_jj', (i) => mjj[i] > 500),
    cut('deta_jj', (i) => Math.abs(j1.eta[i] - j2.eta[i]) > 2),
  ]
}

/** 1 for each event whose hardest lepton of the other charge is not seen: none, pT < 10 GeV or |η| > 2.5. */
export const otherLeptonLost = ({ other }: SameSignCandidates): Uint8Array =>
  Uint8Array.from(other.pt, (pt, i) => (pt > 10 && Math.abs(other.eta[i]) < 2.5 ? 0 : 1))
