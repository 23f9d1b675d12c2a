import { type Events, float32 } from '../../../ingest/columns.js'
import { deltaR } from '../../../physics/delta-r.js'
import { passesAll } from '../../../physics/selection/cuts.js'
import { fiducialPhaseSpace, generatorPhaseSpace, zJetsCuts } from '../../../physics/selection/z-jets.js'
import { momentaOf } from '../../momenta.js'
import { W_POLE } from '../poles.js'

/** Which boson of which process has its polarisation told. */
export const BOSONS = ['z', 'w', 'wz-w', 'wz-z'] as const
export type Boson = (typeof BOSONS)[number]

/** What is true of an event, as columns, and what the final state has. */
export interface BosonSample {
  /** Final state of `w-particles`; null for the Z boson's own features. */
  readonly final: 'lnu' | 'lnull' | null
  /** Prefix of the fractions: `<prefix>r_l<suffix>`. */
  readonly fractions: string
  /** Prefix of the boson's true pT, η and mass. */
  readonly boson: string
  /** Masses that have to be near their pole for fractions to mean something, GeV. */
  readonly poles: Readonly<Record<string, number>>
  readonly jets: number
}

const Z_MASS = 91.2
const WZ_POLES = { 'truth.v1_mass': W_POLE, 'truth.v2_mass': Z_MASS }

export const SAMPLES: Readonly<Record<Boson, BosonSample>> = {
  // 81 < m_Z < 101 GeV is among the cuts of its phase spaces.
  z: { final: null, fractions: 'truth.', boson: 'truth.z_', poles: {}, jets: 1 },
  w: { final: 'lnu', fractions: 'truth.', boson: 'truth.w_', poles: { 'truth.w_mass': W_POLE }, jets: 1 },
  'wz-w': { final: 'lnull', fractions: 'truth.v1_', boson: 'truth.v1_', poles: WZ_POLES, jets: 2 },
  'wz-z': { final: 'lnull', fractions: 'truth.v2_', boson: 'truth.v2_', poles: WZ_POLES, jets: 2 },
}

/** Events of the two phase spaces: all that was generated, and what a detector sees. */
export interface PhaseSpaces {
  readonly generator: Uint8Array
  readonly fiducial: Uint8Array
}

interface Lists {
  readonly leptons: string
  readonly jets: string
}

/**
 * The phase spaces of the Z boson are those of `zJetsCuts`. With a W boson the same cuts hold, without that on the mass, for
 * all leptons and for as many jets as the final state has: generator pT_j > 10 GeV, |η_j| < 5, ΔR(j, ℓ) > 0.2; fiducial
 * pT_j > 20 GeV, |η_j| < 4, pT_ℓ > 20 GeV, |η_ℓ| < 2.7. The neutrino is not cut on.
 */
export function phaseSpaces(events: Events, boson: Boson, lists: Lists): PhaseSpaces {
  const objects = {
    leptons: momentaOf(events, lists.leptons),
    leptonOffsets: events.offsets(lists.leptons),
    jets: momentaOf(events, lists.jets),
    jetOffsets: events.offsets(lists.jets),
  }
  if (boson === 'z') {
    return {
      generator: passesAll(zJetsCuts(objects, generatorPhaseSpace)),
      fiducial: passesAll(zJetsCuts(objects, fiducialPhaseSpace)),
    }
  }
  const { leptons, leptonOffsets, jets, jetOffsets } = objects
  const count = SAMPLES[boson].jets
  const passes = (space: typeof generatorPhaseSpace, row: number): boolean => {
    const { leptonPt = 0, leptonAbsEta = Number.POSITIVE_INFINITY } = space
    const from = jetOffsets[row]
    if (jetOffsets[row + 1] - from < count) return false
    for (let l = leptonOffsets[row]; l < leptonOffsets[row + 1]; l++) {
      if (!(leptons.pt[l] > leptonPt) || !(Math.abs(leptons.eta[l]) < leptonAbsEta)) return false
    }
    for (let j = from; j < from + count; j++) {
      if (!(jets.pt[j] > space.jetPt) || !(Math.abs(jets.eta[j]) < space.jetAbsEta)) return false
      for (let l = leptonOffsets[row]; l < leptonOffsets[row + 1]; l++) {
        if (!(deltaR(jets.eta[j], jets.phi[j], leptons.eta[l], leptons.phi[l]) > space.deltaR)) return false
      }
    }
    return true
  }
  const mask = (space: typeof generatorPhaseSpace): Uint8Array =>
    Uint8Array.from({ length: events.rows }, (_, row) => (passes(space, row) ? 1 : 0))
  return { generator: mask(generatorPhaseSpace), fiducial: mask(fiducialPhaseSpace) }
}

/** Mass (GeV) and |Δη| of the first two jets, taken as light; NaN where there are fewer. */
export function dijets(events: Events, jets: string): { m_jj: Float32Array; deta_jj: Float32Array } {
  const { pt, eta, phi } = momentaOf(events, jets)
  const offsets = events.offsets(jets)
  const of = (quantity: (a: number, b: number) => number): Float32Array =>
    Float32Array.from({ length: events.rows }, (_, row) =>
      offsets[row + 1] - offsets[row] < 2 ? Number.NaN : quantity(offsets[row], offsets[row] + 1),
    )
  return {
    m_jj: of((a, b) =>
      Math.sqrt(2 * pt[a] * pt[b] * (Math.cosh(eta[a] - eta[b]) - Math.cos(phi[a] - phi[b]))),
    ),
    deta_jj: of((a, b) => Math.abs(eta[a] - eta[b])),
  }
}

/** Numbers of an auxiliary target, by its name. */
export const AUXILIARY = {
  none: [],
  'neutrino-pz': ['nu_pz'],
  'w-momentum': ['w_pt', 'w_eta', 'w_energy'],
} as const
export type Auxiliary = keyof typeof AUXILIARY

/** Scale below which a longitudinal momentum counts as itself and not as its logarithm, GeV. */
const PZ_SCALE = 50

/** What the auxiliary task regresses: asinh(p_z / 50 GeV) of the neutrino; or ln pT, η, ln E of the W boson. */
export function auxiliaryOf(
  events: Events,
  which: Auxiliary,
  prefix: string,
  neutrinos: string,
): Float32Array {
  if (which === 'neutrino-pz') {
    const [pt, eta] = ['pt', 'eta'].map((name) => float32(events, `${neutrinos}.${name}`))
    const offsets = events.offsets(neutrinos)
    return Float32Array.from({ length: events.rows }, (_, row) => {
      const k = offsets[row]
      return offsets[row + 1] > k ? Math.asinh((pt[k] * Math.sinh(eta[k])) / PZ_SCALE) : Number.NaN
    })
  }
  const [pt, eta, mass] = ['pt', 'eta', 'mass'].map((name) => float32(events, `${prefix}${name}`))
  const out = new Float32Array(3 * events.rows)
  for (let row = 0; row < events.rows; row++) {
    const energy = Math.hypot(pt[row] * Math.cosh(eta[row]), mass[row])
    out.set([Math.log(pt[row]), eta[row], Math.log(energy)], 3 * row)
  }
  return out
}
