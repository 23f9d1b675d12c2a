import { asSpillwayError } from '../../errors.js'
import type { Recipe } from '../recipe.js'
import type { TrialReply, TrialRequest } from './pool-local.js'
import { runTrial } from './run-trial.js'
import type { TrialJob } from './trial.js'

/** Runs a trial for someone else: what goes wrong becomes an answer too. */
export async function answer(
  job: TrialJob,
  folder: string | undefined,
  recipeOf: (system: string) => Promise<Recipe>,
): Promise<TrialReply> {
  try {
    return { result: await runTrial(await recipeOf(job.config.system), job, folder) }
  } catch (cause) {
    const { code, message, place, remedy } = asSpillwayError(cause, 'INTERNAL', { place: job.lineage })
    return { error: { code, message, ...(place !== undefined && { place }), remedy } }
  }
}

/** The life of a process of `localPool`: answers requests until its parent is gone. */
export function answerTrials(recipeOf: (system: string) => Promise<Recipe>): void {
  // Terminals and batch systems signal whole groups: the parent decides when the trial being done is to end.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => undefined)
  process.on('message', async ({ job, folder }: TrialRequest) => {
    process.send?.(await answer(job, folder, recipeOf))
  })
  process.on('disconnect', () => process.exit(0))
}
