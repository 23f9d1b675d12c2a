import { z } from 'zod'
import { type Events, float32 } from '../../ingest/columns.js'
import {
  type BoundFeatures,
  type FeatureBuilder,
  type FeatureFactory,
  numberRead,
} from '../feature-builder.js'
import { parseOptions } from '../options.js'

const Options = z.strictObject({
  jet: z.string().default('jet'),
  constituents: z.string().default('constituents'),
  max_length: z.int().positive().max(1024).default(128),
})

const FEATURES = 7
const TINY = 1e-3

/**
 * Constituents of a jet, in the order of the sample: `constituents` [n, t, 7] = ln pt, ln E, ln(pt/jet pt), Δη, Δφ, ΔR
 * to the jet axis, charge (pt, E in GeV, floored at 1e-3 GeV), zero where padded, and `mask` [n, t] (1 there, 0 padded).
 * `jet` names a struct (one jet a row) or a list of jets, whose `constituents` list is then nested in it.
 */
export const jetConstituents: FeatureFactory = (raw) => {
  const options = parseOptions(Options, raw, 'jet-constituents')
  const nested = options.constituents.startsWith(`${options.jet}.`)
  const axis = nested ? options.jet : ''
  const jet = (name: string, unit?: string) => numberRead(`${options.jet}.${name}`, axis, unit)
  const constituent = (name: string, unit?: string) =>
    numberRead(`${options.constituents}.${name}`, options.constituents, unit)
  const builder: FeatureBuilder = {
    id: 'jet-constituents',
    version: 1,
    axis,
    reads: [
      jet('pt', 'GeV'),
      jet('eta'),
      jet('phi', 'rad'),
      constituent('pt', 'GeV'),
      constituent('eta'),
      constituent('phi', 'rad'),
      constituent('energy', 'GeV'),
      constituent('charge'),
    ],
    tensors: [
      { name: 'constituents', shape: ['n', 't', FEATURES] },
      { name: 'mask', shape: ['n', 't'] },
    ],
    maxLength: options.max_length,
    bind: (events) => bind(events, options),
  }
  return builder
}

function bind(events: Events, options: z.infer<typeof Options>): BoundFeatures {
  const { jet, constituents, max_length } = options
  const jetPt = float32(events, `${jet}.pt`)
  const jetEta = float32(events, `${jet}.eta`)
  const jetPhi = float32(events, `${jet}.phi`)
  const pt = float32(events, `${constituents}.pt`)
  const eta = float32(events, `${constituents}.eta`)
  const phi = float32(events, `${constituents}.phi`)
  const energy = float32(events, `${constituents}.energy`)
  const charge = float32(events, `${constituents}.charge`)
  const offsets = events.offsets(constituents)
  const lengths = new Int32Array(jetPt.length)
  for (let i = 0; i < lengths.length; i++) lengths[i] = Math.min(offsets[i + 1] - offsets[i], max_length)
  return {
    items: jetPt.length,
    lengths,
    fill(items, from, to, slot, length, [out, mask]) {
      for (let i = from, s = slot; i < to; i++, s++) {
        const item = items[i]
        const first = offsets[item]
        const count = Math.min(lengths[item], length)
        const lnJetPt = Math.log(Math.max(jetPt[item], TINY))
        const eta0 = jetEta[item]
        const phi0 = jetPhi[item]
        let at = s * length * FEATURES
        for (let k = first; k < first + count; k++, at += FEATURES) {
          const lnPt = Math.log(pt[k] > TINY ? pt[k] : pt[k] <= TINY ? TINY : Number.NaN)
          const deltaEta = eta[k] - eta0
          let deltaPhi = phi[k] - phi0
          deltaPhi -= 2 * Math.PI * Math.round(deltaPhi / (2 * Math.PI))
          out[at] = lnPt
          out[at + 1] = Math.log(energy[k] > TINY ? energy[k] : energy[k] <= TINY ? TINY : Number.NaN)
          out[at + 2] = lnPt - lnJetPt
          out[at + 3] = deltaEta
          out[at + 4] = deltaPhi
          out[at + 5] = Math.sqrt(deltaEta * deltaEta + deltaPhi * deltaPhi)
          out[at + 6] = charge[k]
        }
        out.fill(0, at, (s + 1) * length * FEATURES)
        const row = s * length
        mask.fill(1, row, row + count)
        mask.fill(0, row + count, row + length)
      }
    },
  }
}
