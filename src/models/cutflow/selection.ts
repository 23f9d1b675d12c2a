import type { Column, ColumnType, Events } from '../../ingest/columns.js'
import type { Read } from '../feature-builder.js'

/** What a selection found in a batch. */
export interface Selected {
  /** One mask a cut, in order: 1 where the event passes the cut, whatever the others say. */
  readonly masks: readonly Uint8Array[]
  /** The derived columns by their names, one value an event. */
  readonly columns: ReadonlyMap<string, Column>
}

/**
 * The cuts of an analysis, in the order of its cut-flow, and what it works out on the way. Pure and synchronous; a
 * value that is missing or NaN does not pass a cut.
 */
export interface Selection {
  readonly reads: readonly Read[]
  /** Names of the cuts: the columns `<step>.<cut>`. */
  readonly cuts: readonly string[]
  readonly derived: readonly { readonly name: string; readonly type: ColumnType; readonly unit?: string }[]
  evaluate(events: Events): Selected
}

/** Lists that hold the objects: `leptons` stands for `leptons.pt`, `leptons.eta` and so on. */
export interface ObjectLists {
  readonly leptons: string
  readonly jets: string
}

/** The name of a cut as part of a column's: `dR(jet, lepton)` is `dr_jet_lepton`. */
export const columnName = (cut: string): string =>
  cut
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^_|_$/g, '')
