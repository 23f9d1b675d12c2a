import { SpillwayError } from '../../errors.js'
import type { Executor } from '../executor/index.js'
import type { Arrays } from '../trace/index.js'
import type { Checkpoint } from './checkpoint.js'
import { type Dataset, rowsOf } from './dataset.js'
import { RunningMean } from './mean.js'
import type { Schedule } from './schedule.js'

/** What one epoch of training needs. */
export interface EpochTask {
  readonly executor: Executor
  readonly data: Dataset
  readonly schedule: Schedule
  readonly from: Pick<Checkpoint, 'epoch' | 'batch' | 'losses'>
  /** Steps done before this epoch's first batch of the task. */
  readonly step: number
  readonly signal?: AbortSignal
  readonly onStep?: (step: number, loss: number) => void
}

export interface EpochOutcome {
  readonly losses: RunningMean
  readonly batches: number
  readonly step: number
  readonly interrupted: boolean
}

/**
 * Trains on the batches of one epoch that are not done yet. The next batch is read while a step computes.
 * Throws TRAIN_DIVERGED when a loss is not finite.
 */
export async function trainEpoch(task: EpochTask): Promise<EpochOutcome> {
  const { executor, data, schedule, from, signal, onStep } = task
  const losses = new RunningMean(from.losses)
  let { step } = task
  let batches = 0
  let running: Promise<void> = Promise.resolve()
  const finish = async (result: Promise<Arrays>, rows: number, index: number): Promise<void> => {
    const { loss } = await result
    if (!Number.isFinite(loss[0])) {
      throw new SpillwayError('TRAIN_DIVERGED', `The loss of step ${index + 1} is ${loss[0]}.`, {
        place: `epoch ${from.epoch}, step ${index + 1}`,
      })
    }
    losses.add({ loss }, rows)
    onStep?.(index + 1, loss[0])
  }
  for await (const batch of data.batches(from.epoch)) {
    batches++
    if (batches <= from.batch) continue
    await running
    if (signal?.aborted) return { losses, batches: batches - 1, step, interrupted: true }
    running = finish(executor.step(batch, schedule(step)), rowsOf(batch), step)
    // Awaited before the next step; a rejection meanwhile must not count as unhandled.
    running.catch(() => undefined)
    step++
  }
  await running
  return { losses, batches, step, interrupted: false }
}

/** The result of a program's `evaluate` that says how much a batch counts; where there is none, its rows count. */
export const TOTAL_WEIGHT = 'total_weight'

/** Means over a sample of what the program evaluates. */
export async function evaluateOn(executor: Executor, data: Dataset): Promise<Record<string, number>> {
  const means = new RunningMean()
  for await (const batch of data.batches(0)) {
    const { [TOTAL_WEIGHT]: weight, ...results } = await executor.evaluate(batch)
    means.add(results, weight?.[0] ?? rowsOf(batch))
  }
  return means.means()
}
