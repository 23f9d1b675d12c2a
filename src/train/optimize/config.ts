import { z } from 'zod'
import { runSchema } from '../config.js'
import type { Recipe } from '../recipe.js'
import { DimensionSchema } from './space.js'

const Search = z.strictObject({
  brackets: z.int().min(0).default(4).describe('Brackets one after another; none for no search.'),
  size: z.int().positive().default(8).describe('Trials of a bracket, which run side by side.'),
  reduction: z
    .number()
    .gt(1)
    .default(3)
    .describe('One trial in so many goes on to so many times the epochs (successive halving).'),
  rungs: z.int().positive().default(2).describe('Levels of epochs; 1 trains every trial to the end.'),
  startup: z.int().nonnegative().default(8).describe('Trials drawn at random before the estimator is asked.'),
})
export type SearchConfig = z.infer<typeof Search>

const Elimination = z.strictObject({
  mode: z
    .enum(['shuffle', 'retrain', 'none'])
    .default('shuffle')
    .describe(
      'Importance of an input: what shuffling it between events costs (fast, blind to correlations), or training without it (dear, finds redundant ones).',
    ),
  per_iteration: z.int().positive().default(1).describe('Inputs removed in an iteration.'),
  keep: z.int().positive().default(1).describe('Fewest inputs.'),
  seeds: z.int().positive().default(1).describe('Trainings that each value is the mean of.'),
  tolerance: z
    .number()
    .min(0)
    .default(0.002)
    .describe('The fewest inputs are taken whose objective is within this of the best.'),
  stop: z
    .number()
    .positive()
    .default(0.02)
    .describe('Stop when the objective is so much worse than the best.'),
})
export type EliminationConfig = z.infer<typeof Elimination>

export const OptimizeSchema = z.strictObject({
  seed: z.int().nonnegative().default(1).describe('Of the suggestions.'),
  objective: z
    .strictObject({
      metric: z
        .string()
        .default('loss')
        .describe('Figure of merit of the recipe, on validation events; loss for the validation loss.'),
      direction: z.enum(['maximize', 'minimize']).default('minimize').describe('Which way is better.'),
    })
    .prefault({})
    .describe('What is optimized.'),
  overtraining: z
    .number()
    .min(0)
    .nullable()
    .default(null)
    .describe('A trial does not count whose objective is better on training events by more than this.'),
  space: z
    .record(z.string(), DimensionSchema)
    .default({
      'fit.learning_rate': { kind: 'log', from: 1e-4, to: 1e-2 },
      'fit.batch': { kind: 'choice', values: [128, 256, 512, 1024] },
      'fit.optimizer.weight_decay': { kind: 'log', from: 1e-4, to: 1e-1 },
    })
    .describe('Hyper-parameters by their key in the run, with where to look; adds to those of the system.'),
  search: Search.prefault({}).describe('The first search, on all inputs.'),
  elimination: Elimination.prefault({}).describe('Backwards elimination of inputs.'),
  second_search: Search.prefault({}).describe('The search on the inputs that are left.'),
  folds: z.int().min(0).default(5).describe('Folds of the cross-validation at the end; 0 for none.'),
})
export type OptimizeConfig = z.infer<typeof OptimizeSchema>

/** The configuration of an optimization: the run it starts from, and how it goes on. */
export const optimizationSchema = <Options>(recipe: Recipe<Options>) =>
  z.strictObject({
    run: runSchema(recipe).describe('The run that is optimized; see the keys of every run.'),
    optimize: OptimizeSchema.prefault({}).describe('How.'),
  })

/** Beneath what a configuration says: minutes for a small sample, hours for a large one. */
export const presets = {
  quick: {
    search: { brackets: 2, size: 6, startup: 5 },
    second_search: { brackets: 1, size: 6, startup: 5 },
    elimination: { per_iteration: 2 },
    folds: 3,
  },
  full: {
    search: { brackets: 6, size: 9, rungs: 3, startup: 9 },
    second_search: { brackets: 4, size: 9, rungs: 3, startup: 9 },
    elimination: { seeds: 2 },
    folds: 5,
  },
} as const
