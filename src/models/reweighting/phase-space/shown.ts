import { linearEdges } from '../../../report/histogram.js'
import type { EventTypeName } from './event-types.js'

/** A distribution of the report. */
export interface Shown {
  readonly column: string
  readonly title: string
  /** Edges of its bins; null for 25 between the outermost hundredths of the events. */
  readonly edges: readonly number[] | null
  /** It follows from the inputs without being one. */
  readonly follows?: boolean
}

const across = (column: string, title: string): Shown => ({ column, title, edges: null })
const log = (column: string, quantity: string): Shown => across(column, `ln ${quantity} / GeV`)

/** What the report draws of each kind of events. */
export const SHOWN: Readonly<Record<EventTypeName, readonly Shown[]>> = {
  zj: [
    { column: 'z_pt', title: 'ln pT(Z) / GeV', edges: linearEdges(2.4, 5.2, 28) },
    { column: 'z_rapidity', title: '|y(Z)|', edges: linearEdges(0, 4.5, 30) },
    { column: 'z_mass', title: 'm(Z) [GeV]', edges: linearEdges(81, 101, 25) },
    { column: 'cos_theta_cs', title: 'cos θ (Collins-Soper)', edges: linearEdges(-1, 1, 25) },
    { column: 'cos_phi_cs', title: 'cos φ (Collins-Soper)', edges: linearEdges(-1, 1, 25) },
    { column: 'jet_eta', title: 'η(jet), to the side of the Z boson', edges: linearEdges(-5, 5, 30) },
    { column: 'lepton_pt', title: 'pT(first lepton) [GeV]', edges: linearEdges(0, 120, 30), follows: true },
    { column: 'lepton_eta', title: 'η(first lepton)', edges: linearEdges(-5, 5, 30), follows: true },
    { column: 'jet_pt', title: 'ln pT(jet) / GeV', edges: linearEdges(2.3, 5.2, 29) },
    { column: 'dphi', title: 'π − |Δφ(Z, jet)|', edges: linearEdges(0, Math.PI, 25) },
    { column: 'jets', title: 'number of jets', edges: linearEdges(0.5, 8.5, 8) },
  ],
  ssww: [
    log('lep1_pt', 'pT(ℓ1)'),
    log('lep2_pt', 'pT(ℓ2)'),
    across('lep1_eta', 'η(ℓ1), to the side of the leading jet'),
    across('lep2_eta', 'η(ℓ2), to the side of the leading jet'),
    log('m_ll', 'm(ℓℓ)'),
    log('pt_ll', 'pT(ℓℓ)'),
    across('dphi_ll', '|Δφ(ℓ, ℓ)|'),
    across('deta_ll', '|Δη(ℓ, ℓ)|'),
    log('jet1_pt', 'pT(j1)'),
    log('jet2_pt', 'pT(j2)'),
    across('jet1_eta', '|η(j1)|'),
    across('jet2_eta', 'η(j2), to the side of the leading jet'),
    log('m_jj', 'm(jj)'),
    across('deta_jj', '|Δη(j, j)|'),
    across('dphi_jj', '|Δφ(j, j)|'),
    log('met', 'ETmiss'),
    log('mt_lep1', 'mT(ℓ1, ETmiss)'),
    log('mt_lep2', 'mT(ℓ2, ETmiss)'),
    log('mt_ww', 'mT(ℓℓ, ETmiss)'),
    across('dphi_ll_met', '|Δφ(ℓℓ, ETmiss)|'),
    across('zepp_lep1', 'Zeppenfeld η of ℓ1'),
    across('zepp_lep2', 'Zeppenfeld η of ℓ2'),
    across('dr_lep1_jet1', 'ΔR(ℓ1, j1)'),
    across('dr_lep1_jet2', 'ΔR(ℓ1, j2)'),
    across('dr_lep2_jet1', 'ΔR(ℓ2, j1)'),
    across('dr_lep2_jet2', 'ΔR(ℓ2, j2)'),
    across('pt_ratio', 'ln of pT(ℓ1) pT(ℓ2) / pT(j1) pT(j2)'),
  ],
}

const BINS = 25
const TAIL = 0.01

/** The edges of a distribution's bins. */
export function edgesOf({ edges }: Shown, values: Float64Array): readonly number[] {
  if (edges !== null) return edges
  const sorted = values.filter(Number.isFinite).sort()
  const at = (share: number): number => sorted[Math.round(share * (sorted.length - 1))] ?? share
  const [low, high] = [at(TAIL), at(1 - TAIL)]
  return linearEdges(low, high > low ? high : low + 1, BINS)
}
