/** One finished epoch. Holds nothing that differs between a resumed and an uninterrupted run. */
export interface EpochRecord {
  readonly epoch: number
  /** Steps done at its end, over all epochs. */
  readonly steps: number
  /** Mean of the steps' losses, by rows. */
  readonly trainLoss: number
  /** Means over the validation sample of what the program evaluates, `loss` among them. */
  readonly validation: Readonly<Record<string, number>>
  readonly learningRate: number
}

export interface EarlyStopping {
  /** Stop after this many epochs without a better validation loss. */
  readonly patience: number
  /** How much lower counts as better; 0 unless given. */
  readonly atLeast?: number
}

/** The epoch of the lowest validation loss; undefined before the first. What is not finite is never the best. */
export function bestEpoch(history: readonly EpochRecord[], atLeast = 0): EpochRecord | undefined {
  return history.reduce<EpochRecord | undefined>((best, record) => {
    const loss = record.validation['loss']
    if (!Number.isFinite(loss)) return best
    return best === undefined || loss < best.validation['loss'] - atLeast ? record : best
  }, undefined)
}

export function shouldStop(history: readonly EpochRecord[], rule: EarlyStopping | undefined): boolean {
  if (rule === undefined || history.length === 0) return false
  const best = bestEpoch(history, rule.atLeast)
  const since = history.length - 1 - (best === undefined ? -1 : history.indexOf(best))
  return since >= rule.patience
}
