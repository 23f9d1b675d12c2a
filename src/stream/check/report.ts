import { asSpillwayError, SpillwayError } from '../../errors.js'
import type { ColumnSpec } from '../../ingest/columns.js'
import type { LoadedPipeline } from '../config/load.js'

/** A step as `spillway check` shows it. */
export interface StepReport {
  readonly name: string
  /** `model NAME vN`, or `trigger menu`. */
  readonly what: string
  readonly reads: readonly string[]
  readonly adds: readonly ColumnSpec[]
}

/** Everything that can be said of a pipeline without connecting to anything. */
export interface CheckReport {
  readonly file: string
  /** `null` when the file could not be read. */
  readonly pipeline: LoadedPipeline | null
  readonly steps: readonly StepReport[]
  /** Everything that is wrong, by line. */
  readonly problems: readonly SpillwayError[]
  /** What could not be checked, and why. */
  readonly notes: readonly string[]
}

/** The same error at a place of the pipeline file; where it happened inside is kept. */
export function at(error: unknown, place: string): SpillwayError {
  const { code, message, remedy, place: inner, cause } = asSpillwayError(error, 'INTERNAL')
  const joined = inner === undefined || place.includes(inner) ? place : `${place} (${inner})`
  return new SpillwayError(code, message, { place: joined, remedy, cause })
}

/** By the line in the pipeline file, so that a person can go through it from the top. */
export function byLine(problems: readonly SpillwayError[]): SpillwayError[] {
  const line = ({ place }: SpillwayError): number => Number(/:(\d+)/.exec(place ?? '')?.[1] ?? 0)
  return [...problems].sort((a, b) => line(a) - line(b))
}
