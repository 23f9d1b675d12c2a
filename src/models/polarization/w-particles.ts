import { type Events, float32 } from '../../ingest/columns.js'
import type { BoundFeatures, FeatureBuilder, FeatureFactory } from '../feature-builder.js'
import type { Momenta } from '../momenta.js'
import { parseOptions } from '../options.js'
import { eventFeatures } from './event-features.js'
import { azimuthOf, KINEMATICS, tensorsOf, writeParticle } from './particles.js'
import { chooseW, type WChoice, wEventOf } from './w-choice.js'
import { FINAL_STATES, TOKEN, WOptions, wantedOf, wLayout, wReads } from './w-options.js'

const [W_LEPTON, NEUTRINO, Z_MINUS, Z_PLUS, JET] = [1, 2, 3, 4, 5]

/**
 * Leptons, neutrino and jets of events with a W boson, as ln pT, η, cos Δφ, sin Δφ, ln E (GeV), Δφ counted from the azimuth
 * of W lepton and neutrino together. The Z boson's leptons, where there are any, are the pair of one flavour and two charges
 * nearest to its mass. A neutrino from `met` has η = 0 and E = pT. `flat`: `momenta` [n, 5 P + 1] of W lepton, neutrino,
 * ℓ−, ℓ+, jets, and the charge of the W boson; `tokens`: `particles` [n, t, 11] with charge and flags of what it is, and
 * `mask` [n, t]. With `channel`, also `channel` [n, 9]; with `derived`, also `derived` [n, D], which is all that
 * `layout: derived` has. With `oriented`, η counts to the side to which leptons and neutrino fly together, and sin Δφ to the
 * side of the W lepton.
 * An event that lacks what the final state has gets NaN, so that it is refused and not scored as if it had it.
 */
export const wParticles: FeatureFactory = (raw) => {
  const options = parseOptions(WOptions, raw, 'w-particles')
  const { final, layout, max_jets } = options
  const builder: FeatureBuilder = {
    id: 'w-particles',
    version: 1,
    axis: '',
    reads: wReads(options),
    tensors: tensorsOf(wLayout(options)),
    maxLength: layout === 'tokens' ? FINAL_STATES[final].leptons + 1 + max_jets : null,
    bind: (events) => bind(events, options),
  }
  return builder
}

/** The wanted quantities, a column each. */
function derivedColumns(choice: WChoice, options: WOptions): Float64Array[] {
  const names = wantedOf(options)
  if (names.length === 0) return []
  const all = FINAL_STATES[options.final].derived.of(wEventOf(choice, options), options.derived_side)
  return names.map((name) => all[name])
}

function bind(events: Events, options: WOptions): BoundFeatures {
  const { layout, final, channel, max_jets, oriented } = options
  const content = FINAL_STATES[final]
  const isTokens = layout === 'tokens'
  const choice = chooseW(events, options)
  const { leptons, charge, neutrinos, jets, assigned, neutrino, firstJet, jetCount } = choice
  const fixed = content.leptons + 1
  const lengths = Int32Array.from({ length: events.rows }, (_, row) =>
    neutrino[row] < 0 ? fixed : fixed + Math.min(jetCount[row], max_jets),
  )
  const width = isTokens ? TOKEN : KINEMATICS
  const alongBeam = (list: Momenta, k: number): number => list.pt[k] * Math.sinh(list.eta[k])

  /** Writes the particles of an event one after another; gives where it stopped. */
  function write(out: Float32Array, first: number, row: number, count: number): number {
    const end = first + count * width + (isTokens ? 0 : 1)
    const w = assigned.w[row]
    if (w < 0) {
      out.fill(Number.NaN, first, end)
      return end
    }
    const [minus, plus, nu] = [assigned.zMinus[row], assigned.zPlus[row], neutrino[row]]
    const azimuth = azimuthOf(leptons, w, neutrinos, nu)
    const ofZ = final === 'lnull' ? alongBeam(leptons, minus) + alongBeam(leptons, plus) : 0
    const side = oriented && alongBeam(leptons, w) + alongBeam(neutrinos, nu) + ofZ < 0 ? -1 : 1
    const hand = oriented && Math.sin(leptons.phi[w] - azimuth) < 0 ? -1 : 1
    let at = first
    const writeOne = (list: Momenta, k: number, flag: number, sign: number): void => {
      writeParticle(out, at, list, k, azimuth, side, hand)
      if (isTokens) {
        out.fill(0, at + KINEMATICS, at + TOKEN)
        out[at + KINEMATICS] = sign
        out[at + KINEMATICS + flag] = 1
      }
      at += width
    }
    writeOne(leptons, w, W_LEPTON, charge[w])
    writeOne(neutrinos, nu, NEUTRINO, 0)
    if (final === 'lnull') {
      writeOne(leptons, minus, Z_MINUS, -1)
      writeOne(leptons, plus, Z_PLUS, 1)
    }
    for (let k = 0; k < count - fixed; k++) writeOne(jets, firstJet[row] + k, JET, 0)
    if (!isTokens) out[at] = charge[w]
    return end
  }

  return eventFeatures({
    layout: wLayout(options),
    lengths,
    count: fixed + content.jets,
    write,
    channels: channel === undefined ? null : float32(events, channel),
    derived: derivedColumns(choice, options),
  })
}
