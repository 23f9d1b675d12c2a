import { z } from 'zod'
import { type Events, float32 } from '../../../ingest/columns.js'
import { collinsSoper } from '../../../physics/collins-soper.js'
import { fromPtEtaPhiM, toPtEtaPhiM } from '../../../physics/convert.js'
import { deltaPhi } from '../../../physics/delta-phi.js'
import { masses } from '../../../physics/mass.js'
import { rapidities } from '../../../physics/rapidity.js'
import { leading } from '../../../physics/selection/leading.js'
import { addPairs, take } from '../../../physics/sum.js'
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
 * Kinematics of a Z boson, its decay and the leading jet. Momenta as ln(x / GeV); the jet's η counts to the side to which the
 * Z boson flies, and |y| is its rapidity, since nothing changes when an event is mirrored; angles of the negative lepton in
 * the Collins-Soper frame; dphi: π − |Δφ(Z, jet)|, 0 for back to back.
 */
export const VARIABLES = [
  'z_pt',
  'z_rapidity',
  'z_mass',
  'cos_theta_cs',
  'cos_phi_cs',
  'jet_eta',
  'jet_pt',
  'dphi',
] as const
export type Variable = (typeof VARIABLES)[number]

/** Those in which a leading-order sample with one parton fills phase space; in it the others are functions of these. */
export const LEADING_ORDER: readonly Variable[] = VARIABLES.slice(0, 6)

const Options = z.strictObject({
  leptons: z.string().default('leptons'),
  jets: z.string().default('jets'),
  /** Variables of the tensor, in this order. */
  inputs: z
    .array(z.enum(VARIABLES))
    .min(1)
    .default([...LEADING_ORDER]),
})
type Options = z.infer<typeof Options>

/**
 * `kinematics` [n, V]: the chosen variables ({@link VARIABLES}). Events without a lepton of each charge or without a jet get
 * NaN, so that they are refused and not weighted as if they had them.
 */
export const zjKinematics: FeatureFactory = (raw) => {
  const options = parseOptions(Options, raw, 'zj-kinematics')
  const { leptons, jets, inputs } = options
  const builder: FeatureBuilder = {
    id: 'zj-kinematics',
    version: 1,
    axis: '',
    reads: [...momentumReads(leptons), numberRead(`${leptons}.charge`, leptons), ...momentumReads(jets)],
    tensors: [{ name: 'kinematics', shape: ['n', inputs.length], components: inputs }],
    maxLength: null,
    bind: (events) => bind(events, options),
  }
  return builder
}

function bind(events: Events, options: Options): BoundFeatures {
  const all = kinematicsOf(events, options)
  const columns = options.inputs.map((name) => all[name])
  return rowsOf(events.rows, columns)
}

/** Every variable of every event; NaN where the event has not got what it is made of. */
export function kinematicsOf(
  events: Events,
  lists: { readonly leptons: string; readonly jets: string },
): Readonly<Record<Variable, Float64Array>> {
  const leptons = momentaOf(events, lists.leptons)
  const jets = momentaOf(events, lists.jets)
  const charge = float32(events, `${lists.leptons}.charge`)
  const p4 = fromPtEtaPhiM(leptons)
  const ofSign = (sign: number): Int32Array =>
    leading(
      Float32Array.from(leptons.pt, (pt, i) => (charge[i] * sign > 0 ? pt : Number.NaN)),
      events.offsets(lists.leptons),
      1,
    )
  const [minus, plus] = [take(p4, ofSign(-1)), take(p4, ofSign(1))]
  const boson4 = addPairs(minus, plus)
  const boson = toPtEtaPhiM(boson4)
  const jet = toPtEtaPhiM(take(fromPtEtaPhiM(jets), leading(jets.pt, events.offsets(lists.jets), 1)))
  const rapidity = rapidities(boson4)
  const { cosTheta, phi } = collinsSoper(minus, plus)
  const log = (values: Float64Array): Float64Array =>
    values.map((x) => (Number.isNaN(x) ? x : Math.log(Math.max(x, 1e-3))))
  return {
    z_pt: log(boson.pt),
    z_rapidity: rapidity.map(Math.abs),
    z_mass: masses(boson4),
    cos_theta_cs: cosTheta,
    cos_phi_cs: phi.map(Math.cos),
    jet_eta: jet.eta.map((eta, i) => (rapidity[i] < 0 ? -eta : eta)),
    jet_pt: log(jet.pt),
    dphi: boson.phi.map((azimuth, i) => Math.PI - Math.abs(deltaPhi(azimuth, jet.phi[i]))),
  }
}
