import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { type Events, float32 } from '../../../ingest/columns.js'
import { rootMeanSquare, rSquared } from '../../../train/metrics.js'
import type { Labels, Recipe, Task } from '../../../train/recipe.js'
import type { ScoreTable } from '../../../train/score-table.js'
import { numberRead } from '../../feature-builder.js'
import { nearPole } from '../poles.js'
import { wParticles } from '../w-particles.js'
import { DERIVED } from '../z-derived.js'
import { zjParticles } from './features.js'
import { fractionsNetwork, LossOptions, NetworkOptions } from './network.js'
import { AUXILIARY, auxiliaryOf, BOSONS, dijets, phaseSpaces, SAMPLES } from './samples.js'
import { polarizationRegression } from './system.js'

const Options = z.strictObject({
  boson: z
    .enum(BOSONS)
    .default('z')
    .describe('Whose polarisation: Z of Z + jets, W of W + jets, or W or Z of WZ + two jets.'),
  leptons: z.string().default('leptons').describe('List of the leptons.'),
  jets: z.string().default('jets').describe('List of the jets.'),
  neutrino: z
    .enum(['met', 'truth'])
    .default('met')
    .describe("With a W boson: the neutrino's transverse momentum alone, or all of the true one."),
  neutrinos: z.string().default('neutrinos').describe('List of the true neutrinos.'),
  met: z.string().default('met').describe('Missing transverse momentum.'),
  max_jets: z.int().positive().default(1).describe('Jets that the transformer sees; 1 for the leading one.'),
  derived: z
    .union([z.boolean(), z.array(z.enum(DERIVED)).min(1)])
    .default(true)
    .describe(
      'With the Z boson of Z + jets: its variables, decay angles and those of the Z + jet system as inputs, all or these. The MLP sees them in place of the momenta, the transformer beside them, and both take an event and its mirror images for one; with channel, channels or quark_pz the momenta are seen as they are. false: momenta alone, as the source has them.',
    ),
  channel: z
    .boolean()
    .default(false)
    .describe('Give the initial state as an input: an upper limit, no detector knows it.'),
  channels: z
    .array(z.int().min(0).max(8))
    .nullable()
    .default(null)
    .describe('Initial states in the sample, for instance [0, 1] for qg; null for all.'),
  quark_pz: z
    .enum(['any', 'incoming', 'outgoing'])
    .default('any')
    .describe(
      'Take only events in which this quark flies along +z: of the initial state, or the leading jet.',
    ),
  phase_space: z
    .enum(['generator', 'fiducial'])
    .default('generator')
    .describe('Events that it is trained on: all, or what a detector sees. Both are tested on.'),
  pole: z
    .number()
    .positive()
    .nullable()
    .default(10)
    .describe('With a W boson: most distance of the true masses from their poles, GeV; null for any.'),
  frame: z
    .enum(['lab', 'ppfr', 'cs', 'com'])
    .default('lab')
    .describe('Frame of the helicity: laboratory, parton-parton, Collins-Soper, rest frame of two bosons.'),
  network: NetworkOptions.prefault({ kind: 'mlp' }).describe('The network.'),
  loss: LossOptions.prefault({}).describe('What it is fitted by.'),
})
export type Options = z.infer<typeof Options>

/** What figures are made of; with two jets at least, those of the pair too. */
const QUANTITIES = ['boson_pt', 'initial_channel', 'lepton_pt', 'lepton_eta', 'jet_pt', 'jet_eta', 'fiducial']
const DIJET = ['m_jj', 'deta_jj']
const INITIAL = 'truth.initial_channel'
/** Initial states in which the quark, or antiquark, is the parton along +z and the other one a gluon. */
const QUARK_ALONG_Z = new Set([0, 2])

/** Regression of polarisation fractions on Sherpa's polarised weights (Grossi et al., arXiv:2306.07726). */
export const recipe: Recipe<Options> = {
  system: polarizationRegression.id,
  title: polarizationRegression.title,
  options: Options,
  data: [fileURLToPath(new URL('../../../../demo/data/zj.arrow', import.meta.url))],
  presets: {
    quick: {
      recipe: { network: { kind: 'mlp', widths: [128, 128, 128, 128] } },
      fit: { epochs: 30, batch: 256, learning_rate: 5e-3, optimizer: { weight_decay: 0.1 } },
    },
    full: {
      recipe: { network: { kind: 'mlp', widths: [256, 256, 256, 256] } },
      fit: { epochs: 80, batch: 512, learning_rate: 5e-3, optimizer: { weight_decay: 0.1 }, patience: 25 },
    },
  },
  task,
}

/** Whether an event's mirror image is as likely as the event: not where it is known from which side a quark comes. */
const isMirrored = ({ channel, channels, quark_pz }: Options): boolean =>
  !channel && channels === null && quark_pz === 'any'

/** The features of a final state: builder and its options. */
function featuresOf(options: Options): Pick<Task, 'builder' | 'builderOptions'> {
  const { leptons, jets, network, channel, boson } = options
  const isMlp = network.kind === 'mlp'
  const { final, jets: least } = SAMPLES[boson]
  const common = {
    leptons,
    jets,
    layout: isMlp ? 'flat' : 'tokens',
    max_jets: isMlp ? least : Math.max(least, options.max_jets),
    ...(channel && { channel: INITIAL }),
  }
  if (final === null) {
    const derived = options.derived === true ? DERIVED : options.derived
    const mirrored = isMirrored(options)
    const layout = isMlp && derived !== false && mirrored ? 'derived' : common.layout
    const builderOptions =
      derived === false ? common : { ...common, layout, derived, ...(!isMlp && { oriented: mirrored }) }
    return { builder: zjParticles(builderOptions), builderOptions }
  }
  const { neutrino, neutrinos, met } = options
  const builderOptions = { ...common, final, neutrino, ...(neutrino === 'met' ? { met } : { neutrinos }) }
  return { builder: wParticles(builderOptions), builderOptions }
}

function task(options: Options): Task {
  const { frame, boson, pole, neutrinos, loss } = options
  const sample = SAMPLES[boson]
  const suffix = frame === 'lab' ? '' : `_${frame}`
  const truth = ['r_l', 'r_t'].map((name) => `${sample.fractions}${name}${suffix}`)
  const { auxiliary } = loss
  const beside =
    auxiliary === 'none'
      ? []
      : auxiliary === 'neutrino-pz'
        ? ['pt', 'eta'].map((name) => numberRead(`${neutrinos}.${name}`, neutrinos))
        : ['eta', 'mass'].map((name) => numberRead(`${wOf(boson)}${name}`, ''))
  return {
    ...featuresOf(options),
    labelReads: [
      ...[...truth, 'weight', `${sample.boson}pt`, INITIAL].map((path) => numberRead(path, '')),
      ...(pole === null ? [] : Object.keys(sample.poles).map((path) => numberRead(path, ''))),
      ...beside,
    ],
    targets: {
      fractions: ['r_l', 'r_t'],
      ...(auxiliary !== 'none' && { auxiliary: AUXILIARY[auxiliary] }),
    },
    classes: ['events'],
    extras: [...QUANTITIES, ...(sample.jets > 1 ? DIJET : [])],
    label: (events) => label(events, options, truth),
    network: (statistics) => fractionsNetwork(options.network, loss, statistics),
    outputs: [{ name: 'fractions', columns: ['r_l', 'r_t'] }],
    metrics: (table) => metrics(inPhaseSpace(table, options.phase_space)),
  }
}

const wOf = (boson: Options['boson']): string => (boson === 'w' ? 'truth.w_' : 'truth.v1_')

/** Scored events of a phase space. */
export function inPhaseSpace(table: ScoreTable, space: Options['phase_space']): ScoreTable {
  if (space === 'generator') return table
  const fiducial = table.column('fiducial')
  return table.where((row) => fiducial[row] === 1)
}

function metrics(table: ScoreTable): Record<string, number> {
  const weights = table.column('weight')
  return Object.fromEntries(
    ['r_l', 'r_t'].flatMap((name) => {
      const [target, score] = [table.column(`target.${name}`), table.column(`score.${name}`)]
      return [
        [`r2_${name}`, rSquared(target, score, weights)],
        [`rms_${name}`, rootMeanSquare(target, score, weights)],
      ]
    }),
  )
}

function label(events: Events, options: Options, truth: readonly string[]): Labels {
  const { boson, phase_space, pole, loss, neutrinos } = options
  const sample = SAMPLES[boson]
  const [rL, rT] = truth.map((path) => float32(events, path))
  const initial = float32(events, INITIAL)
  const { generator, fiducial } = phaseSpaces(events, boson, options)
  const trained = phase_space === 'fiducial' ? fiducial : generator
  const near = nearPole(events, sample.poles, pole)
  const wanted = options.channels === null ? null : new Set(options.channels)
  const first = (path: string, list: string): Float32Array => {
    const [values, offsets] = [float32(events, path), events.offsets(list)]
    return Float32Array.from({ length: events.rows }, (_, row) =>
      offsets[row + 1] > offsets[row] ? values[offsets[row]] : Number.NaN,
    )
  }
  const jetEta = first(`${options.jets}.eta`, options.jets)
  const isAlong = {
    any: () => true,
    incoming: (row: number) => QUARK_ALONG_Z.has(initial[row]),
    outgoing: (row: number) => jetEta[row] > 0,
  }[options.quark_pz]
  return {
    keep: generator.map((pass, row) => {
      const isIn = pass === 1 && near[row] === 1 && isAlong(row) && (wanted?.has(initial[row]) ?? true)
      return isIn ? (trained[row] === 1 ? 1 : 2) : 0
    }),
    targets: {
      fractions: Float32Array.from({ length: 2 * events.rows }, (_, i) => (i % 2 === 0 ? rL : rT)[i >> 1]),
      ...(loss.auxiliary !== 'none' && {
        auxiliary: auxiliaryOf(events, loss.auxiliary, wOf(boson), neutrinos),
      }),
    },
    weights: float32(events, 'weight'),
    classes: new Uint8Array(events.rows),
    extras: {
      boson_pt: float32(events, `${sample.boson}pt`),
      initial_channel: initial,
      lepton_pt: first(`${options.leptons}.pt`, options.leptons),
      lepton_eta: first(`${options.leptons}.eta`, options.leptons),
      jet_pt: first(`${options.jets}.pt`, options.jets),
      jet_eta: jetEta,
      fiducial: Float32Array.from(fiducial),
      ...(sample.jets > 1 && dijets(events, options.jets)),
    },
  }
}
