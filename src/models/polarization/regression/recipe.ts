import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { type Events, float32 } from '../../../ingest/columns.js'
import { fiducialPhaseSpace, generatorPhaseSpace, zJetsCuts } from '../../../physics/selection/z-jets.js'
import { rootMeanSquare, rSquared } from '../../../train/metrics.js'
import type { Labels, Recipe, Task } from '../../../train/recipe.js'
import { numberRead } from '../../feature-builder.js'
import { zjParticles } from './features.js'
import { fractionsNetwork, LossOptions, NetworkOptions } from './network.js'
import { polarizationRegression } from './system.js'

const Options = z.strictObject({
  leptons: z.string().default('leptons').describe('List of the leptons.'),
  jets: z.string().default('jets').describe('List of the jets.'),
  max_jets: z.int().positive().default(1).describe('Jets that the transformer sees; 1 for the leading one.'),
  channel: z
    .boolean()
    .default(false)
    .describe('Give the initial state as an input: an upper limit, no detector knows it.'),
  channels: z
    .array(z.int().min(0).max(8))
    .nullable()
    .default(null)
    .describe('Initial states in the sample, for instance [0, 1] for qg; null for all.'),
  phase_space: z
    .enum(['generator', 'fiducial'])
    .default('generator')
    .describe('Events in the sample: all, or what a detector sees.'),
  frame: z
    .enum(['lab', 'ppfr', 'cs'])
    .default('lab')
    .describe('Frame of the helicity: laboratory, parton-parton rest frame, Collins-Soper.'),
  network: NetworkOptions.prefault({ kind: 'mlp' }).describe('The network.'),
  loss: LossOptions.prefault({}).describe('What it is fitted by.'),
})
export type Options = z.infer<typeof Options>

const INITIAL = 'truth.initial_channel'
const Z_PT = 'truth.z_pt'

/** Regression of polarisation fractions on Sherpa's polarised weights (Grossi et al., arXiv:2306.07726). */
export const recipe: Recipe<Options> = {
  system: polarizationRegression.id,
  title: polarizationRegression.title,
  options: Options,
  data: [fileURLToPath(new URL('../../../../demo/data/zj.arrow', import.meta.url))],
  presets: {
    quick: { recipe: { network: { kind: 'mlp' } }, fit: { epochs: 25, batch: 512, learning_rate: 2e-3 } },
    full: {
      recipe: { network: { kind: 'mlp' } },
      fit: { epochs: 120, batch: 512, learning_rate: 2e-3, patience: 25 },
    },
  },
  task,
}

function task(options: Options): Task {
  const { leptons, jets, network, channel, frame } = options
  const isMlp = network.kind === 'mlp'
  const builderOptions = {
    leptons,
    jets,
    layout: isMlp ? 'flat' : 'tokens',
    max_jets: isMlp ? 1 : options.max_jets,
    ...(channel && { channel: INITIAL }),
  }
  const suffix = frame === 'lab' ? '' : `_${frame}`
  const truth = [`truth.r_l${suffix}`, `truth.r_t${suffix}`]
  return {
    builder: zjParticles(builderOptions),
    builderOptions,
    labelReads: [...truth, 'weight', Z_PT, INITIAL].map((path) => numberRead(path, '')),
    targets: { fractions: ['r_l', 'r_t'] },
    classes: ['events'],
    extras: ['z_pt', 'initial_channel', 'lepton_pt', 'jet_pt', 'jet_eta', 'fiducial'],
    label: (events) => label(events, options, truth),
    network: (statistics) => fractionsNetwork(network, options.loss, statistics),
    outputs: [{ name: 'fractions', columns: ['r_l', 'r_t'] }],
    metrics: (table) => {
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
    },
  }
}

function label(events: Events, options: Options, truth: readonly string[]): Labels {
  const [rL, rT] = truth.map((path) => float32(events, path))
  const initial = float32(events, INITIAL)
  const momenta = (list: string) => ({
    pt: float32(events, `${list}.pt`),
    eta: float32(events, `${list}.eta`),
    phi: float32(events, `${list}.phi`),
    mass: float32(events, `${list}.mass`),
  })
  const objects = {
    leptons: momenta(options.leptons),
    leptonOffsets: events.offsets(options.leptons),
    jets: momenta(options.jets),
    jetOffsets: events.offsets(options.jets),
  }
  const passes = (space: typeof generatorPhaseSpace): Uint8Array =>
    zJetsCuts(objects, space).reduce(
      (all, { mask }) => all.map((still, row) => still & mask[row]),
      new Uint8Array(events.rows).fill(1),
    )
  const fiducial = passes(fiducialPhaseSpace)
  const inside = options.phase_space === 'fiducial' ? fiducial : passes(generatorPhaseSpace)
  const wanted = options.channels === null ? null : new Set(options.channels)
  const first = (values: Float32Array, offsets: Int32Array): Float32Array =>
    Float32Array.from({ length: events.rows }, (_, row) =>
      offsets[row + 1] > offsets[row] ? values[offsets[row]] : Number.NaN,
    )
  return {
    keep: inside.map((pass, row) => (pass === 1 && (wanted?.has(initial[row]) ?? true) ? 1 : 0)),
    targets: {
      fractions: Float32Array.from({ length: 2 * events.rows }, (_, i) => (i % 2 === 0 ? rL : rT)[i >> 1]),
    },
    weights: float32(events, 'weight'),
    classes: new Uint8Array(events.rows),
    extras: {
      z_pt: float32(events, Z_PT),
      initial_channel: initial,
      lepton_pt: first(objects.leptons.pt, objects.leptonOffsets),
      jet_pt: first(objects.jets.pt, objects.jetOffsets),
      jet_eta: first(objects.jets.eta, objects.jetOffsets),
      fiducial: Float32Array.from(fiducial),
    },
  }
}
