import { SpillwayError } from '../errors.js'

/** Parts of a sample; the index is what score files hold in `split`. */
export const SPLITS = ['train', 'validation', 'test'] as const
export type Split = (typeof SPLITS)[number]

/** Scored items as plain columns: what metrics and figures are made of. */
export interface ScoreTable {
  readonly rows: number
  readonly names: readonly string[]
  /** @throws SpillwayError COLUMN_MISSING. */
  column(name: string): Float64Array
  /** The items for which `keep` holds. */
  where(keep: (row: number) => boolean): ScoreTable
  /** The same items with other values in a column. */
  with(name: string, values: Float64Array): ScoreTable
}

/** A table of columns of one length. */
export function scoreTable(columns: ReadonlyMap<string, Float64Array>): ScoreTable {
  const rows = columns.values().next().value?.length ?? 0
  return {
    rows,
    names: [...columns.keys()],
    column(name) {
      const column = columns.get(name)
      if (column !== undefined) return column
      throw new SpillwayError('COLUMN_MISSING', `the scores have no column ${name}`, { place: name })
    },
    where(keep) {
      const chosen = Int32Array.from({ length: rows }, (_, row) => row).filter((row) => keep(row))
      const taken = Array.from(
        columns,
        ([name, values]) => [name, Float64Array.from(chosen, (row) => values[row])] as const,
      )
      return scoreTable(new Map(taken))
    },
    with: (name, values) => scoreTable(new Map([...columns, [name, values]])),
  }
}

/** The items of tables with the same columns, one after another. */
export function joinedTables(tables: readonly ScoreTable[]): ScoreTable {
  const rows = tables.reduce((sum, table) => sum + table.rows, 0)
  const columns = tables[0].names.map((name) => {
    const values = new Float64Array(rows)
    let at = 0
    for (const table of tables) {
      values.set(table.column(name), at)
      at += table.rows
    }
    return [name, values] as const
  })
  return scoreTable(new Map(columns))
}

/** The items of one part of the sample. */
export function inSplit(table: ScoreTable, split: Split): ScoreTable {
  const splits = table.column('split')
  const wanted = SPLITS.indexOf(split)
  return table.where((row) => splits[row] === wanted)
}
