import { z } from 'zod'
import { type Events, float32 } from '../../../ingest/columns.js'
import type { PtEtaPhiM } from '../../../physics/columns.js'
import { fromPtEtaPhiM, toPtEtaPhiM } from '../../../physics/convert.js'
import { deltaPhi } from '../../../physics/delta-phi.js'
import { deltaRs } from '../../../physics/delta-r.js'
import { type SameSignCandidates, sameSignCandidates } from '../../../physics/selection/same-sign-ww.js'
import { addPairs } from '../../../physics/sum.js'
import { transverseMasses } from '../../../physics/transverse-mass.js'
import { zeppenfeldScaled } from '../../../physics/zeppenfeld.js'
import {
  type BoundFeatures,
  type FeatureBuilder,
  type FeatureFactory,
  numberRead,
} from '../../feature-builder.js'
import { rowsOf } from '../../features/rows.js'
import { momentaOf, momentumReads } from '../../momenta.js'
import { parseOptions } from '../../options.js'

/**
 * Variables of same-sign WW candidates. Momenta, masses and their ratio as ln(x / GeV); η counted to the side of the
 * leading jet, since nothing changes when an event is mirrored; |Δφ|, |Δη|, ΔR; zepp: |η_ℓ − η̄_jj| / |Δη_jj|.
 */
export const VARIABLES = [
  'lep1_pt',
  'lep2_pt',
  'lep1_eta',
  'lep2_eta',
  'm_ll',
  'pt_ll',
  'dphi_ll',
  'deta_ll',
  'jet1_pt',
  'jet2_pt',
  'jet1_eta',
  'jet2_eta',
  'm_jj',
  'deta_jj',
  'dphi_jj',
  'met',
  'mt_lep1',
  'mt_lep2',
  'mt_ww',
  'dphi_ll_met',
  'zepp_lep1',
  'zepp_lep2',
  'dr_lep1_jet1',
  'dr_lep1_jet2',
  'dr_lep2_jet1',
  'dr_lep2_jet2',
  'pt_ratio',
] as const
export type Variable = (typeof VARIABLES)[number]

const Options = z.strictObject({
  leptons: z.string().default('leptons'),
  jets: z.string().default('jets'),
  met: z.string().default('met'),
  /** Variables of the tensor, in this order. */
  inputs: z
    .array(z.enum(VARIABLES))
    .min(1)
    .default([...VARIABLES]),
})
type Options = z.infer<typeof Options>

/**
 * Kinematics of a same-sign lepton pair, the two leading jets and the missing momentum: `kinematics` [n, V], the chosen
 * variables ({@link VARIABLES}). Events without such a pair or without two jets get NaN, so that they are refused and
 * not scored as if they had them.
 */
export const sswwKinematics: FeatureFactory = (raw) => {
  const options = parseOptions(Options, raw, 'ssww-kinematics')
  const { leptons, jets, met, inputs } = options
  const builder: FeatureBuilder = {
    id: 'ssww-kinematics',
    version: 1,
    axis: '',
    reads: [
      ...momentumReads(leptons),
      numberRead(`${leptons}.charge`, leptons),
      ...momentumReads(jets),
      numberRead(`${met}.pt`, '', 'GeV'),
      numberRead(`${met}.phi`, '', 'rad'),
    ],
    tensors: [{ name: 'kinematics', shape: ['n', inputs.length], components: inputs }],
    maxLength: null,
    bind: (events) => bind(events, options),
  }
  return builder
}

function bind(events: Events, options: Options): BoundFeatures {
  const all = variablesOf(candidatesOf(events, options))
  const columns = options.inputs.map((name) => all[name])
  return rowsOf(events.rows, columns)
}

/** The candidates of a batch, by the names that its lists have. */
export function candidatesOf(
  events: Events,
  { leptons, jets, met }: { readonly leptons: string; readonly jets: string; readonly met: string },
): SameSignCandidates {
  return sameSignCandidates({
    leptons: momentaOf(events, leptons),
    charge: float32(events, `${leptons}.charge`),
    leptonOffsets: events.offsets(leptons),
    jets: momentaOf(events, jets),
    jetOffsets: events.offsets(jets),
    met: { pt: float32(events, `${met}.pt`), phi: float32(events, `${met}.phi`) },
  })
}

/** Floor of what logarithms are taken of, GeV. */
const TINY = 1e-3
const log = (values: ArrayLike<number>): Float64Array =>
  Float64Array.from(values, (x) => (Number.isNaN(x) ? x : Math.log(Math.max(x, TINY))))

/** Every variable of every event; NaN where the event has not got what it is made of. */
export function variablesOf(candidates: SameSignCandidates): Readonly<Record<Variable, Float64Array>> {
  const { lepton1: l1, lepton2: l2, jet1: j1, jet2: j2, met } = candidates
  const ll = toPtEtaPhiM(addPairs(fromPtEtaPhiM(l1), fromPtEtaPhiM(l2)))
  const jj = toPtEtaPhiM(addPairs(fromPtEtaPhiM(j1), fromPtEtaPhiM(j2)))
  const side = Float64Array.from(j1.eta, (eta) => (eta < 0 ? -1 : 1))
  const sided = ({ eta }: PtEtaPhiM): Float64Array => side.map((sign, i) => sign * eta[i])
  const between = (a: ArrayLike<number>, b: ArrayLike<number>): Float64Array =>
    side.map((_, i) => Math.abs(deltaPhi(a[i], b[i])))
  const apart = (a: PtEtaPhiM, b: PtEtaPhiM): Float64Array =>
    side.map((_, i) => Math.abs(a.eta[i] - b.eta[i]))
  return {
    lep1_pt: log(l1.pt),
    lep2_pt: log(l2.pt),
    lep1_eta: sided(l1),
    lep2_eta: sided(l2),
    m_ll: log(ll.mass),
    pt_ll: log(ll.pt),
    dphi_ll: between(l1.phi, l2.phi),
    deta_ll: apart(l1, l2),
    jet1_pt: log(j1.pt),
    jet2_pt: log(j2.pt),
    jet1_eta: sided(j1),
    jet2_eta: sided(j2),
    m_jj: log(jj.mass),
    deta_jj: apart(j1, j2),
    dphi_jj: between(j1.phi, j2.phi),
    met: log(met.pt),
    mt_lep1: log(transverseMasses(l1.pt, l1.phi, met.pt, met.phi)),
    mt_lep2: log(transverseMasses(l2.pt, l2.phi, met.pt, met.phi)),
    mt_ww: log(pairTransverseMass(ll, met)),
    dphi_ll_met: between(ll.phi, met.phi),
    zepp_lep1: zeppenfeldScaled(l1.eta, j1.eta, j2.eta),
    zepp_lep2: zeppenfeldScaled(l2.eta, j1.eta, j2.eta),
    dr_lep1_jet1: deltaRs(l1, j1),
    dr_lep1_jet2: deltaRs(l1, j2),
    dr_lep2_jet1: deltaRs(l2, j1),
    dr_lep2_jet2: deltaRs(l2, j2),
    pt_ratio: side.map((_, i) => Math.log(l1.pt[i] * l2.pt[i]) - Math.log(j1.pt[i] * j2.pt[i])),
  }
}

/** m_T² = (√(pT² + m²) + ETmiss)² − |pT + ETmiss|² of the lepton pair and the missing momentum, GeV. */
function pairTransverseMass(ll: PtEtaPhiM, met: SameSignCandidates['met']): Float64Array {
  return Float64Array.from(ll.pt, (pt, i) => {
    const energy = Math.hypot(pt, ll.mass[i]) + met.pt[i]
    const cosine = Math.cos(ll.phi[i] - met.phi[i])
    const squared = energy ** 2 - pt ** 2 - met.pt[i] ** 2 - 2 * pt * met.pt[i] * cosine
    return Math.sqrt(Math.max(0, squared))
  })
}
