import { commonLength, listCount, type Offsets, type PtEtaPhiM } from '../columns.js'
import { fromPtEtaPhiM } from '../convert.js'
import { deltaR } from '../delta-r.js'
import { masses } from '../mass.js'
import { addPairs, take } from '../sum.js'
import type { Quadruplets } from './h4l-pairing.js'

/** Which jets count in H → ZZ* → 4ℓ; bounds are exclusive, pT in GeV. */
export interface JetSelection {
  readonly pt: number
  readonly absEta: number
  /** Jets nearer than this to a lepton of the quadruplet are that lepton. */
  readonly deltaR: number
}

/** Jets as H → 4ℓ categories usually count them: pT > 30 GeV, |η| < 4.5, away from the leptons. */
export const standardJets: JetSelection = { pt: 30, absEta: 4.5, deltaR: 0.3 }

/** The selected jets of each event; indices are elements, counted over the batch, −1 for none. */
export interface SelectedJets {
  readonly count: Int32Array
  /** The two of largest pT. */
  readonly leading: Int32Array
  readonly second: Int32Array
  /** Mass of those two, GeV; NaN below two. */
  readonly mjj: Float64Array
}

/** Selects the jets of events with a quadruplet; without one there are no leptons to keep away from. */
export function selectJets(
  jets: PtEtaPhiM,
  jetOffsets: Offsets,
  leptons: Pick<PtEtaPhiM, 'eta' | 'phi'>,
  quadruplets: Quadruplets,
  selection: JetSelection = standardJets,
): SelectedJets {
  const { pt, eta, phi, mass } = jets
  const events = listCount('selectJets', jetOffsets, commonLength('selectJets', { pt, eta, phi, mass }))
  const count = new Int32Array(events)
  const leading = new Int32Array(events).fill(-1)
  const second = new Int32Array(events).fill(-1)
  const { lepton1, antilepton1, lepton2, antilepton2 } = quadruplets
  const four = [lepton1, antilepton1, lepton2, antilepton2]
  /** Whether jet `j` is as near to one of the four leptons of event `l` as only the lepton itself is. */
  const isNear = (l: number, j: number): boolean => {
    for (const lepton of four) {
      const i = lepton[l]
      if (i >= 0 && deltaR(eta[j], phi[j], leptons.eta[i], leptons.phi[i]) < selection.deltaR) return true
    }
    return false
  }
  for (let l = 0; l < events; l++) {
    for (let j = jetOffsets[l]; j < jetOffsets[l + 1]; j++) {
      if (!(pt[j] > selection.pt && Math.abs(eta[j]) < selection.absEta)) continue
      if (isNear(l, j)) continue
      count[l]++
      if (leading[l] < 0 || pt[j] > pt[leading[l]]) {
        second[l] = leading[l]
        leading[l] = j
      } else if (second[l] < 0 || pt[j] > pt[second[l]]) second[l] = j
    }
  }
  const p4 = fromPtEtaPhiM(jets)
  return { count, leading, second, mjj: masses(addPairs(take(p4, leading), take(p4, second))) }
}
