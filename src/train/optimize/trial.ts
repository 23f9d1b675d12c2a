import { createHash } from 'node:crypto'
import type { RunConfig } from '../config.js'
import type { Split } from '../score-table.js'

/** One training, complete in itself: any process that sees the files can do it. */
export interface TrialJob {
  readonly config: RunConfig
  /** Epochs to train; the learning rate follows the schedule of `config.fit.epochs`. */
  readonly epochs: number
  /** Whether the importance of each input by shuffling it is asked for. */
  readonly shuffle: boolean
  /** Trainings of the same name and configuration go on from each other's checkpoints. */
  readonly lineage: string
}

/** What a training found. */
export interface TrialResult {
  /** Figures of merit of each part, `loss` among those of training and validation. */
  readonly metrics: Readonly<Record<Split, Readonly<Record<string, number>>>>
  /** Figures of merit on validation events with an input shuffled between them, by input. */
  readonly shuffled: Readonly<Record<string, Readonly<Record<string, number>>>>
  readonly epochs: number
  readonly bestEpoch: number
  /** Why there are no figures: the training diverged. */
  readonly failed?: string
}

/** Runs trials somewhere. */
export interface TrialPool {
  /** How many run at a time; null where that is not known here. */
  readonly width: number | null
  /** @throws SpillwayError what the trial threw, WORKER_LOST when its process was lost again and again */
  run(job: TrialJob): Promise<TrialResult>
  close(): Promise<void>
}

/** JSON with keys in order: equal things give equal text. */
export const canonical = (value: unknown): string =>
  JSON.stringify(value, (_key, inner: unknown) =>
    inner !== null && typeof inner === 'object' && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  )

const digest = (value: unknown): string =>
  createHash('sha256').update(canonical(value)).digest('hex').slice(0, 24)

/** A name for a job: equal jobs have equal ones. */
export const jobId = (job: TrialJob): string => digest(job)

/** A name for the training that a job is part of, whatever its epochs. */
export const trainingId = ({ config, lineage }: TrialJob): string => digest({ config, lineage })
