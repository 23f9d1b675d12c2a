import { type Events, float32 } from '../../../ingest/columns.js'
import { passesAll } from '../../../physics/selection/cuts.js'
import { generatorPhaseSpace, zJetsCuts } from '../../../physics/selection/z-jets.js'
import type { FeatureFactory } from '../../feature-builder.js'
import { momentaOf } from '../../momenta.js'
import { W_POLE } from '../../polarization/poles.js'
import * as ssww from '../../polarization/ssww/features.js'
import { kinematicsOf, LEADING_ORDER, VARIABLES, zjKinematics } from './features.js'

/** Names of an event's objects. */
export interface Objects {
  readonly leptons: string
  readonly jets: string
  readonly met: string
}

/** What the weights of one kind of events may depend on, and which events have weights. */
export interface EventType {
  readonly builder: FeatureFactory
  /** The objects that the builder reads. */
  readonly reads: readonly (keyof Objects)[]
  /** Names of what it can write. */
  readonly variables: readonly string[]
  /** Those that weights depend on unless told otherwise. */
  readonly inputs: readonly string[]
  /** Every variable of every event; NaN where the event has not got what it is made of. */
  readonly variablesOf: (events: Events, objects: Objects) => Readonly<Record<string, Float64Array>>
  /** Quantities for figures besides the variables. */
  readonly extras: readonly string[]
  readonly extrasOf: (events: Events, objects: Objects) => Readonly<Record<string, Float32Array>>
  /** 1 for an event of the phase space, by its objects and variables. */
  readonly inside: (
    events: Events,
    options: Objects & { readonly z_pt: number },
    variables: Readonly<Record<string, Float64Array>>,
  ) => Uint8Array
  /** True masses that have to be near their pole for shares of a polarisation to mean something, GeV. */
  readonly poles: Readonly<Record<string, number>>
}

const zj: EventType = {
  builder: zjKinematics,
  reads: ['leptons', 'jets'],
  variables: VARIABLES,
  inputs: LEADING_ORDER,
  variablesOf: kinematicsOf,
  extras: ['lepton_pt', 'lepton_eta', 'jets'],
  extrasOf: (events, { leptons, jets }) => {
    const [first, offsets] = [events.offsets(leptons), events.offsets(jets)]
    const leading = (path: string): Float32Array => {
      const values = float32(events, path)
      return Float32Array.from({ length: events.rows }, (_, row) => values[first[row]] ?? Number.NaN)
    }
    return {
      lepton_pt: leading(`${leptons}.pt`),
      lepton_eta: leading(`${leptons}.eta`),
      jets: Float32Array.from({ length: events.rows }, (_, row) => offsets[row + 1] - offsets[row]),
    }
  },
  inside: (events, { leptons, jets, z_pt }, { z_pt: logPt }) => {
    const objects = {
      leptons: momentaOf(events, leptons),
      leptonOffsets: events.offsets(leptons),
      jets: momentaOf(events, jets),
      jetOffsets: events.offsets(jets),
    }
    const least = Math.log(z_pt)
    return passesAll(zJetsCuts(objects, generatorPhaseSpace)).map((pass, row) =>
      pass === 1 && logPt[row] > least ? 1 : 0,
    )
  },
  // 81 < m_Z < 101 GeV is among the cuts.
  poles: {},
}

const sameSign: EventType = {
  builder: ssww.sswwKinematics,
  reads: ['leptons', 'jets', 'met'],
  variables: ssww.VARIABLES,
  inputs: ssww.VARIABLES,
  variablesOf: (events, objects) => ssww.variablesOf(ssww.candidatesOf(events, objects)),
  extras: [],
  extrasOf: () => ({}),
  inside: (events) => new Uint8Array(events.rows).fill(1),
  poles: { 'truth.v1_mass': W_POLE, 'truth.v2_mass': W_POLE },
}

/** Kinds of events by the name that `recipe.events` has for them. */
export const EVENT_TYPES = { zj, ssww: sameSign } as const satisfies Readonly<Record<string, EventType>>
export type EventTypeName = keyof typeof EVENT_TYPES
