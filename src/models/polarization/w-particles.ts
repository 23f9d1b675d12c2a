import { z } from 'zod'
import { type Events, float32 } from '../../ingest/columns.js'
import {
  type BoundFeatures,
  type FeatureBuilder,
  type FeatureFactory,
  numberRead,
  type TensorSpec,
} from '../feature-builder.js'
import { type Momenta, momentaOf, momentumReads } from '../momenta.js'
import { parseOptions } from '../options.js'
import { azimuthOf, CHANNELS, KINEMATICS, oneHot, writeParticle } from './particles.js'
import { assignLeptons } from './w-leptons.js'

const Options = z.strictObject({
  leptons: z.string().default('leptons'),
  jets: z.string().default('jets'),
  /** `lnu`: a W boson and a jet; `lnull`: W and Z bosons and two jets. */
  final: z.enum(['lnu', 'lnull']).default('lnu'),
  /** Where the neutrino is from: `met`, its transverse momentum alone, or `truth`, all of it. */
  neutrino: z.enum(['met', 'truth']).default('met'),
  neutrinos: z.string().default('neutrinos'),
  met: z.string().default('met'),
  /** `flat`: one row of numbers an event; `tokens`: a token for each particle. */
  layout: z.enum(['flat', 'tokens']).default('flat'),
  /** Most jets taken, in the order of the sample; `flat` takes as many as the final state has. */
  max_jets: z.int().positive().max(64).default(16),
  /** Column of the initial state, 0 to 8, as a one-hot tensor beside; none when absent. */
  channel: z.string().optional(),
})
type Options = z.infer<typeof Options>

/** Charge, and flags for the W boson's lepton, the neutrino, ℓ−, ℓ+ of the Z boson, a jet. */
const FLAGS = 6
const TOKEN = KINEMATICS + FLAGS
const [W_LEPTON, NEUTRINO, Z_MINUS, Z_PLUS, JET] = [1, 2, 3, 4, 5]

/** Leptons and least jets of a final state. */
const CONTENT = { lnu: { leptons: 1, jets: 1 }, lnull: { leptons: 3, jets: 2 } } as const

/**
 * Leptons, neutrino and jets of events with a W boson, as ln pT, η, cos Δφ, sin Δφ, ln E (GeV), Δφ counted from the azimuth
 * of W lepton and neutrino together. The Z boson's leptons, where there are any, are the pair of one flavour and two charges
 * nearest to its mass. A neutrino from `met` has η = 0 and E = pT. `flat`: `momenta` [n, 5 P + 1] of W lepton, neutrino,
 * ℓ−, ℓ+, jets, and the charge of the W boson; `tokens`: `particles` [n, t, 11] with charge and flags of what it is, and
 * `mask` [n, t]. With `channel`, also `channel` [n, 9].
 * An event that lacks what the final state has gets NaN, so that it is refused and not scored as if it had it.
 */
export const wParticles: FeatureFactory = (raw) => {
  const options = parseOptions(Options, raw, 'w-particles')
  const { leptons, jets, final, neutrino, layout, max_jets, channel } = options
  const missing =
    neutrino === 'met'
      ? [numberRead(`${options.met}.pt`, '', 'GeV'), numberRead(`${options.met}.phi`, '', 'rad')]
      : momentumReads(options.neutrinos).slice(0, 3)
  const builder: FeatureBuilder = {
    id: 'w-particles',
    version: 1,
    axis: '',
    reads: [
      ...momentumReads(leptons),
      numberRead(`${leptons}.charge`, leptons),
      ...(final === 'lnull' ? [numberRead(`${leptons}.pdg_id`, leptons)] : []),
      ...momentumReads(jets),
      ...missing,
      ...(channel === undefined ? [] : [numberRead(channel, '')]),
    ],
    tensors: tensorsOf(options),
    maxLength: layout === 'tokens' ? CONTENT[final].leptons + 1 + max_jets : null,
    bind: (events) => bind(events, options),
  }
  return builder
}

function tensorsOf({ layout, final, channel }: Options): TensorSpec[] {
  const { leptons, jets } = CONTENT[final]
  const particles: TensorSpec[] =
    layout === 'flat'
      ? [{ name: 'momenta', shape: ['n', (leptons + 1 + jets) * KINEMATICS + 1] }]
      : [
          { name: 'particles', shape: ['n', 't', TOKEN] },
          { name: 'mask', shape: ['n', 't'] },
        ]
  return channel === undefined ? particles : [...particles, { name: 'channel', shape: ['n', CHANNELS] }]
}

/** The neutrino of each event as a list of particles, and which of them it is: −1 where there is none. */
function neutrinosOf(events: Events, options: Options): { all: Momenta; of: (row: number) => number } {
  const { neutrino, neutrinos, met } = options
  if (neutrino === 'met') {
    const pt = float32(events, `${met}.pt`)
    const zeros = new Float32Array(pt.length)
    const all = { pt, eta: zeros, phi: float32(events, `${met}.phi`), mass: zeros }
    return { all, of: (row) => row }
  }
  const [pt, eta, phi] = ['pt', 'eta', 'phi'].map((name) => float32(events, `${neutrinos}.${name}`))
  const offsets = events.offsets(neutrinos)
  const all = { pt, eta, phi, mass: new Float32Array(pt.length) }
  return { all, of: (row) => (offsets[row + 1] > offsets[row] ? offsets[row] : -1) }
}

function bind(events: Events, options: Options): BoundFeatures {
  const { layout, final, channel, max_jets } = options
  const content = CONTENT[final]
  const isFlat = layout === 'flat'
  const leptons = momentaOf(events, options.leptons)
  const jets = momentaOf(events, options.jets)
  const charge = float32(events, `${options.leptons}.charge`)
  const assigned = assignLeptons(events, options.leptons, final)
  const neutrino = neutrinosOf(events, options)
  const jetOffsets = events.offsets(options.jets)
  const channels = channel === undefined ? null : float32(events, channel)
  const most = isFlat ? content.jets : max_jets
  const jetsOf = (row: number): number => Math.min(jetOffsets[row + 1] - jetOffsets[row], most)
  const isComplete = (row: number): boolean =>
    assigned.w[row] >= 0 && neutrino.of(row) >= 0 && jetsOf(row) >= content.jets
  const fixed = content.leptons + 1
  const lengths = Int32Array.from({ length: events.rows }, (_, row) =>
    isComplete(row) ? fixed + jetsOf(row) : fixed,
  )
  const width = isFlat ? KINEMATICS : TOKEN

  /** Writes the particles of an event one after another; gives where it stopped. */
  function writeEvent(out: Float32Array, first: number, row: number, count: number): number {
    const end = first + count * width + (isFlat ? 1 : 0)
    if (!isComplete(row)) {
      out.fill(Number.NaN, first, end)
      return end
    }
    const { w, zMinus, zPlus } = assigned
    const nu = neutrino.of(row)
    const azimuth = azimuthOf(leptons, w[row], neutrino.all, nu)
    let at = first
    const write = (list: Momenta, k: number, flag: number, sign: number): void => {
      writeParticle(out, at, list, k, azimuth)
      if (!isFlat) {
        out.fill(0, at + KINEMATICS, at + TOKEN)
        out[at + KINEMATICS] = sign
        out[at + KINEMATICS + flag] = 1
      }
      at += width
    }
    write(leptons, w[row], W_LEPTON, charge[w[row]])
    write(neutrino.all, nu, NEUTRINO, 0)
    if (final === 'lnull') {
      write(leptons, zMinus[row], Z_MINUS, -1)
      write(leptons, zPlus[row], Z_PLUS, 1)
    }
    for (let k = 0; k < count - fixed; k++) write(jets, jetOffsets[row] + k, JET, 0)
    if (isFlat) out[at] = charge[w[row]]
    return end
  }

  return {
    items: events.rows,
    lengths: isFlat ? null : lengths,
    fill(items, from, to, slot, length, tensors) {
      const size = isFlat ? (fixed + content.jets) * KINEMATICS + 1 : length * TOKEN
      for (let i = from, s = slot; i < to; i++, s++) {
        const row = items[i]
        const count = isFlat ? fixed + content.jets : Math.min(lengths[row], length)
        const end = writeEvent(tensors[0], s * size, row, count)
        tensors[0].fill(0, end, (s + 1) * size)
        if (!isFlat) {
          tensors[1].fill(1, s * length, s * length + count)
          tensors[1].fill(0, s * length + count, (s + 1) * length)
        }
        if (channels !== null) oneHot(tensors[isFlat ? 1 : 2], s, channels[row])
      }
    },
  }
}
