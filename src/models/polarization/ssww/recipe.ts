import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { type Events, float32 } from '../../../ingest/columns.js'
import { passesAll } from '../../../physics/selection/cuts.js'
import { otherLeptonLost, sameSignCuts } from '../../../physics/selection/same-sign-ww.js'
import { areaUnder } from '../../../report/weighted-roc.js'
import type { Labels, Recipe, Task } from '../../../train/recipe.js'
import type { ScoreTable } from '../../../train/score-table.js'
import { numberRead } from '../../feature-builder.js'
import { nearPole, W_POLE } from '../poles.js'
import { processOf } from '../process.js'
import { candidatesOf, sswwKinematics, VARIABLES } from './features.js'
import { classifiers, NetworkOptions } from './network.js'
import { sswwPolarization } from './system.js'

/** The binary classifiers, with the names of their two templates. */
export const CLASSIFIERS = {
  ll: ['ll', 'tx'],
  lx: ['lx', 'tt'],
  signal: ['is_signal', 'is_background'],
} as const
export type ClassifierName = keyof typeof CLASSIFIERS

const Options = z.strictObject({
  leptons: z.string().default('leptons').describe('List of the leptons.'),
  jets: z.string().default('jets').describe('List of the jets.'),
  met: z.string().default('met').describe('Missing transverse momentum.'),
  inputs: z
    .array(z.enum(VARIABLES))
    .min(1)
    .default([...VARIABLES])
    .describe('Variables that the classifiers see.'),
  classifiers: z
    .array(z.enum(['ll', 'lx', 'signal']))
    .min(1)
    .default(['ll', 'lx', 'signal'])
    .describe('ll: LL against TX; lx: LX against TT; signal: WW against the background processes.'),
  signal: z.array(z.string()).min(1).default(['ssww']).describe('Values of `process` that are signal.'),
  background: z
    .array(z.string())
    .default(['wzjj'])
    .describe('Values of `process` that are background: WZ events whose third lepton is lost.'),
  background_lost: z
    .enum(['any', 'acceptance'])
    .default('any')
    .describe(
      'Whether the lepton of the other charge is dropped from every background event, or only events are taken in which it is outside of pT > 10 GeV, |eta| < 2.5.',
    ),
  frame: z
    .enum(['com', 'lab'])
    .default('com')
    .describe('Frame of the helicities: rest frame of the two bosons, or laboratory.'),
  pole: z
    .number()
    .positive()
    .nullable()
    .default(10)
    .describe('Most distance of both W masses from 80.4 GeV in signal events; null for any.'),
  phase_space: z
    .enum(['generator', 'fiducial'])
    .default('generator')
    .describe('Events in the sample: all, or the fiducial region. Figures with event yields are fiducial.'),
  priors: z
    .strictObject({
      ll: z.number().gt(0).lt(1).default(0.1).describe('Share of LL in LL + TX.'),
      lx: z.number().gt(0).lt(1).default(0.42).describe('Share of LX in LX + TT.'),
    })
    .prefault({})
    .describe('Shares at which a score means nothing known: 0.5.'),
  expected: z
    .strictObject({
      signal: z.number().positive().default(363).describe('Signal events.'),
      background: z.number().min(0).default(11.9).describe('Background events.'),
    })
    .prefault({})
    .describe('Expected events in the fiducial region, for significances.'),
  network: NetworkOptions.prefault({}).describe('The networks.'),
})
export type Options = z.infer<typeof Options>

const POLES = { 'truth.v1_mass': W_POLE, 'truth.v2_mass': W_POLE }
const FRACTIONS = ['r_ll', 'r_lt', 'r_tl', 'r_tt'] as const
const demo = (file: string): string =>
  fileURLToPath(new URL(`../../../../demo/data/${file}`, import.meta.url))

/** Binary classifiers of W boson polarisation in same-sign WW scattering (ATLAS, arXiv:2503.11317). */
export const recipe: Recipe<Options> = {
  system: sswwPolarization.id,
  title: sswwPolarization.title,
  options: Options,
  data: [demo('ssww.arrow')],
  presets: {
    quick: { fit: { epochs: 60, batch: 256, learning_rate: 1e-3, patience: null } },
    full: { fit: { epochs: 120, batch: 256, learning_rate: 1e-3, patience: 25 } },
  },
  optimize: {
    objective: { metric: 'auc_ll', direction: 'maximize' },
    overtraining: 0.1,
    space: {
      'recipe.network.layers': { kind: 'int', from: 1, to: 4 },
      'recipe.network.units': { kind: 'choice', values: [16, 32, 64, 128] },
      'recipe.network.activation': { kind: 'choice', values: ['relu', 'gelu', 'silu', 'tanh'] },
      'recipe.network.dropout': { kind: 'uniform', from: 0, to: 0.5 },
      'fit.learning_rate': { kind: 'log', from: 1e-4, to: 1e-2 },
      'fit.batch': { kind: 'choice', values: [128, 256, 512] },
      'fit.optimizer.weight_decay': { kind: 'log', from: 1e-4, to: 0.3 },
    },
  },
  task,
}

function task(options: Options): Task {
  const { leptons, jets, met, inputs, frame } = options
  const builderOptions = { leptons, jets, met, inputs }
  const wanted = [...new Set(options.classifiers)]
  const suffix = frame === 'lab' ? '' : `_${frame}`
  const fractions = FRACTIONS.map((name) => `truth.${name}${suffix}`)
  const isWithBackground = wanted.includes('signal')
  return {
    builder: sswwKinematics(builderOptions),
    builderOptions,
    labelReads: [
      ...[...fractions, ...Object.keys(POLES), 'weight'].map((path) => numberRead(path, '')),
      { path: 'process', axis: '', types: ['utf8'] },
    ],
    targets: Object.fromEntries(wanted.map((name) => [name, CLASSIFIERS[name]])),
    classes: isWithBackground ? ['ssww', 'background'] : ['ssww'],
    extras: ['fiducial', ...FRACTIONS],
    label: (events) => label(events, options, fractions, wanted),
    network: (statistics) =>
      classifiers(
        wanted.map((name) => ({ name, prior: name === 'signal' ? 0.5 : options.priors[name] })),
        options.network,
        statistics,
      ),
    outputs: [{ name: 'scores', columns: wanted }],
    metrics: (table) =>
      Object.fromEntries(wanted.map((name) => [`auc_${name}`, areaUnder(templates(table, name))])),
  }
}

/** Each event twice: in the signal template of a classifier and in the other one, weighted by its share of each. */
export function templates(table: ScoreTable, name: ClassifierName) {
  const [score, weight] = [table.column(`score.${name}`), table.column('weight')]
  const [a, b] = CLASSIFIERS[name].map((component) => table.column(`target.${component}`))
  return {
    score: Float64Array.from({ length: 2 * table.rows }, (_, i) => score[i >> 1]),
    signal: Float64Array.from({ length: 2 * table.rows }, (_, i) => (i % 2 === 0 ? 1 : 0)),
    weight: Float64Array.from(
      { length: 2 * table.rows },
      (_, i) => weight[i >> 1] * (i % 2 === 0 ? a : b)[i >> 1],
    ),
  }
}

function label(
  events: Events,
  options: Options,
  paths: readonly string[],
  wanted: readonly ClassifierName[],
): Labels {
  const candidates = candidatesOf(events, options)
  const fiducial = passesAll(sameSignCuts(candidates))
  const process = processOf(events)
  const isSignal = process.map((name) => options.signal.includes(name))
  const isBackground = process.map((name) => wanted.includes('signal') && options.background.includes(name))
  const lost = otherLeptonLost(candidates)
  const near = nearPole(events, POLES, options.pole)
  const isTaken = (row: number): boolean =>
    (isSignal[row] && near[row] === 1) ||
    (isBackground[row] && (options.background_lost === 'any' || lost[row] === 1))
  // Background has no polarisation to be learnt here: its shares are zero, and it drops out of those losses.
  const [ll, lt, tl, tt] = paths.map((path) =>
    float32(events, path).map((share, row) => (isSignal[row] ? share : 0)),
  )
  const shares: Readonly<Record<ClassifierName, readonly [Share, Share]>> = {
    ll: [(row) => ll[row], (row) => lt[row] + tl[row] + tt[row]],
    lx: [(row) => ll[row] + lt[row] + tl[row], (row) => tt[row]],
    signal: [(row) => (isSignal[row] ? 1 : 0), (row) => (isBackground[row] ? 1 : 0)],
  }
  return {
    keep: Uint8Array.from(process, (_, row) =>
      isTaken(row) && (options.phase_space === 'generator' || fiducial[row] === 1) ? 1 : 0,
    ),
    targets: Object.fromEntries(
      wanted.map((name) => [
        name,
        Float32Array.from({ length: 2 * events.rows }, (_, i) => shares[name][i % 2](i >> 1)),
      ]),
    ),
    weights: float32(events, 'weight'),
    classes: Uint8Array.from(isBackground, (is) => (is ? 1 : 0)),
    extras: { fiducial: Float32Array.from(fiducial), r_ll: ll, r_lt: lt, r_tl: tl, r_tt: tt },
  }
}

type Share = (row: number) => number
