import { eventsOf } from '../../support/events.js'

export type Momentum = readonly [pt: number, eta: number, phi: number]
export interface WEvent {
  readonly leptons: readonly (readonly [...Momentum, charge: number, pdgId: number])[]
  readonly neutrino: Momentum
  readonly jets: readonly Momentum[]
}

/** Events turned about the beam by `turn`. */
export function events(list: readonly WEvent[], turn = 0) {
  const column = (particles: (event: WEvent) => readonly (readonly number[])[], k: number, shift = 0) =>
    list.map((event) => particles(event).map((p) => p[k] + shift))
  const leptons = (event: WEvent) => event.leptons
  const jets = (event: WEvent) => event.jets
  const neutrinos = ({ neutrino }: WEvent) => [neutrino]
  return eventsOf(
    {
      'leptons.pt': ['float32', column(leptons, 0)],
      'leptons.eta': ['float32', column(leptons, 1)],
      'leptons.phi': ['float32', column(leptons, 2, turn)],
      'leptons.mass': ['float32', list.map((event) => event.leptons.map(() => 0))],
      'leptons.charge': ['int8', column(leptons, 3)],
      'leptons.pdg_id': ['int16', column(leptons, 4)],
      'neutrinos.pt': ['float32', column(neutrinos, 0)],
      'neutrinos.eta': ['float32', column(neutrinos, 1)],
      'neutrinos.phi': ['float32', column(neutrinos, 2, turn)],
      'met.pt': ['float32', list.map(({ neutrino: [pt] }) => pt)],
      'met.phi': ['float32', list.map(({ neutrino: [, , phi] }) => phi + turn)],
      'jets.pt': ['float32', column(jets, 0)],
      'jets.eta': ['float32', column(jets, 1)],
      'jets.phi': ['float32', column(jets, 2, turn)],
      'jets.mass': ['float32', list.map((event) => event.jets.map(() => 0))],
    },
    ['leptons', 'neutrinos', 'jets'],
  )
}

/** A W boson and jets. */
export const w: WEvent = {
  leptons: [[40, 0.5, 0.4, 1, -13]],
  neutrino: [30, -1.5, -0.4],
  jets: [
    [60, 2, 3],
    [25, -1, 1],
  ],
}
/** Two pairs are of one flavour and opposite charge; the nearer to the Z mass is that of the second and third. */
export const wz: WEvent = {
  leptons: [
    [60, 0.2, 0, 1, -11],
    [45, 0, 0.1, -1, 11],
    [46, 0, 3.1, 1, -11],
  ],
  neutrino: [35, 1, 2],
  jets: [
    [90, 2.5, -2],
    [50, -2.5, 1],
  ],
}
