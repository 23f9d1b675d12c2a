import { type Events, float32 } from '../../ingest/columns.js'
import type { Cartesian } from '../../physics/columns.js'
import { fromPtEtaPhiM } from '../../physics/convert.js'
import { neutrinoEtas } from '../../physics/neutrino-eta.js'
import { take } from '../../physics/sum.js'
import { type Momenta, momentaOf } from '../momenta.js'
import { M_W, type WEvent } from './w-event.js'
import { type AssignedLeptons, assignLeptons } from './w-leptons.js'
import { FINAL_STATES, type WOptions } from './w-options.js'

/** Least missing momentum: where there is none, the mass of the W boson would put the neutrino infinitely far forward, GeV. */
const LEAST_PT = 1e-3

/** The particles of events with a W boson, and which of them belong to an event: −1 in one that lacks any of its final state. */
export interface WChoice {
  readonly leptons: Momenta
  readonly charge: Float32Array
  /** A neutrino from `met` has η = 0. */
  readonly neutrinos: Momenta
  readonly jets: Momenta
  readonly assigned: AssignedLeptons
  readonly neutrino: Int32Array
  readonly firstJet: Int32Array
  /** Jets of each event. */
  readonly jetCount: Int32Array
}

export function chooseW(events: Events, options: WOptions): WChoice {
  const assigned = assignLeptons(events, options.leptons, options.final)
  const { of, all } = neutrinosOf(events, options)
  const offsets = events.offsets(options.jets)
  const jetCount = Int32Array.from({ length: events.rows }, (_, row) => offsets[row + 1] - offsets[row])
  const isWhole = (row: number): boolean =>
    assigned.w[row] >= 0 && of(row) >= 0 && jetCount[row] >= FINAL_STATES[options.final].jets
  const whole = (indices: (row: number) => number): Int32Array =>
    Int32Array.from({ length: events.rows }, (_, row) => (isWhole(row) ? indices(row) : -1))
  return {
    leptons: momentaOf(events, options.leptons),
    charge: float32(events, `${options.leptons}.charge`),
    neutrinos: all,
    jets: momentaOf(events, options.jets),
    assigned: {
      w: whole((row) => assigned.w[row]),
      zMinus: whole((row) => assigned.zMinus[row]),
      zPlus: whole((row) => assigned.zPlus[row]),
    },
    neutrino: whole(of),
    firstJet: whole((row) => offsets[row]),
    jetCount,
  }
}

/** The neutrino of each event as a list of particles, and which of them it is: −1 where there is none. */
function neutrinosOf(
  events: Events,
  { neutrino, neutrinos, met }: WOptions,
): { readonly all: Momenta; readonly of: (row: number) => number } {
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

/** The same as columns with a value an event. */
export function wEventOf(choice: WChoice, { final, neutrino }: WOptions): WEvent {
  const { assigned, charge, firstJet } = choice
  const [leptons, jets] = [choice.leptons, choice.jets].map(fromPtEtaPhiM)
  const second = firstJet.map((k) => (k < 0 ? -1 : k + 1))
  return {
    lepton: take(leptons, assigned.w),
    charge: Float64Array.from(assigned.w, (k) => (k < 0 ? Number.NaN : charge[k])),
    neutrinos:
      neutrino === 'truth' ? [take(fromPtEtaPhiM(choice.neutrinos), choice.neutrino)] : fitted(choice),
    jets: [firstJet, second].slice(0, FINAL_STATES[final].jets).map((index) => take(jets, index)),
    z: final === 'lnull' ? [assigned.zMinus, assigned.zPlus].map((index) => take(leptons, index)) : [],
  }
}

/** The two neutrinos of each event that fit the mass of the W boson. */
function fitted({ leptons, neutrinos, assigned: { w } }: WChoice): Cartesian[] {
  const of = (values: Float32Array): Float64Array =>
    Float64Array.from(w, (k) => (k < 0 ? Number.NaN : values[k]))
  const pt = Float64Array.from(neutrinos.pt, (value) => Math.max(value, LEAST_PT))
  const { phi, mass } = neutrinos
  const lepton = { pt: of(leptons.pt), eta: of(leptons.eta), phi: of(leptons.phi) }
  const { near, far } = neutrinoEtas(lepton, { pt, phi }, M_W)
  return [near, far].map((eta) => fromPtEtaPhiM({ pt, eta, phi, mass }))
}
