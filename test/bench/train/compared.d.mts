import type { Measured } from '#spillway/report/weighted-roc.js'
import type { ScoreTable } from '#spillway/train/score-table.js'

/** One seed: the tables of the same test items with each contestant's scores, ours first. */
export interface Compared {
  readonly tables: Readonly<Record<string, ScoreTable>>
  readonly task: { readonly metrics: (table: ScoreTable) => Readonly<Record<string, number>> }
}

export function aheadOf(
  compared: readonly Compared[],
  figures: Readonly<Record<string, string>>,
): (peer: string, figure: string) => { readonly ahead: Measured; readonly ratio: Measured }
