import { z } from 'zod'
import { type Events, float32 } from '../../../ingest/columns.js'
import { fromPtEtaPhiM } from '../../../physics/convert.js'
import { leading } from '../../../physics/selection/leading.js'
import { take } from '../../../physics/sum.js'
import {
  type BoundFeatures,
  type FeatureBuilder,
  type FeatureFactory,
  numberRead,
} from '../../feature-builder.js'
import { rowsOf } from '../../features/rows.js'
import { momentaOf, momentumReads } from '../../momenta.js'
import { parseOptions } from '../../options.js'
import { Z_JET, type ZJetVariable, zJetVariables } from '../../z-jet.js'

export const VARIABLES = Z_JET
export type Variable = ZJetVariable

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
  return zJetVariables({
    minus: take(p4, ofSign(-1)),
    plus: take(p4, ofSign(1)),
    jet: take(fromPtEtaPhiM(jets), leading(jets.pt, events.offsets(lists.jets), 1)),
  })
}
