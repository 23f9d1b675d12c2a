import { z } from 'zod'
import type { Recipe } from './recipe.js'

const Split = z
  .strictObject({
    validation: z.number().gt(0).lt(1).default(0.15).describe('Share of events for validation.'),
    test: z.number().gt(0).lt(1).default(0.15).describe('Share of events for the final test.'),
    salt: z
      .string()
      .default('split')
      .describe('Events are drawn by a hash of their number and this; another salt is another split.'),
    rotate: z
      .number()
      .min(0)
      .lt(1)
      .default(0)
      .describe('Moves the parts along the hash: test = 1/k and rotate = i/k is fold i of k.'),
  })
  .refine(({ validation, test }) => validation + test < 1, 'validation and test leave nothing to train on')

const Flatten = z.strictObject({
  by: z.string().describe('Quantity of the recipe whose spectrum is made flat, for instance pt or mass.'),
  edges: z
    .array(z.number())
    .min(2)
    .describe('Ascending edges of its bins; items outside keep the weight of the nearest bin.'),
})

export const DataSchema = z.strictObject({
  files: z.array(z.string()).min(1).describe('Arrow files of events; globs allowed. From --data, usually.'),
  split: Split.prefault({}).describe('How events are divided, by their number.'),
  fraction: z
    .number()
    .gt(0)
    .max(1)
    .default(1)
    .describe('Share of the training events to use, by their number; validation and test stay whole.'),
  fraction_from: z
    .number()
    .min(0)
    .lt(1)
    .default(0)
    .describe('Where along the hash that share begins: fraction 0.5 from 0 and from 0.5 are two halves.'),
  exclude: z
    .array(z.string())
    .default([])
    .describe('Arrow files whose events are never trained or validated on: they count as test.'),
  event: z.string().default('event').describe('Column of the event number.'),
  balance: z
    .boolean()
    .default(true)
    .describe('Scale the weights so that every class weighs the same; without effect on a regression.'),
  flatten: Flatten.nullable()
    .default(null)
    .describe('Scale the weights of each class so that a spectrum is flat.'),
  buffer: z
    .int()
    .positive()
    .default(16)
    .describe(
      'Record batches held at once: items are shuffled among these. A sample that fits is read once.',
    ),
})
export type DataConfig = z.infer<typeof DataSchema>

const Schedule = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('cosine').describe('A linear rise, then half a cosine down.'),
    warmup: z.number().min(0).max(1).default(0.05).describe('Share of the steps that rise.'),
    floor: z.number().min(0).max(1).default(0.01).describe('Last rate as a fraction of the peak.'),
  }),
  z.strictObject({
    kind: z.literal('one_cycle').describe('One cosine up, one far down.'),
    rise: z.number().gt(0).lt(1).default(0.3).describe('Share of the steps that rise.'),
  }),
  z.strictObject({
    kind: z.literal('warm_up').describe('A linear rise, then the peak.'),
    warmup: z.number().min(0).max(1).default(0.05).describe('Share of the steps that rise.'),
  }),
  z.strictObject({ kind: z.literal('constant').describe('The peak throughout.') }),
])

const Optimizer = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('adamw').describe('Adam with decoupled weight decay.'),
    weight_decay: z.number().min(0).default(0.01).describe('Decay per step and unit of learning rate.'),
  }),
  z.strictObject({ kind: z.literal('adam').describe('Adam.') }),
  z.strictObject({
    kind: z.literal('sgd').describe('Stochastic gradient descent.'),
    momentum: z.number().min(0).lt(1).default(0.9).describe('Momentum.'),
  }),
])

export const FitSchema = z.strictObject({
  epochs: z.int().positive().default(20).describe('Most passes over the training sample.'),
  batch: z.int().positive().default(512).describe('Items of a step.'),
  learning_rate: z.number().positive().default(1e-3).describe('Peak learning rate.'),
  optimizer: Optimizer.default({ kind: 'adamw', weight_decay: 0.01 }).describe('Update rule.'),
  schedule: Schedule.default({ kind: 'cosine', warmup: 0.05, floor: 0.01 }).describe(
    'Learning rate by step.',
  ),
  clip: z
    .number()
    .positive()
    .nullable()
    .default(1)
    .describe('Largest norm of all gradients together; null for no clipping.'),
  patience: z
    .int()
    .positive()
    .nullable()
    .default(10)
    .describe('Stop after so many epochs without a lower validation loss; null for never.'),
})
export type FitConfig = z.infer<typeof FitSchema>

export const ExecutorSchema = z.strictObject({
  kind: z
    .enum(['onnx', 'tfjs', 'tfjs-node', 'tfjs-node-gpu'])
    .default('onnx')
    .describe(
      'onnx: traced, on ONNX Runtime. tfjs: slow reference. The others need the package of that name.',
    ),
  provider: z.enum(['cpu', 'cuda', 'webgpu']).default('cpu').describe('Where the onnx executor computes.'),
  threads: z
    .int()
    .positive()
    .nullable()
    .default(null)
    .describe('Threads of one operator; null: as many as fit.'),
})

const ModelSchema = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z][a-z0-9_-]{0,63}$/, 'lower-case letters, digits, _ and -')
    .optional()
    .describe('Name in the manifest; the system unless given.'),
  version: z
    .int()
    .positive()
    .default(1)
    .describe('Version in the manifest; registries only take rising ones.'),
  probe: z.int().positive().max(1024).default(8).describe('Real events in the probe, with their answers.'),
})

/** The kinds that stand unless told otherwise, so that one key of such a map can be set without naming its kind. */
export const runDefaults = { fit: { optimizer: { kind: 'adamw' }, schedule: { kind: 'cosine' } } }

/** The configuration of a run of one recipe. */
export const runSchema = <Options>(recipe: Recipe<Options>) =>
  z.strictObject({
    system: z.literal(recipe.system).describe('Id of the system to train.'),
    seed: z.int().nonnegative().default(1).describe('Starting weights, shuffling and dropout.'),
    data: DataSchema.describe('The sample.'),
    recipe: recipe.options.prefault({}).describe("The recipe's own options."),
    drop: z
      .array(z.string())
      .default([])
      .describe('Inputs that the network does not see, as tensor.component: what optimize eliminated.'),
    fit: FitSchema.prefault({}).describe('How it is fitted.'),
    importance: z
      .int()
      .min(0)
      .max(100)
      .default(0)
      .describe('How often each input is exchanged between test items to see what it is worth; 0 for never.'),
    executor: ExecutorSchema.prefault({}).describe('What computes.'),
    model: ModelSchema.prefault({}).describe('The bundle that is made.'),
  })

export type RunConfig<Options = unknown> = z.infer<ReturnType<typeof runSchema<Options>>>
