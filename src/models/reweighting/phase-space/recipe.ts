import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { type Events, float32 } from '../../../ingest/columns.js'
import type { Labels, Recipe, Task } from '../../../train/recipe.js'
import type { ScoreTable } from '../../../train/score-table.js'
import { numberRead } from '../../feature-builder.js'
import { nearPole } from '../../polarization/poles.js'
import { processOf } from '../../polarization/process.js'
import { VARIABLES as SAME_SIGN } from '../../polarization/ssww/features.js'
import { EVENT_TYPES, type EventType, type EventTypeName } from './event-types.js'
import { VARIABLES as Z_JET } from './features.js'
import { NetworkOptions, reweighter } from './network.js'
import { phaseSpaceReweighting } from './system.js'
import { areaBetween, effectiveSize, total, weightsOf } from './templates.js'

const NAMES = Object.keys(EVENT_TYPES) as [EventTypeName, ...EventTypeName[]]

const Options = z.strictObject({
  events: z
    .enum(NAMES)
    .default('zj')
    .describe('Kind of events: Z + jets, or two W bosons of one charge and two jets.'),
  leptons: z.string().default('leptons').describe('List of the leptons.'),
  jets: z.string().default('jets').describe('List of the jets.'),
  met: z.string().default('met').describe('Missing transverse momentum, of ssww.'),
  target: z
    .string()
    .default('(^|_)ps(_|\\.|$)')
    .describe('Regular expression: files whose names match are the target, the others the source.'),
  templates: z
    .strictObject({
      source: z
        .array(z.string())
        .default([])
        .describe('Columns of the source’s share; none for all of an event.'),
      target: z
        .array(z.string())
        .min(1)
        .describe('Columns of the target’s share, truth.r_ll_com for instance.'),
    })
    .nullable()
    .default(null)
    .describe('Instead of two kinds of files: one sample twice, each event by the sum of its shares.'),
  processes: z
    .array(z.string())
    .min(1)
    .nullable()
    .default(null)
    .describe('Values of `process` that are in the samples; null for all.'),
  inputs: z
    .array(z.enum([...Z_JET, ...SAME_SIGN]))
    .min(1)
    .nullable()
    .default(null)
    .describe(
      'Variables that the weights depend on; the source must fill their space. null for those that a leading-order sample fills.',
    ),
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
  pole: z
    .number()
    .positive()
    .nullable()
    .default(10)
    .describe('With templates of ssww: most distance of the true masses from 80.4 GeV; null for any.'),
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

/** Variables that the weights of a run depend on. */
export const inputsOf = ({ events, inputs }: Options): readonly string[] =>
  inputs ?? EVENT_TYPES[events].inputs

function task(options: Options): Task {
  const { factor, templates, events } = options
  const type: EventType = EVENT_TYPES[events]
  const objects = Object.fromEntries(type.reads.map((name) => [name, options[name]]))
  const builderOptions = { ...objects, inputs: inputsOf(options) }
  const columns = [
    'weight',
    ...(factor === null ? [] : [factor]),
    ...(templates === null ? [] : [...templates.source, ...templates.target]),
    ...(polesOf(options) === null ? [] : Object.keys(type.poles)),
  ]
  return {
    builder: type.builder(builderOptions),
    builderOptions,
    labelReads: [
      ...[...new Set(columns)].map((path) => numberRead(path, '')),
      ...(options.processes === null ? [] : [{ path: 'process', axis: '', types: ['utf8'] as const }]),
    ],
    targets: { sample: ['in_target', 'in_source'] },
    classes: templates === null ? ['source', 'target'] : ['events'],
    extras: [...type.variables, ...type.extras],
    label: (batch, file) => label(batch, file, options, type),
    network: (statistics) => reweighter(options.network, statistics),
    outputs: [{ name: 'reweighting', columns: ['weight', 'probability', 'closure'] }],
    metrics,
  }
}

/** Masses matter to shares of a polarisation alone. */
const polesOf = ({ templates, pole }: Options): number | null => (templates === null ? null : pole)

function label(events: Events, file: string, options: Options, type: EventType): Labels {
  const variables = type.variablesOf(events, options)
  const needed = inputsOf(options).map((name) => variables[name])
  const isComplete = (row: number): boolean => needed.every((values) => Number.isFinite(values[row]))
  const inside = type.inside(events, options, variables)
  const { processes } = options
  const process = processes === null ? null : processOf(events)
  const isWanted = (row: number): boolean =>
    process === null || processes === null || processes.includes(process[row])
  const near = nearPole(events, type.poles, polesOf(options))
  const isTarget = new RegExp(options.target).test(basename(file)) ? 1 : 0
  const { source, target } = sharesOf(events, options, isTarget)
  const weights = float32(events, 'weight')
  const factor = options.factor === null ? null : float32(events, options.factor)
  return {
    keep: inside.map((pass, row) =>
      pass === 1 && near[row] === 1 && isComplete(row) && isWanted(row) ? 1 : 0,
    ),
    targets: {
      sample: Float32Array.from(
        { length: 2 * events.rows },
        (_, i) => (i % 2 === 0 ? target : source)[i >> 1],
      ),
    },
    weights: factor === null ? weights : weights.map((weight, row) => weight * factor[row]),
    classes: new Uint8Array(events.rows).fill(options.templates === null ? isTarget : 0),
    extras: {
      ...Object.fromEntries(type.variables.map((name) => [name, Float32Array.from(variables[name])])),
      ...type.extrasOf(events, options),
    },
  }
}

/** How much of each event is in either sample. */
function sharesOf(
  events: Events,
  { templates }: Options,
  isTarget: number,
): Readonly<Record<'source' | 'target', Float32Array>> {
  const ones = (value: number): Float32Array => new Float32Array(events.rows).fill(value)
  if (templates === null) return { source: ones(1 - isTarget), target: ones(isTarget) }
  const sum = (paths: readonly string[]): Float32Array => {
    const columns = paths.map((path) => float32(events, path))
    return ones(0).map((_, row) => columns.reduce((share, column) => share + column[row], 0))
  }
  const { source, target } = templates
  return { source: source.length === 0 ? ones(1) : sum(source), target: sum(target) }
}

/**
 * Areas under the curves of both classifiers, the second on the weighted source (0.5: nothing left to find); the mean of the
 * weights, which should be 1 for two kinds of files and the target's share for templates; the effective size of the
 * weighted source over that before.
 */
function metrics(table: ScoreTable): Record<string, number> {
  const { source, weighted, target } = weightsOf(table)
  const ones = new Float64Array(table.rows).fill(1)
  return {
    auc_before: areaBetween(table.column('score.probability'), source, target)(ones),
    auc_after: areaBetween(table.column('score.closure'), weighted, target)(ones),
    mean_weight: total(weighted) / total(source),
    effective_size: effectiveSize(weighted) / effectiveSize(source),
  }
}
