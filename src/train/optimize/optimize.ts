import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { RunConfig } from '../config.js'
import { withoutInputs } from '../inputs.js'
import type { Recipe } from '../recipe.js'
import type { OptimizeConfig } from './config.js'
import { type CrossValidation, crossValidate } from './cross-validate.js'
import { type EliminationResult, eliminate } from './eliminate.js'
import { type SearchTrial, search } from './search.js'
import type { TrialPool } from './trial.js'

export type Phase = 'search' | 'elimination' | 'second search' | 'cross-validation'

/** What an optimization found. Holds nothing that differs between a resumed and an uninterrupted one. */
export interface Optimization {
  readonly system: string
  readonly objective: OptimizeConfig['objective']
  readonly search: readonly SearchTrial[]
  readonly elimination: Omit<EliminationResult, 'best'>
  readonly secondSearch: readonly SearchTrial[]
  /** Of the configuration started from and of the best. */
  readonly crossValidation: readonly CrossValidation[]
  /** The run to train in the end. */
  readonly best: RunConfig
}

/** Files of an optimization, by what they hold. */
export const optimizationFiles = (folder: string) => ({
  /** The configuration, resolved. */
  config: join(folder, 'optimize.yaml'),
  /** A line a trial. */
  journal: join(folder, 'journal.jsonl'),
  /** Checkpoints of trials; removed at the end. */
  trials: join(folder, 'trials'),
  /** `Optimization` as JSON. */
  result: join(folder, 'optimization.json'),
  /** The best run, for `spillway train --config`. */
  best: join(folder, 'best.yaml'),
  report: join(folder, 'report.html'),
  reportJson: join(folder, 'report.json'),
})

/**
 * The optimization of OPTIMA (E. Bachmann, TU Dresden, PyPI optima-ml): hyper-parameters on all inputs, backwards
 * elimination of inputs, hyper-parameters again on those that are left, and a cross-validation of what came out beside
 * what was started from. A function of its arguments and of what the pool answers.
 */
export async function optimize(
  recipe: Recipe,
  run: RunConfig,
  config: OptimizeConfig,
  pool: TrialPool,
  onPhase: (phase: Phase) => void = () => undefined,
): Promise<Optimization> {
  const { builder } = withoutInputs(recipe.task(run.recipe), run.drop)
  onPhase('search')
  const first = await search('search', run, config.search, config, pool)
  onPhase('elimination')
  const { best: fewer, ...elimination } = await eliminate(first.best, builder, config, pool)
  onPhase('second search')
  const second = await search('second search', fewer, config.second_search, config, pool)
  onPhase('cross-validation')
  const compared =
    config.folds < 2
      ? []
      : ([
          ['start', run],
          ['best', second.best],
        ] as const)
  const crossValidation = await Promise.all(
    compared.map(([name, one]) => crossValidate(name, one, config.folds, config, pool)),
  )
  return {
    system: recipe.system,
    objective: config.objective,
    search: first.trials,
    elimination,
    secondSearch: second.trials,
    crossValidation,
    best: second.best,
  }
}

/** Removes what only an optimization that is to be resumed needs. */
export const cleanUp = (folder: string): Promise<void> =>
  rm(optimizationFiles(folder).trials, { recursive: true, force: true })
