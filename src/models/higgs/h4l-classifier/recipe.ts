import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { type Events, float32 } from '../../../ingest/columns.js'
import { CATEGORIES, type Category, categories } from '../../../physics/selection/h4l-categories.js'
import { areaUnder, significanceAt } from '../../../report/weighted-roc.js'
import type { Labels, Recipe, Task } from '../../../train/recipe.js'
import type { ScoreTable } from '../../../train/score-table.js'
import { numberRead } from '../../feature-builder.js'
import { candidatesOf, h4lObjects } from './features.js'
import { classifier, NetworkOptions } from './network.js'
import { h4lClassifier } from './system.js'

/** Codes of `truth.label`. */
const LABELS = ['ggf', 'vbf', 'vh', 'tth', 'zz'] as const
type Process = (typeof LABELS)[number]

/** The processes that are told apart in each category, the targeted one first. */
export const CLASSES: Readonly<Record<Category, readonly Process[]>> = {
  '0j-2e2mu': ['ggf', 'zz'],
  '0j-4l': ['ggf', 'zz'],
  '1j-low': ['vbf', 'ggf', 'zz'],
  '1j-medium': ['vbf', 'ggf', 'zz'],
  '2j-low': ['vh', 'ggf', 'vbf'],
  '2j-high': ['vbf', 'ggf'],
}

const Options = z.strictObject({
  leptons: z.string().default('leptons').describe('List of the leptons.'),
  jets: z.string().default('jets').describe('List of the jets.'),
  met: z.string().default('met').describe('Missing transverse momentum.'),
  category: z.enum(CATEGORIES).default('0j-2e2mu').describe('The event category; each has its own model.'),
  network: NetworkOptions.prefault({ kind: 'deep-set' }).describe('The network.'),
})
export type Options = z.infer<typeof Options>

const LABEL = 'truth.label'

/** Processes of H → ZZ* → 4ℓ candidates in one event category, with a Deep Set or a recurrent network. */
export const recipe: Recipe<Options> = {
  system: h4lClassifier.id,
  title: h4lClassifier.title,
  options: Options,
  data: [fileURLToPath(new URL('../../../../demo/data/h4l.arrow', import.meta.url))],
  // A few thousand events a category: what holds them back from being learnt by heart matters more than size.
  presets: {
    quick: {
      recipe: { network: { kind: 'deep-set' } },
      fit: { epochs: 30, batch: 128, learning_rate: 1e-3, optimizer: { kind: 'adamw', weight_decay: 0.1 } },
    },
    full: {
      recipe: { network: { kind: 'deep-set' } },
      fit: {
        epochs: 150,
        batch: 128,
        learning_rate: 5e-4,
        patience: 30,
        optimizer: { kind: 'adamw', weight_decay: 0.1 },
      },
    },
  },
  task,
}

function task(options: Options): Task {
  const { leptons, jets, met, category, network } = options
  const builderOptions = { leptons, jets, met, category }
  const classes = CLASSES[category]
  return {
    builder: h4lObjects(builderOptions),
    builderOptions,
    labelReads: [LABEL, 'weight'].map((path) => numberRead(path, '')),
    targets: { class: classes.map((name) => `is_${name}`) },
    classes,
    extras: ['pt4l', 'm12', 'm34', 'm4l'],
    label: (events) => label(events, options, classes),
    network: (statistics) => classifier(network, classes, statistics),
    outputs: [{ name: 'probabilities', columns: classes.map((name) => `p_${name}`) }],
    metrics: (table) => metrics(table, classes),
  }
}

function label(events: Events, options: Options, classes: readonly Process[]): Labels {
  const { quadruplets: q, selected } = candidatesOf(events, options)
  const found = categories({ jets: selected.count, channel: q.channel, pt4l: q.pt4l, mjj: selected.mjj })
  const wanted = CATEGORIES.indexOf(options.category)
  const truth = float32(events, LABEL)
  const index = Int8Array.from(truth, (code) => classes.indexOf(LABELS[code]))
  const inClass = (row: number, c: number): number => (index[row] === c ? 1 : 0)
  return {
    keep: Uint8Array.from(index, (c, row) => (c >= 0 && found[row] === wanted ? 1 : 0)),
    targets: {
      class: Float32Array.from({ length: events.rows * classes.length }, (_, i) =>
        inClass(Math.floor(i / classes.length), i % classes.length),
      ),
    },
    weights: float32(events, 'weight'),
    classes: Uint8Array.from(index, (c) => Math.max(0, c)),
    extras: {
      pt4l: Float32Array.from(q.pt4l),
      m12: Float32Array.from(q.m12),
      m34: Float32Array.from(q.m34),
      m4l: Float32Array.from(q.m4l),
    },
  }
}

/** Of the targeted process against the others together, by weights of expected events. */
function metrics(table: ScoreTable, [target]: readonly Process[]): Record<string, number> {
  const score = table.column(`score.p_${target}`)
  const roc = { score, signal: table.column(`target.is_${target}`), weight: table.column('weight') }
  return { [`auc_${target}`]: areaUnder(roc), significance_60: significanceAt(roc, 0.6).value }
}
