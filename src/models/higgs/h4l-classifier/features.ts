import { z } from 'zod'
import { type Events, float32 } from '../../../ingest/columns.js'
import type { Cartesian64, PtEtaPhiM } from '../../../physics/columns.js'
import { fromPtEtaPhiM, toPtEtaPhiM } from '../../../physics/convert.js'
import { deltaR } from '../../../physics/delta-r.js'
import { type FourLeptonAngles, fourLeptonAngles } from '../../../physics/h4l-angles.js'
import { CATEGORIES, type Category } from '../../../physics/selection/h4l-categories.js'
import { type SelectedJets, selectJets } from '../../../physics/selection/h4l-jets.js'
import { pairLeptons, type Quadruplets } from '../../../physics/selection/h4l-pairing.js'
import { addPairs, take } from '../../../physics/sum.js'
import { zeppenfeld } from '../../../physics/zeppenfeld.js'
import {
  type BoundFeatures,
  type FeatureBuilder,
  type FeatureFactory,
  numberRead,
  type TensorSpec,
} from '../../feature-builder.js'
import { momentaOf, momentumReads } from '../../momenta.js'
import { parseOptions } from '../../options.js'

const Options = z.strictObject({
  leptons: z.string().default('leptons'),
  jets: z.string().default('jets'),
  met: z.string().default('met'),
  /** Which event category the globals are those of. */
  category: z.enum(CATEGORIES).default('0j-2e2mu'),
})

/** The global variables of each category, GeV and rad. */
export const GLOBALS: Readonly<Record<Category, readonly string[]>> = {
  '0j-2e2mu': ['pt4l', 'm12', 'm34', 'cos_theta_star', 'cos_theta1', 'phi_zz'],
  '0j-4l': ['pt4l', 'm12', 'm34', 'cos_theta_star', 'cos_theta1', 'phi_zz'],
  '1j-low': ['pt4l', 'pt_j', 'eta_j', 'dr_4l_j'],
  '1j-medium': ['pt4l', 'pt_j', 'eta_j', 'dr_4l_j', 'met', 'eta_4l'],
  '2j-low': ['m_jj', 'pt_4ljj'],
  '2j-high': ['eta_zepp', 'pt_4ljj'],
}
/** What tells H → ZZ* from continuum ZZ by its decay: the five angles and the masses of the pairs. */
export const DECAY = [
  'cos_theta_star',
  'cos_theta1',
  'cos_theta2',
  'cos_phi',
  'cos_phi1',
  'm12',
  'm34',
] as const

const LEPTONS = 4
/** pT, η, and whether the lepton belongs to the leading pair. */
const LEPTON = 3
const JETS = 2

export const hasJets = (category: Category): boolean => category.startsWith('2j')

/**
 * H → ZZ* → 4ℓ candidates: `leptons` [n, 4, 3] = ln pT, η, 1 for the leading pair and 0 for the other, by descending pT;
 * `global` [n, G], the variables of the category ({@link GLOBALS}; pT, masses and ETmiss as ln(1 + x/GeV)); `decay` [n, 7]
 * ({@link DECAY}); for two jets `jets` [n, 2, 2] = ln pT, η. Leptons are paired by `pairLeptons`, jets chosen by
 * `selectJets`. Events without a quadruplet, or without a jet that the category needs, get NaN.
 */
export const h4lObjects: FeatureFactory = (raw) => {
  const options = parseOptions(Options, raw, 'h4l-objects')
  const { leptons, jets, met, category } = options
  const tensors: TensorSpec[] = [
    { name: 'leptons', shape: ['n', LEPTONS, LEPTON], components: ['pt', 'eta', 'z_association'] },
    { name: 'global', shape: ['n', GLOBALS[category].length], components: GLOBALS[category] },
    { name: 'decay', shape: ['n', DECAY.length], components: DECAY },
    ...(hasJets(category)
      ? [{ name: 'jets', shape: ['n', JETS, 2] as const, components: ['pt', 'eta'] }]
      : []),
  ]
  const builder: FeatureBuilder = {
    id: 'h4l-objects',
    version: 1,
    axis: '',
    reads: [
      ...momentumReads(leptons),
      numberRead(`${leptons}.charge`, leptons),
      numberRead(`${leptons}.pdg_id`, leptons),
      ...momentumReads(jets),
      ...(category === '1j-medium' ? [numberRead(`${met}.pt`, '', 'GeV')] : []),
    ],
    tensors,
    maxLength: null,
    bind: (events) => bind(events, options),
  }
  return builder
}

/** A candidate in each event, as far as there is one. */
export interface Candidates {
  readonly leptons: PtEtaPhiM
  readonly jets: PtEtaPhiM
  readonly quadruplets: Quadruplets
  readonly selected: SelectedJets
}

/** Pairs the leptons and chooses the jets of a batch. */
export function candidatesOf(
  events: Events,
  { leptons: leptonList, jets: jetList }: { readonly leptons: string; readonly jets: string },
): Candidates {
  const leptons = momentaOf(events, leptonList)
  const jets = momentaOf(events, jetList)
  const charge = float32(events, `${leptonList}.charge`)
  const pdgId = float32(events, `${leptonList}.pdg_id`)
  const quadruplets = pairLeptons({ ...leptons, charge, pdgId }, events.offsets(leptonList))
  const selected = selectJets(jets, events.offsets(jetList), leptons, quadruplets)
  return { leptons, jets, quadruplets, selected }
}

function bind(events: Events, options: z.infer<typeof Options>): BoundFeatures {
  const found = candidatesOf(events, options)
  const { leptons, jets, quadruplets, selected } = found
  const columns = variables(
    found,
    options.category === '1j-medium' ? float32(events, `${options.met}.pt`) : null,
  )
  const global = GLOBALS[options.category].map((name) => columns.get(name)!)
  const decay = DECAY.map((name) => columns.get(name)!)
  const chosen = [selected.leading, selected.second]
  return {
    items: events.rows,
    lengths: null,
    fill(items, from, to, slot, _length, [leptonsOut, globalOut, decayOut, jetsOut]) {
      for (let i = from, s = slot; i < to; i++, s++) {
        const row = items[i]
        writeLeptons(leptonsOut, s * LEPTONS * LEPTON, leptons, quadruplets, row)
        for (let c = 0; c < global.length; c++) globalOut[s * global.length + c] = global[c][row]
        for (let c = 0; c < decay.length; c++) decayOut[s * decay.length + c] = decay[c][row]
        if (jetsOut === undefined) continue
        for (let j = 0; j < JETS; j++) {
          const jet = chosen[j][row]
          jetsOut[(s * JETS + j) * 2] = jet < 0 ? Number.NaN : Math.log(jets.pt[jet])
          jetsOut[(s * JETS + j) * 2 + 1] = jet < 0 ? Number.NaN : jets.eta[jet]
        }
      }
    },
  }
}

function writeLeptons(out: Float32Array, at: number, leptons: PtEtaPhiM, q: Quadruplets, row: number): void {
  if (q.mask[row] === 0) {
    out.fill(Number.NaN, at, at + LEPTONS * LEPTON)
    return
  }
  const four = [
    [q.lepton1[row], 1],
    [q.antilepton1[row], 1],
    [q.lepton2[row], 0],
    [q.antilepton2[row], 0],
  ].sort((a, b) => leptons.pt[b[0]] - leptons.pt[a[0]])
  four.forEach(([lepton, leading], k) => {
    out[at + k * LEPTON] = Math.log(leptons.pt[lepton])
    out[at + k * LEPTON + 1] = leptons.eta[lepton]
    out[at + k * LEPTON + 2] = leading
  })
}

/** Every variable by its name; NaN where the event has not got what it is made of. */
function variables(
  { leptons, jets, quadruplets: q, selected }: Candidates,
  met: Float32Array | null,
): ReadonlyMap<string, Float64Array> {
  const p4 = fromPtEtaPhiM(leptons)
  const jet4 = fromPtEtaPhiM(jets)
  const four = {
    lepton1: take(p4, q.lepton1),
    antilepton1: take(p4, q.antilepton1),
    lepton2: take(p4, q.lepton2),
    antilepton2: take(p4, q.antilepton2),
  }
  const system = addPairs(addPairs(four.lepton1, four.antilepton1), addPairs(four.lepton2, four.antilepton2))
  const x = toPtEtaPhiM(system)
  const [jet1, jet2] = [take(jet4, selected.leading), take(jet4, selected.second)]
  const [j1, j2] = [toPtEtaPhiM(jet1), toPtEtaPhiM(jet2)]
  const log = (values: ArrayLike<number>) => Float64Array.from(values, (value) => Math.log1p(value))
  const angles: FourLeptonAngles = fourLeptonAngles(four)
  return new Map([
    ['pt4l', log(q.pt4l)],
    ['m12', log(q.m12)],
    ['m34', log(q.m34)],
    ['cos_theta_star', angles.cosThetaStar.map(Math.abs)],
    ['cos_theta1', angles.cosTheta1],
    ['cos_theta2', angles.cosTheta2],
    ['phi_zz', angles.phi.map(Math.abs)],
    ['cos_phi', angles.phi.map(Math.cos)],
    ['cos_phi1', angles.phi1.map(Math.cos)],
    ['pt_j', log(j1.pt)],
    ['eta_j', j1.eta],
    ['dr_4l_j', x.eta.map((eta, i) => deltaR(eta, x.phi[i], j1.eta[i], j1.phi[i]))],
    ['met', log(met ?? [])],
    ['eta_4l', x.eta],
    ['m_jj', log(selected.mjj)],
    ['pt_4ljj', log(ptOf(addPairs(system, addPairs(jet1, jet2))))],
    ['eta_zepp', zeppenfeld(x.eta, j1.eta, j2.eta)],
  ])
}

const ptOf = ({ px, py }: Cartesian64): Float64Array => px.map((value, i) => Math.hypot(value, py[i]))
