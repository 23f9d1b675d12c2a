import { appendFile, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { createExecutor, type Executor, type ExecutorConfig, type TrainProgram } from '../executor/index.js'
import type { Arrays } from '../trace/index.js'
import { type Checkpoint, readCheckpoint, writeCheckpoint } from './checkpoint.js'
import type { Dataset } from './dataset.js'
import { bestEpoch, type EarlyStopping, type EpochRecord, shouldStop } from './history.js'
import { evaluateOn, trainEpoch } from './run.js'
import type { Schedule } from './schedule.js'

export interface FitOptions {
  readonly program: TrainProgram
  /** Starting values of the parameters and the state. */
  readonly initial: Arrays
  readonly train: Dataset
  readonly validation: Dataset
  readonly schedule: Schedule
  readonly epochs: number
  readonly executor: ExecutorConfig
  readonly earlyStopping?: EarlyStopping
  /** Where checkpoint.bin and log.jsonl go; neither is written when it is left out. */
  readonly directory?: string
  /** When aborted, the run saves a checkpoint after the step being done and returns. */
  readonly signal?: AbortSignal
  readonly onStep?: (step: number, loss: number) => void
  readonly onEpoch?: (record: EpochRecord) => void
}

export interface FitResult {
  /** `done` after the last epoch, `stopped` early, `interrupted` by the signal. */
  readonly reason: 'done' | 'stopped' | 'interrupted'
  readonly history: readonly EpochRecord[]
  /** The validation results of the best epoch; undefined when none was finished. */
  readonly metrics: Readonly<Record<string, number>> | undefined
  /** Parameters and state at the end of the best epoch, or of the moment when none was finished. */
  readonly weights: Arrays
}

const START = { epoch: 0, batch: 0, losses: { sums: {}, weight: 0 }, history: [], best: undefined }

/**
 * Trains until the last epoch, an early stop or an interruption. With a directory that holds a checkpoint it goes
 * on from there, and gives bit for bit what an uninterrupted run on the same machine gives.
 * Throws TRAIN_DIVERGED when a loss is not finite, and as createExecutor and readCheckpoint do.
 */
export async function fit(options: FitOptions): Promise<FitResult> {
  const { directory, program, initial } = options
  if (directory !== undefined) await mkdir(directory, { recursive: true })
  const saved = directory === undefined ? undefined : await readCheckpoint(checkpointPath(directory))
  const start: Checkpoint = saved ?? { ...START, state: initial }
  const executor = await createExecutor(options.executor, program, start.state)
  try {
    const { reason, checkpoint } = await runEpochs(options, executor, start)
    const best = bestEpoch(checkpoint.history, options.earlyStopping?.atLeast)
    const weights = withoutSlots(program, checkpoint.best ?? checkpoint.state)
    return { reason, history: checkpoint.history, metrics: best?.validation, weights }
  } finally {
    await executor.close()
  }
}

async function runEpochs(options: FitOptions, executor: Executor, start: Checkpoint) {
  const { epochs, schedule, earlyStopping, signal, onStep } = options
  let checkpoint = start
  while (checkpoint.epoch < epochs && !shouldStop(checkpoint.history, earlyStopping)) {
    const began = performance.now()
    const step = checkpoint.state['step']?.[0] ?? 0
    const task = { executor, data: options.train, schedule, from: checkpoint, step, signal, onStep }
    const outcome = await trainEpoch(task)
    const state = await executor.state()
    if (outcome.interrupted) {
      checkpoint = { ...checkpoint, batch: outcome.batches, losses: outcome.losses.state(), state }
      await save(options, checkpoint)
      return { reason: 'interrupted' as const, checkpoint }
    }
    const record: EpochRecord = {
      epoch: checkpoint.epoch,
      steps: outcome.step,
      trainLoss: outcome.losses.means()['loss'] ?? Number.NaN,
      validation: await evaluateOn(executor, options.validation),
      learningRate: schedule(Math.max(0, outcome.step - 1)),
    }
    const history = [...checkpoint.history, record]
    const isBest = bestEpoch(history, earlyStopping?.atLeast) === record
    const best = isBest ? state : checkpoint.best
    checkpoint = { ...START, epoch: checkpoint.epoch + 1, history, state, best }
    await save(options, checkpoint)
    await log(options, { ...record, seconds: (performance.now() - began) / 1000 })
    options.onEpoch?.(record)
  }
  const reason = checkpoint.epoch < epochs ? ('stopped' as const) : ('done' as const)
  return { reason, checkpoint }
}

const checkpointPath = (directory: string): string => join(directory, 'checkpoint.bin')

async function save({ directory }: FitOptions, checkpoint: Checkpoint): Promise<void> {
  if (directory !== undefined) await writeCheckpoint(checkpointPath(directory), checkpoint)
}

async function log({ directory }: FitOptions, entry: object): Promise<void> {
  if (directory === undefined) return
  await appendFile(
    join(directory, 'log.jsonl'),
    `${JSON.stringify({ time: new Date().toISOString(), ...entry })}\n`,
  )
}

/** What a model needs, without what only the optimizer needs. */
function withoutSlots(program: TrainProgram, state: Arrays): Arrays {
  const { parameters, state: carried = {} } = program
  return Object.fromEntries(
    [...Object.keys(parameters), ...Object.keys(carried)].map((name) => [name, state[name]]),
  )
}
