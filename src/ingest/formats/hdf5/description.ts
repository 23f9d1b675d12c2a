import type { ColumnType } from '../../columns.js'
import type { Data } from '../shared/node.js'

/** One value of a record: where it stands and how it is stored. */
export interface Member {
  readonly name: string
  readonly offset: number
  readonly size: number
  readonly type: ColumnType
  /** Stored as IEEE half precision. */
  readonly half: boolean
  readonly littleEndian: boolean
}

export interface DatasetInfo {
  readonly path: string
  readonly name: string
  /** Entries of each row; `null` for datasets of one dimension. */
  readonly width: number | null
  readonly bytesPerEntry: number
  /** Rows of a chunk: what is unpacked at once. */
  readonly chunkRows: number
  /** A compound type's members, or one without name for plain numbers. */
  readonly members: readonly Member[]
  /** The member `valid`, which says which entries of a padded list are there. */
  readonly valid: Member | null
}

export interface Hdf5Info {
  readonly group: string
  readonly rows: number
  readonly datasets: readonly DatasetInfo[]
  readonly skipped: ReadonlyMap<string, string>
}

/** What the main thread asks the reading thread: first `describe`, then `read` with datasets out of the answer. */
export type Hdf5Question =
  | { readonly ask: 'describe'; readonly path: string; readonly inside: string | null }
  | {
      readonly ask: 'read'
      readonly path: string
      readonly datasets: readonly DatasetInfo[]
      readonly from: number
      readonly rows: number
    }

export type Hdf5Answer = Hdf5Info | readonly Data[]
