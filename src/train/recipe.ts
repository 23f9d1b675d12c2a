import type { z } from 'zod'
import type { Events } from '../ingest/columns.js'
import type { FeatureBuilder, Read } from '../models/feature-builder.js'
import type { Manifest } from '../models/manifest.js'
import type { Parameters } from './layers/index.js'
import type { ScoreTable } from './score-table.js'
import type { StepContext, Tensors } from './trace/index.js'
import type { Scalar } from './trace/tf.js'

/**
 * What the items of a batch of events are, for training: which of them belong to the sample, and what is true of them.
 * An item is what the feature builder calls one. All arrays have an entry per item.
 */
export interface Labels {
  /**
   * 1 for an item of the sample; 2 for one that is only looked at: scored where it falls in the test part, never trained
   * on (Z jets beside a tagger of W jets). 0 for the rest.
   */
  readonly keep: Uint8Array
  /** What is to be predicted, by the names of `Task.targets`: as many values an item as the target has components. */
  readonly targets: Readonly<Record<string, Float32Array>>
  /** Event weights as the sample gives them; negative ones too. */
  readonly weights: Float32Array
  /** Index into `Task.classes`; zeros where there are none. */
  readonly classes: Uint8Array
  /** Quantities for flattening, metrics and figures, by the names of `Task.extras`. Never a model's input. */
  readonly extras: Readonly<Record<string, Float32Array>>
}

/** Moments of one feature tensor over the training sample, a value for each component of its last axis. */
export interface Moments {
  readonly mean: readonly number[]
  readonly deviation: readonly number[]
}

/** What is known of the training sample before a network is built. */
export interface SampleStatistics {
  /** By the names of the builder's tensors; padding left out. */
  readonly tensors: Readonly<Record<string, Moments>>
}

/** One part of a loss: a mean over the batch, and how much it counts. */
export interface LossTerm {
  readonly value: Scalar
  readonly weight: number
}

/** A network as pure functions of named weights. */
export interface Network {
  readonly parameters: Parameters
  /**
   * The terms of the loss on a batch: the builder's tensors by name, `target.<name>` [n, width] and `weight` [n].
   * With a context in training (dropout, batch statistics), without in validation.
   */
  readonly loss: (weights: Tensors, batch: Tensors, context?: StepContext) => LossTerms
  /** The graph that is exported: outputs by name, [n, width]; auxiliary ones are left out. */
  readonly predict: (weights: Tensors, inputs: Tensors) => Tensors
}

export interface LossTerms {
  readonly terms: Readonly<Record<string, LossTerm>>
  /** New running statistics, in training. */
  readonly state?: Tensors
}

/** A recipe with its options chosen: one sample, one network. */
export interface Task {
  readonly builder: FeatureBuilder
  /** The options that `builder` was made with, for the manifest. */
  readonly builderOptions: Readonly<Record<string, unknown>>
  /** Columns that `label` reads besides the builder's. */
  readonly labelReads: readonly Read[]
  /** Targets and the names of their components. */
  readonly targets: Readonly<Record<string, readonly string[]>>
  /** Names of the classes; one for a regression. */
  readonly classes: readonly string[]
  readonly extras: readonly string[]
  /**
   * Mini-batches are drawn without regard to length, for networks that take the statistics of a batch for those of the
   * sample. Otherwise ragged items of like length go together, with less padding.
   */
  readonly mixed?: boolean
  /** `file` is where the events are from, for samples that only their files tell apart. */
  readonly label: (events: Events, file: string) => Labels
  readonly network: (statistics: SampleStatistics) => Network
  /** As in the manifest: graph outputs and the columns they become. */
  readonly outputs: Manifest['outputs']
  /** Figures of merit of scored items, by name. */
  readonly metrics: (table: ScoreTable) => Readonly<Record<string, number>>
  /**
   * Scored items with scores on a scale that means the same in every training of this task, by an order that is kept: what
   * folds need for their test parts to be taken together. Without it they are not.
   */
  readonly comparable?: (table: ScoreTable) => ScoreTable
}

/**
 * The trainable half of a system. The configuration of a run is `Options` under `recipe:` beside what all recipes share;
 * presets are configurations that differ from the defaults.
 */
export interface Recipe<Options = unknown> {
  /** Id of the system. */
  readonly system: string
  readonly title: string
  readonly options: z.ZodType<Options>
  /** Events that it trains on unless told otherwise, beside the program. */
  readonly data: readonly string[]
  readonly presets: Readonly<Record<'quick' | 'full', Preset>>
  /** What `spillway optimize` takes for this system unless told otherwise: objective, space. */
  readonly optimize?: Preset
  /** The task of some options; a method, so that recipes of any options make one list. */
  task(options: Options): Task
}

/** A part of a run's configuration, keys as in its YAML. */
export type Preset = Readonly<Record<string, unknown>>
