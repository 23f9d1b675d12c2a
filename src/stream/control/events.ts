import type { SpillwayError } from '../../errors.js'
import type { Manifest } from '../../models/manifest.js'

/** Why a live version was taken back. */
export type RollbackReason = 'errors' | 'drift' | 'crash' | 'operator'

/** What happens to the models of a running pipeline. */
export interface ControlEvents {
  /** A newer version went live; seconds from its fetch (or promotion) to that. */
  swapped(step: string, from: number, to: Manifest, seconds: number): void
  /** A version scores beside the live one. */
  onTrial(step: string, mode: 'shadow' | 'canary', model: Manifest): void
  /** A version is not taken, or the registry cannot be read (`null`). Told once. */
  refused(step: string, version: number | null, error: SpillwayError): void
  /** The live version was taken back for the one before. */
  rolledBack(step: string, from: number, to: Manifest, reason: RollbackReason): void
}
