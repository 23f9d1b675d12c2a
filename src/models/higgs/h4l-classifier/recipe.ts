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
export const LABELS = ['ggf', 'vbf', 'vh', 'tth', 'zz'] as const
export type Process = (typeof LABELS)[number]

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
      importance: 3,
      fit: { epochs: 30, batch: 128, learning_rate: 1e-3, optimizer: { kind: 'adamw', weight_decay: 0.1 } },
    },
    full: {
      recipe: { network: { kind: 'deep-set' } },
      importance: 10,
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
    extras: ['pt4l', 'm12', 'm34', 'm4l', 'process'],
    label: (events) => label(events, options, classes),
    network: (statistics) => classifier(network, classes, statistics),
    outputs: [{ name: 'probabilities', columns: classes.map((name) => `p_${name}`) }],
    metrics: (table) => metrics(ofClasses(table, classes), classes),
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
    // Other processes are in the category too: never trained on, but they count in the table of yields.
    keep: Uint8Array.from(index, (c, row) => (found[row] !== wanted ? 0 : c >= 0 ? 1 : 2)),
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
      process: truth,
    },
  }
}

/** Items of the processes that a category's model tells apart. */
export function ofClasses(table: ScoreTable, classes: readonly string[]): ScoreTable {
  const process = table.column('process')
  const known = new Set(classes.map((name) => LABELS.indexOf(name as Process)))
  return table.where((row) => known.has(process[row]))
}

/**
 * Of the targeted process against the others together, by weights of expected events; and the mean cross-entropy with
 * every class weighing the same, as in training.
 */
function metrics(table: ScoreTable, classes: readonly Process[]): Record<string, number> {
  const [target] = classes
  const score = table.column(`score.p_${target}`)
  const weight = table.column('weight')
  const roc = { score, signal: table.column(`target.is_${target}`), weight }
  return {
    [`auc_${target}`]: areaUnder(roc),
    significance_60: significanceAt(roc, 0.6).value,
    cross_entropy: crossEntropyOf(table, classes),
  }
}

/** Probabilities below this count as this: a float32 softmax can be exactly 0. */
const LEAST = 1e-7

function crossEntropyOf(table: ScoreTable, classes: readonly Process[]): number {
  const [weight, of] = [table.column('weight'), table.column('class')]
  const means = classes.map((name, c) => {
    const probability = table.column(`score.p_${name}`)
    let [sum, total] = [0, 0]
    for (let row = 0; row < table.rows; row++) {
      if (of[row] !== c) continue
      sum -= weight[row] * Math.log(Math.max(probability[row], LEAST))
      total += weight[row]
    }
    return total === 0 ? 0 : sum / total
  })
  return means.reduce((a, b) => a + b, 0) / classes.length
}
