import { z } from 'zod'
import { type Events, float32 } from '../../../ingest/columns.js'
import {
  type BoundFeatures,
  type FeatureBuilder,
  type FeatureFactory,
  numberRead,
  type TensorSpec,
} from '../../feature-builder.js'
import { momentaOf, momentumReads } from '../../momenta.js'
import { parseOptions } from '../../options.js'
import { azimuthOf, CHANNELS, KINEMATICS, oneHot, writeParticle } from '../particles.js'

const Options = z.strictObject({
  leptons: z.string().default('leptons'),
  jets: z.string().default('jets'),
  /** `flat`: one row of numbers an event, with its leading jet; `tokens`: a token for each particle. */
  layout: z.enum(['flat', 'tokens']).default('tokens'),
  /** Most jets taken, in the order of the sample; 1 for the leading one. */
  max_jets: z.int().positive().max(64).default(16),
  /** Column of the initial state, 0 to 8, as a one-hot tensor beside; none when absent. */
  channel: z.string().optional(),
})
type Options = z.infer<typeof Options>

/** Kinematics, and whether it is the negative lepton, the positive one, or a jet. */
const TOKEN = KINEMATICS + 3

/**
 * Leptons and jets of a Z + jets event as ln pT, η, cos Δφ, sin Δφ, ln E (GeV), Δφ counted from the azimuth of the lepton
 * pair: what is left of the four-momenta when the event is turned about the beam, under which polarisation fractions do
 * not change. `flat`: `momenta` [n, 15] of negative lepton, positive lepton and leading jet. `tokens`: `particles`
 * [n, t, 8] with three flags (ℓ−, ℓ+, jet) and `mask` [n, t]. With `channel`, also `channel` [n, 9].
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
    tensors: tensorsOf(options),
    maxLength: layout === 'tokens' ? 2 + max_jets : null,
    bind: (events) => bind(events, options),
  }
  return builder
}

function tensorsOf({ layout, channel }: Options): TensorSpec[] {
  const particles: TensorSpec[] =
    layout === 'flat'
      ? [{ name: 'momenta', shape: ['n', 3 * KINEMATICS] }]
      : [
          { name: 'particles', shape: ['n', 't', TOKEN] },
          { name: 'mask', shape: ['n', 't'] },
        ]
  return channel === undefined ? particles : [...particles, { name: 'channel', shape: ['n', CHANNELS] }]
}

function bind(events: Events, options: Options): BoundFeatures {
  const { max_jets, layout, channel } = options
  const leptons = momentaOf(events, options.leptons)
  const jets = momentaOf(events, options.jets)
  const charge = float32(events, `${options.leptons}.charge`)
  const leptonOffsets = events.offsets(options.leptons)
  const jetOffsets = events.offsets(options.jets)
  const channels = channel === undefined ? null : float32(events, channel)
  const jetsOf = (row: number): number => Math.min(jetOffsets[row + 1] - jetOffsets[row], max_jets)
  const complete = (row: number): boolean =>
    leptonOffsets[row + 1] - leptonOffsets[row] >= 2 && jetsOf(row) > 0
  const lengths = Int32Array.from({ length: events.rows }, (_, row) => (complete(row) ? 2 + jetsOf(row) : 3))
  const [width, flags] = layout === 'flat' ? [KINEMATICS, false] : [TOKEN, true]

  /** Writes the particles of an event one after another; gives where it stopped. */
  function writeEvent(out: Float32Array, first: number, row: number, count: number): number {
    if (!complete(row)) {
      out.fill(Number.NaN, first, first + count * width)
      return first + count * width
    }
    const lepton = leptonOffsets[row]
    const negative = charge[lepton] < 0 ? lepton : lepton + 1
    const azimuth = azimuthOf(leptons, lepton, leptons, lepton + 1)
    let at = first
    for (let k = 0; k < count; k++, at += width) {
      if (k === 0) writeParticle(out, at, leptons, negative, azimuth)
      else if (k === 1) writeParticle(out, at, leptons, 2 * lepton + 1 - negative, azimuth)
      else writeParticle(out, at, jets, jetOffsets[row] + k - 2, azimuth)
      if (!flags) continue
      out.fill(0, at + KINEMATICS, at + TOKEN)
      out[at + KINEMATICS + Math.min(k, 2)] = 1
    }
    return at
  }

  return {
    items: events.rows,
    lengths: layout === 'flat' ? null : lengths,
    fill(items, from, to, slot, length, tensors) {
      const size = layout === 'flat' ? 3 : length
      for (let i = from, s = slot; i < to; i++, s++) {
        const row = items[i]
        const count = layout === 'flat' ? 3 : Math.min(lengths[row], length)
        const end = writeEvent(tensors[0], s * size * width, row, count)
        tensors[0].fill(0, end, (s + 1) * size * width)
        if (flags) {
          tensors[1].fill(1, s * length, s * length + count)
          tensors[1].fill(0, s * length + count, (s + 1) * length)
        }
        if (channels !== null) oneHot(tensors[flags ? 2 : 1], s, channels[row])
      }
    },
  }
}
