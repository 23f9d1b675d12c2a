import { SpillwayError } from '../../errors.js'
import { openSample, type Sample } from '../data/sample.js'
import { fit as fitProgram } from '../fit/index.js'
import { inputsOf, withoutInputs } from '../inputs.js'
import { initialise } from '../layers/index.js'
import { metricsOf } from '../metrics.js'
import { scheduleOf, trainProgram } from '../program.js'
import type { Recipe, Task } from '../recipe.js'
import { inSplit } from '../score-table.js'
import type { TrialJob, TrialResult } from './trial.js'
import { shuffled, TrialScores } from './trial-scores.js'

/**
 * Trains and scores one trial. With a folder, it goes on from the checkpoint there: bit for bit what training anew gives,
 * only sooner.
 * @throws SpillwayError as openSample and fit do; a diverged training is a result, not an error.
 */
export async function runTrial(recipe: Recipe, job: TrialJob, folder?: string): Promise<TrialResult> {
  const { config } = job
  const task = withoutInputs(recipe.task(config.recipe), config.drop)
  await using sample = await openSample(task, config.data, process.cwd())
  try {
    return await trained(task, sample, job, folder)
  } catch (error) {
    if (!(error instanceof SpillwayError) || error.code !== 'TRAIN_DIVERGED') throw error
    const metrics = { train: {}, validation: {}, test: {} }
    return { metrics, shuffled: {}, epochs: 0, bestEpoch: 0, failed: error.message }
  }
}

async function trained(
  task: Task,
  sample: Sample,
  { config, epochs, shuffle }: TrialJob,
  folder: string | undefined,
): Promise<TrialResult> {
  const { batch, patience } = config.fit
  const network = task.network(sample.statistics)
  const perEpoch = Math.ceil(sample.counts.parts.train / batch)
  const { kind, provider, threads } = config.executor
  const fitted = await fitProgram({
    program: trainProgram(task, network, config.fit),
    initial: initialise(network.parameters, config.seed),
    train: sample.dataset('train', batch, config.seed),
    validation: sample.dataset('validation', batch),
    schedule: scheduleOf(config.fit, perEpoch),
    epochs,
    // Trials run side by side: a thread each, which also makes results independent of how many there are.
    executor: { executor: kind, provider, threads: threads ?? 1 },
    ...(folder !== undefined && { directory: folder }),
    ...(patience !== null && { earlyStopping: { patience } }),
  })
  const best = fitted.history.findIndex(({ validation }) => validation === fitted.metrics)
  const scores = await TrialScores.open(task, network, fitted.weights, sample, config.data.event)
  try {
    const table = await scores.table()
    const { train, validation, test } = metricsOf(task, table)
    return {
      metrics: {
        train: { ...train, ...lossOf(fitted.history[best]?.trainLoss) },
        validation: { ...validation, ...lossOf(fitted.metrics?.['loss']) },
        test,
      },
      shuffled: shuffle ? await importances() : {},
      epochs: fitted.history.length,
      bestEpoch: best,
    }
  } finally {
    await scores.close()
  }

  async function importances(): Promise<TrialResult['shuffled']> {
    const found: [string, Readonly<Record<string, number>>][] = []
    const hidden = new Set(config.drop)
    for (const input of inputsOf(task.builder)) {
      if (hidden.has(input.name)) continue
      const table = inSplit(
        await scores.table((picks) => shuffled(task.builder, picks, input, config.seed)),
        'validation',
      )
      found.push([input.name, task.metrics(table)])
    }
    return Object.fromEntries(found)
  }
}

const lossOf = (loss: number | undefined): Readonly<Record<string, number>> =>
  loss === undefined ? {} : { loss }
