import type { Message } from '../ingest/message.js'
import type { LaneId } from './sink.js'

/**
 * What a source delivers to: the lanes. The source opens a lane before it pushes to it and closes it when the lane is
 * no longer its own.
 */
export interface Lanes {
  /** @returns the offset to deliver from; `null` for the source's own beginning. */
  open(id: LaneId): Promise<bigint | null>
  /** Resolves when there is room for more: the source's backpressure. */
  push(id: LaneId, messages: readonly Message[], next: bigint): Promise<void>
  /** Commits what was pushed. Resolves when that is done or the lane was rewound instead. */
  drain(id: LaneId): Promise<void>
  /** Commits what was pushed, at most so long, then gives the lane up. */
  close(id: LaneId, drainMs: number): Promise<void>
}

/** How far a source is behind. */
export interface Lag {
  readonly id: LaneId
  /** Messages not yet delivered; `null` when unknown. */
  readonly messages: number | null
}

/** Where events come from: delivers messages of its lanes in order. */
export interface Source {
  /**
   * Delivers until the input ends and is committed, or `stop`; closes its lanes. Rejects when it cannot go on.
   * @returns whether the input came to its end
   */
  run(lanes: Lanes): Promise<boolean>
  /** Deliver this lane from here next (`null`: from the beginning), and nothing that was read from elsewhere. */
  rewind(id: LaneId, next: bigint | null): void
  /** Ends `run`: no more deliveries, lanes drained for at most so long and closed. */
  stop(drainMs: number): Promise<void>
  lag(): readonly Lag[]
  /** Rows of the whole input, where it is finite and known. */
  readonly totalRows: number | null
}
