import { z } from 'zod'
import { type Events, float32 } from '../../ingest/columns.js'
import {
  type BoundFeatures,
  type FeatureBuilder,
  type FeatureFactory,
  numberRead,
} from '../feature-builder.js'
import { type Momenta, momentaOf, momentumReads } from '../momenta.js'
import { parseOptions } from '../options.js'

const Options = z.strictObject({ leptons: z.string().default('leptons'), jets: z.string().default('jets') })

/**
 * Cartesian momenta (px, py, pz, E in GeV) of the negative lepton, the positive lepton and the leading jet: `momenta`
 * [n, 12]. With pt, eta, phi, m: px = pt cos φ, py = pt sin φ, pz = pt sinh η, E² = p² + m².
 * An event with fewer than two leptons or no jet gets NaN, so that it is refused and not scored as if it had them.
 */
export const zjMomenta: FeatureFactory = (raw) => {
  const options = parseOptions(Options, raw, 'zj-momenta')
  const builder: FeatureBuilder = {
    id: 'zj-momenta',
    version: 1,
    axis: '',
    reads: [
      ...momentumReads(options.leptons),
      numberRead(`${options.leptons}.charge`, options.leptons),
      ...momentumReads(options.jets),
    ],
    tensors: [{ name: 'momenta', shape: ['n', 12] }],
    maxLength: null,
    bind: (events) => bind(events, options.leptons, options.jets),
  }
  return builder
}

function write(out: Float32Array, at: number, p: Momenta, k: number): void {
  const pt = p.pt[k]
  const mass = p.mass[k]
  const up = Math.exp(p.eta[k])
  const pz = 0.5 * pt * (up - 1 / up)
  out[at] = pt * Math.cos(p.phi[k])
  out[at + 1] = pt * Math.sin(p.phi[k])
  out[at + 2] = pz
  out[at + 3] = Math.sqrt(pt * pt + pz * pz + mass * mass)
}

function bind(events: Events, leptonList: string, jetList: string): BoundFeatures {
  const leptons = momentaOf(events, leptonList)
  const jets = momentaOf(events, jetList)
  const charge = float32(events, `${leptonList}.charge`)
  const leptonOffsets = events.offsets(leptonList)
  const jetOffsets = events.offsets(jetList)
  return {
    items: events.rows,
    lengths: null,
    fill(items, from, to, slot, _length, [out]) {
      for (let i = from, at = slot * 12; i < to; i++, at += 12) {
        const row = items[i]
        const first = leptonOffsets[row]
        const jet = jetOffsets[row]
        if (leptonOffsets[row + 1] - first < 2 || jetOffsets[row + 1] === jet) {
          out.fill(Number.NaN, at, at + 12)
          continue
        }
        const negative = charge[first] < 0 ? first : first + 1
        write(out, at, leptons, negative)
        write(out, at + 4, leptons, negative === first ? first + 1 : first)
        write(out, at + 8, jets, jet)
      }
    },
  }
}
