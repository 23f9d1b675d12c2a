import { z } from 'zod'
import { type Events, float32 } from '../../../ingest/columns.js'
import { fromPtEtaPhiM } from '../../../physics/convert.js'
import { take } from '../../../physics/sum.js'
import {
  type BoundFeatures,
  type FeatureBuilder,
  type FeatureFactory,
  numberRead,
} from '../../feature-builder.js'
import { type Momenta, momentaOf, momentumReads } from '../../momenta.js'
import { parseOptions } from '../../options.js'
import { eventFeatures } from '../event-features.js'
import { azimuthOf, type EventLayout, KINEMATICS, tensorsOf, writeParticle } from '../particles.js'
import { DERIVED, type Derived, derivedOf } from '../z-derived.js'

const Options = z.strictObject({
  leptons: z.string().default('leptons'),
  jets: z.string().default('jets'),
  /**
   * `flat`: one row of numbers an event, with its leading jet; `tokens`: a token for each particle; `derived`: the derived
   * quantities and no momenta.
   */
  layout: z.enum(['flat', 'tokens', 'derived']).default('tokens'),
  /** Most jets taken, in the order of the sample; 1 for the leading one. */
  max_jets: z.int().positive().max(64).default(16),
  /** Column of the initial state, 0 to 8, as a one-hot tensor beside; none when absent. */
  channel: z.string().optional(),
  /** Quantities of {@link DERIVED}, in this order, beside the momenta; true, or `layout: derived`, for all of version 1. */
  derived: z.union([z.boolean(), z.array(z.enum(DERIVED)).min(1)]).default(false),
  /** To which side derived quantities count. */
  derived_side: z.enum(['boson', 'beam']).default('boson'),
  /** Whether the momenta of an event and its mirror images are one. */
  oriented: z.boolean().default(false),
})
type Options = z.infer<typeof Options>

/** Both leptons and the leading jet. */
const FLAT = 3
/** Kinematics, and whether it is the negative lepton, the positive one, or a jet. */
const TOKEN = KINEMATICS + 3

/**
 * Leptons and jets of a Z + jets event as ln pT, η, cos Δφ, sin Δφ, ln E (GeV), Δφ counted from the azimuth of the lepton
 * pair: what is left of the four-momenta when the event is turned about the beam, under which polarisation fractions do
 * not change. `flat`: `momenta` [n, 15] of negative lepton, positive lepton and leading jet. `tokens`: `particles`
 * [n, t, 8] with three flags (ℓ−, ℓ+, jet) and `mask` [n, t]. With `channel`, also `channel` [n, 9]; with `derived`, also
 * `derived` [n, D], which is all that `layout: derived` has. With `oriented`, η counts to the side to which the pair flies, and sin Δφ to the side of the negative
 * lepton: the fractions of two equal beams are the same in both mirrors.
 * An event with fewer than two leptons or no jet gets NaN, so that it is refused and not scored as if it had them.
 */
export const zjParticles: FeatureFactory = (raw) => {
  const options = parseOptions(Options, raw, 'zj-particles')
  const { leptons, jets, layout, max_jets, channel } = options
  const builder: FeatureBuilder = {
    id: 'zj-particles',
    version: 1,
    axis: '',
    reads: [
      ...momentumReads(leptons),
      numberRead(`${leptons}.charge`, leptons),
      ...momentumReads(jets),
      ...(channel === undefined ? [] : [numberRead(channel, '')]),
    ],
    tensors: tensorsOf(layoutOf(options)),
    maxLength: layout === 'tokens' ? 2 + max_jets : null,
    bind: (events) => bind(events, options),
  }
  return builder
}

const layoutOf = (options: Options): EventLayout => ({
  layout: options.layout,
  flat: FLAT * KINEMATICS,
  token: TOKEN,
  channel: options.channel !== undefined,
  derived: wanted(options),
})

function wanted({ layout, derived }: Options): readonly Derived[] {
  if (Array.isArray(derived)) return derived
  return derived || layout === 'derived' ? DERIVED : []
}

/** Where the particles of each event are in their lists; −1 in an event that has not got all three. */
interface Chosen {
  readonly minus: Int32Array
  readonly plus: Int32Array
  readonly jet: Int32Array
}

/** The first two leptons of each event, the negative one first, and its first jet. */
function choose(events: Events, { leptons, jets }: Options): Chosen {
  const charge = float32(events, `${leptons}.charge`)
  const [first, firstJet] = [events.offsets(leptons), events.offsets(jets)]
  const none = (): Int32Array => new Int32Array(events.rows).fill(-1)
  const chosen = { minus: none(), plus: none(), jet: none() }
  for (let row = 0; row < events.rows; row++) {
    const lepton = first[row]
    if (first[row + 1] - lepton < 2 || firstJet[row + 1] === firstJet[row]) continue
    chosen.minus[row] = charge[lepton] < 0 ? lepton : lepton + 1
    chosen.plus[row] = 2 * lepton + 1 - chosen.minus[row]
    chosen.jet[row] = firstJet[row]
  }
  return chosen
}

/** The wanted quantities, a column each. */
function derivedColumns(options: Options, leptons: Momenta, jets: Momenta, chosen: Chosen): Float64Array[] {
  const names = wanted(options)
  if (names.length === 0) return []
  const [lepton4, jet4] = [fromPtEtaPhiM(leptons), fromPtEtaPhiM(jets)]
  const event = {
    minus: take(lepton4, chosen.minus),
    plus: take(lepton4, chosen.plus),
    jet: take(jet4, chosen.jet),
  }
  const all = derivedOf(event, options.derived_side)
  return names.map((name) => all[name])
}

function bind(events: Events, options: Options): BoundFeatures {
  const { max_jets, layout, channel, oriented } = options
  const leptons = momentaOf(events, options.leptons)
  const jets = momentaOf(events, options.jets)
  const chosen = choose(events, options)
  const { minus, plus } = chosen
  const jetOffsets = events.offsets(options.jets)
  const lengths = Int32Array.from({ length: events.rows }, (_, row) =>
    minus[row] < 0 ? 3 : 2 + Math.min(jetOffsets[row + 1] - jetOffsets[row], max_jets),
  )
  const flags = layout === 'tokens'
  const width = flags ? TOKEN : KINEMATICS

  /** Writes the particles of an event one after another; gives where it stopped. */
  function write(out: Float32Array, first: number, row: number, count: number): number {
    const negative = minus[row]
    const positive = plus[row]
    if (negative < 0) {
      out.fill(Number.NaN, first, first + count * width)
      return first + count * width
    }
    const azimuth = azimuthOf(leptons, negative, leptons, positive)
    const { pt, eta, phi } = leptons
    const along = pt[negative] * Math.sinh(eta[negative]) + pt[positive] * Math.sinh(eta[positive])
    const side = oriented && along < 0 ? -1 : 1
    const hand = oriented && Math.sin(phi[negative] - azimuth) < 0 ? -1 : 1
    let at = first
    for (let k = 0; k < count; k++, at += width) {
      if (k === 0) writeParticle(out, at, leptons, negative, azimuth, side, hand)
      else if (k === 1) writeParticle(out, at, leptons, positive, azimuth, side, hand)
      else writeParticle(out, at, jets, jetOffsets[row] + k - 2, azimuth, side, hand)
      if (!flags) continue
      out.fill(0, at + KINEMATICS, at + TOKEN)
      out[at + KINEMATICS + Math.min(k, 2)] = 1
    }
    return at
  }

  return eventFeatures({
    layout: layoutOf(options),
    lengths,
    count: FLAT,
    write,
    channels: channel === undefined ? null : float32(events, channel),
    derived: derivedColumns(options, leptons, jets, chosen),
  })
}
