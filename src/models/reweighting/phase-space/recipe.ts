import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { type Events, float32 } from '../../../ingest/columns.js'
import { passesAll } from '../../../physics/selection/cuts.js'
import { generatorPhaseSpace, zJetsCuts } from '../../../physics/selection/z-jets.js'
import { areaUnder } from '../../../report/weighted-roc.js'
import type { Labels, Recipe, Task } from '../../../train/recipe.js'
import type { ScoreTable } from '../../../train/score-table.js'
import { numberRead } from '../../feature-builder.js'
import { kinematicsOf, LEADING_ORDER, VARIABLES, zjKinematics } from './features.js'
import { NetworkOptions, reweighter } from './network.js'
import { phaseSpaceReweighting } from './system.js'

const Options = z.strictObject({
  leptons: z.string().default('leptons').describe('List of the leptons.'),
  jets: z.string().default('jets').describe('List of the jets.'),
  target: z
    .string()
    .default('(^|_)ps(_|\\.|$)')
    .describe('Regular expression: files whose names match are the target, the others the source.'),
  inputs: z
    .array(z.enum(VARIABLES))
    .min(1)
    .default([...LEADING_ORDER])
    .describe('Variables that the weights depend on; the source must fill their space.'),
  factor: z
    .string()
    .nullable()
    .default(null)
    .describe(
      'Column that multiplies the event weights, truth.r_l for instance: a fit for each polarisation.',
    ),
  z_pt: z
    .number()
    .min(0)
    .default(12)
    .describe('Least pT of the Z boson, GeV: where one sample has no events there is no ratio.'),
  network: NetworkOptions.prefault({}).describe('The networks.'),
})
export type Options = z.infer<typeof Options>

const demo = (file: string): string =>
  fileURLToPath(new URL(`../../../../demo/data/${file}`, import.meta.url))

/** Weights between two samples from a classifier (arXiv:1907.08209), proved by a second one. */
export const recipe: Recipe<Options> = {
  system: phaseSpaceReweighting.id,
  title: phaseSpaceReweighting.title,
  options: Options,
  data: [demo('zj.arrow'), demo('showered/zj_ps.arrow')],
  presets: {
    quick: { fit: { epochs: 20, batch: 512, learning_rate: 1e-3 } },
    full: { fit: { epochs: 80, batch: 1024, learning_rate: 1e-3, patience: 20 } },
  },
  task,
}

function task(options: Options): Task {
  const { leptons, jets, inputs, factor } = options
  const builderOptions = { leptons, jets, inputs }
  return {
    builder: zjKinematics(builderOptions),
    builderOptions,
    labelReads: ['weight', ...(factor === null ? [] : [factor])].map((path) => numberRead(path, '')),
    targets: { sample: ['is_target'] },
    classes: ['source', 'target'],
    extras: [...VARIABLES, 'lepton_pt', 'lepton_eta', 'jets'],
    label: (events, file) => label(events, file, options),
    network: (statistics) => reweighter(options.network, statistics),
    outputs: [{ name: 'reweighting', columns: ['weight', 'probability', 'closure'] }],
    metrics,
  }
}

function label(events: Events, file: string, options: Options): Labels {
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
  const inside = passesAll(zJetsCuts(objects, generatorPhaseSpace))
  const variables = kinematicsOf(events, options)
  const isTarget = new RegExp(options.target).test(basename(file)) ? 1 : 0
  const weights = float32(events, 'weight')
  const factor = options.factor === null ? null : float32(events, options.factor)
  const least = Math.log(options.z_pt)
  const first = (values: Float32Array): Float32Array =>
    Float32Array.from({ length: events.rows }, (_, row) => values[objects.leptonOffsets[row]] ?? Number.NaN)
  return {
    keep: inside.map((pass, row) => (pass === 1 && variables.z_pt[row] > least ? 1 : 0)),
    targets: { sample: new Float32Array(events.rows).fill(isTarget) },
    weights: factor === null ? weights : weights.map((weight, row) => weight * factor[row]),
    classes: new Uint8Array(events.rows).fill(isTarget),
    extras: {
      ...Object.fromEntries(VARIABLES.map((name) => [name, Float32Array.from(variables[name])])),
      lepton_pt: first(objects.leptons.pt),
      lepton_eta: first(objects.leptons.eta),
      jets: Float32Array.from(
        { length: events.rows },
        (_, row) => objects.jetOffsets[row + 1] - objects.jetOffsets[row],
      ),
    },
  }
}

/** Weights of scored events: those of the sample, and with the source weighted to the target. */
export function weightsOf(table: ScoreTable) {
  const [before, target, found] = ['weight', 'class', 'score.weight'].map((name) => table.column(name))
  return { before, after: before.map((weight, row) => (target[row] === 1 ? weight : weight * found[row])) }
}

/** Events without weights that would measure as precisely: (Σ w)² / Σ w². Cancelling weights make it small. */
export function effectiveSize(weights: ArrayLike<number>): number {
  let sum = 0
  let squares = 0
  for (let i = 0; i < weights.length; i++) {
    sum += weights[i]
    squares += weights[i] * weights[i]
  }
  return squares === 0 ? 0 : (sum * sum) / squares
}

/**
 * Areas under the curves of both classifiers, the second on the weighted source (0.5: nothing left to find); the mean of the
 * weights, which should be 1; the effective size of the weighted source over that before.
 */
function metrics(table: ScoreTable): Record<string, number> {
  const { before, after } = weightsOf(table)
  const signal = table.column('class')
  const ofSource = (weights: Float64Array): Float64Array => weights.filter((_, row) => signal[row] === 0)
  const total = (weights: Float64Array): number => weights.reduce((a, b) => a + b, 0)
  const [old, now] = [ofSource(before), ofSource(after)]
  return {
    auc_before: areaUnder({ score: table.column('score.probability'), signal, weight: before }),
    auc_after: areaUnder({ score: table.column('score.closure'), signal, weight: after }),
    mean_weight: total(now) / total(old),
    effective_size: effectiveSize(now) / effectiveSize(old),
  }
}
