import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { type Events, float32 } from '../../../ingest/columns.js'
import { areaUnderCurve, sharesBelow, workingPoints } from '../../../report/roc.js'
import type { Labels, Recipe, Task } from '../../../train/recipe.js'
import type { ScoreTable } from '../../../train/score-table.js'
import { numberRead } from '../../feature-builder.js'
import { lundGraphFeatures } from './features.js'
import { lundNetwork, NetworkOptions } from './network.js'
import { lundnet } from './system.js'

const Options = z.strictObject({
  jet: z
    .string()
    .default('jet')
    .describe('Struct of the jet: pt, mass and sd_mass are read for weights and figures.'),
  constituents: z.string().default('constituents').describe('List of its constituents.'),
  label: z.string().default('label').describe('Column of the true origin.'),
  signal: z.array(z.int()).min(1).default([1]).describe('Codes of the origins that are signal: 1 for W.'),
  background: z
    .array(z.int())
    .min(1)
    .default([0])
    .describe('Codes of the origins that are background: 0 for QCD.'),
  spectators: z
    .array(z.int())
    .default([2])
    .describe('Codes of origins that are scored for the figures only: 2 for Z.'),
  ln_kt_min: z
    .number()
    .nullable()
    .default(null)
    .describe('Leave out splittings of a smaller ln(kT/GeV); null for none.'),
  max_length: z.int().positive().default(100).describe('Most splittings of a jet.'),
  besides: z
    .array(z.string())
    .default([])
    .describe('Quantities of the jet that the network is told besides its splittings, for instance mass.'),
  output: z
    .string()
    .regex(/^[A-Za-z_][A-Za-z0-9_]*$/)
    .default('p_w')
    .describe('Score column: the probability of signal.'),
  decorrelation: z
    .number()
    .nonnegative()
    .default(0)
    .describe(
      'Weight of the distance correlation between score and jet mass of the background (arXiv:2001.05310).',
    ),
  network: NetworkOptions.prefault({}).describe('The network.'),
})
export type Options = z.infer<typeof Options>

/** Signal against background jets by their Lund graphs. */
export const recipe: Recipe<Options> = {
  system: lundnet.id,
  title: lundnet.title,
  options: Options,
  data: [fileURLToPath(new URL('../../../../demo/data/largeR.arrow', import.meta.url))],
  presets: {
    quick: {
      recipe: { ln_kt_min: 0, network: { blocks: [32, 32, 64], fusion: 128, dense: 96 } },
      fit: { epochs: 12, batch: 128, learning_rate: 5e-3, schedule: { kind: 'one_cycle' } },
    },
    full: {
      recipe: { ln_kt_min: 0 },
      fit: { epochs: 10, batch: 128, learning_rate: 5e-3, schedule: { kind: 'one_cycle' } },
    },
  },
  task,
}

function task(options: Options): Task {
  const { constituents, max_length, ln_kt_min, jet, besides, output } = options
  const builderOptions = {
    constituents,
    max_length,
    ...(ln_kt_min !== null && { ln_kt_min }),
    ...(besides.length > 0 && { jet: besides.map((name) => `${jet}.${name}`) }),
  }
  const quantities = ['pt', 'mass', 'sd_mass']
  return {
    builder: lundGraphFeatures(builderOptions),
    builderOptions,
    labelReads: [options.label, 'weight', ...quantities.map((name) => `${jet}.${name}`)].map((path) =>
      numberRead(path, ''),
    ),
    targets: { signal: ['is_signal'], ...(options.decorrelation > 0 && { mass: ['ln_mass'] }) },
    classes: ['background', 'signal'],
    extras: [...quantities, 'origin'],
    mixed: options.network.normalisation === 'batch',
    label: (events) => label(events, options),
    network: (statistics) => lundNetwork(options.network, statistics, options.decorrelation),
    outputs: [{ name: 'probability', columns: [output] }],
    metrics: (table) => metrics(withoutSpectators(table, options), output),
    comparable: (table) => bySignalBelow(table, `score.${output}`),
  }
}

function label(events: Events, { label: column, signal, background, spectators, jet }: Options): Labels {
  const origin = float32(events, column)
  const isSignal = Float32Array.from(origin, (code) => (signal.includes(code) ? 1 : 0))
  const [pt, mass, sd_mass] = ['pt', 'mass', 'sd_mass'].map((name) => float32(events, `${jet}.${name}`))
  return {
    keep: Uint8Array.from(origin, (code, row) => {
      if (isSignal[row] === 1 || background.includes(code)) return 1
      return spectators.includes(code) ? 2 : 0
    }),
    targets: { signal: isSignal, mass: mass.map((m) => Math.log(Math.max(m, 1))) },
    weights: float32(events, 'weight'),
    classes: Uint8Array.from(isSignal),
    extras: { pt, mass, sd_mass, origin },
  }
}

/** The items that the network was to tell apart. */
export function withoutSpectators(
  table: ScoreTable,
  { signal, background }: Pick<Options, 'signal' | 'background'>,
): ScoreTable {
  const origin = table.column('origin')
  const known = new Set([...signal, ...background])
  return table.where((row) => known.has(origin[row]))
}

/** Scores as shares of the signal that score lower, ties counted half: the cut that keeps half of it is at one half. */
function bySignalBelow(table: ScoreTable, name: string): ScoreTable {
  const score = table.column(name)
  const truth = table.column('target.is_signal')
  const signal = score.filter((_, row) => truth[row] === 1)
  return table.with(name, sharesBelow(score, signal))
}

function metrics(table: ScoreTable, output: string): Record<string, number> {
  const score = table.column(`score.${output}`)
  const truth = table.column('target.is_signal')
  const [signal, background] = [1, 0].map((wanted) => score.filter((_, row) => truth[row] === wanted))
  const [at30, at50] = workingPoints(signal, background, [0.3, 0.5])
  return {
    auc: areaUnderCurve(signal, background),
    rejection_50: at50.rejection,
    rejection_30: at30.rejection,
    cut_50: at50.cut,
  }
}
