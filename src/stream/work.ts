import type { ErrorCode } from '../errors.js'
import type { ColumnSpec } from '../ingest/columns.js'
import type { Bundle } from '../models/manifest.js'
import type { ScoreCost } from '../models/scorer.js'
import type { ModelReport } from '../models/serving.js'
import type { PipelineConfig } from './config/schema.js'
import type { CutFlowCounts } from './cutflow/counts.js'

/** What a worker is started with: everything it needs to build the pipeline's steps by itself. */
export interface WorkPlan {
  readonly config: PipelineConfig
  /** Folder that relative paths of the configuration start from. */
  readonly folder: string
  /** Shared view of what the worker is doing: see `Pulse`. */
  readonly pulse: SharedArrayBuffer
  /** Line-ups in use; one of the paths in the configuration when absent. */
  readonly lineUps?: readonly LineUpOffer[]
}

/** The models of one step, by key. */
export interface StepModels {
  readonly live: string
  /** Takes a share of the events over, chosen by event number. */
  readonly canary?: { readonly model: string; readonly share: number }
  /** Scores everything too; its scores are only compared. */
  readonly shadow?: string
}

/** Which models a task is scored with. Never changes once made; ids rise from 0. */
export interface LineUp {
  readonly id: number
  /** By the name of the step. */
  readonly steps: Readonly<Record<string, StepModels>>
}

/** A line-up with the bundles of its models, by key; those that a worker has already may be missing. */
export interface LineUpOffer extends LineUp {
  readonly bundles: Readonly<Record<string, Bundle>>
}

/** One message on its way to a worker; the pool copies the bytes and transfers the copy. */
export interface WorkItem {
  readonly value: Uint8Array
  /** topic/partition/offset, for messages and dead letters. */
  readonly place: string
  /** CRC-32 of the bytes, when the producer sent one. */
  readonly crc32: number | null
}

export interface Task {
  readonly id: number
  readonly items: readonly WorkItem[]
  /** The line-up to score with; 0 when absent. */
  readonly lineUp?: number
}

/** What a worker is told: work, prepare another line-up, forget one. In order, between tasks. */
export type WorkerOrder = Task | { readonly offer: LineUpOffer } | { readonly drop: number }

/** Something that could not be scored. `value` is the cut-out event; `null` stands for the whole message. */
export interface Reject {
  readonly code: ErrorCode
  readonly message: string
  readonly place: string
  readonly row: number | null
  readonly value: Uint8Array | null
}

/** One accepted event, for the decision subject. */
export interface Decision {
  readonly event: string
  readonly chains: readonly string[]
}

/** What became of one message. */
export interface Outcome {
  /** Events scored: rows of `scores`. */
  readonly rows: number
  /** Arrow IPC stream; `null` when no event was scored. */
  readonly scores: Uint8Array | null
  /** Arrow IPC stream of the accepted events, whole, with their scores. */
  readonly accepted: Uint8Array | null
  readonly acceptedRows: number
  /** Events that passed each chain (after prescale). */
  readonly chains: Readonly<Record<string, number>>
  /** Counts of the cut-flow steps; absent where no event was scored. */
  readonly cutFlows?: CutFlowCounts
  readonly decisions: readonly Decision[]
  readonly rejects: readonly Reject[]
}

export interface StepCost extends ScoreCost {
  readonly step: string
  readonly reports?: readonly ModelReport[]
}

/** What the work of one task cost. */
export interface TaskCost {
  /** When the worker began and ended, in milliseconds of the clock that threads share: see `monotonicMs`. */
  readonly startedAt: number
  readonly endedAt: number
  readonly decodeSeconds: number
  readonly encodeSeconds: number
  readonly steps: readonly StepCost[]
}

export interface TaskReply {
  readonly id: number
  readonly outcomes: readonly Outcome[]
  readonly cost: TaskCost
  /** What it was scored with; 0 when absent. */
  readonly lineUp?: number
}

/** A live model, for metrics, the summary and the output's metadata. */
export interface LiveModel {
  readonly step: string
  readonly name: string
  readonly version: number
  readonly sha256: string
  readonly provider: string
  readonly runtime: string
  readonly fallbacks: readonly string[]
  /** Share of the events that it scores, for a canary. */
  readonly share?: number
}

/** First message of a worker: it is ready, or why it is not. */
export type Hello =
  | {
      readonly kind: 'ready'
      readonly models: readonly LiveModel[]
      readonly produces: readonly ColumnSpec[]
    }
  | {
      readonly kind: 'failed'
      readonly code: ErrorCode
      readonly message: string
      readonly place?: string
      readonly remedy: string
    }

/** What became of an offer. */
export type LineUpAnswer =
  | { readonly kind: 'lined-up'; readonly lineUp: number; readonly models: readonly LiveModel[] }
  | {
      readonly kind: 'refused'
      readonly lineUp: number
      readonly code: ErrorCode
      readonly message: string
      readonly place?: string
      readonly remedy: string
    }

/** `spent` are the buffers of the task's messages, transferred back to be used again. */
export type WorkerMessage =
  | Hello
  | LineUpAnswer
  | ({ readonly kind: 'reply'; readonly spent: readonly ArrayBuffer[] } & TaskReply)
