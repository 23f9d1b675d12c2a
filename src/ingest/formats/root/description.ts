import type { ColumnType } from '../../columns.js'

/**
 * How the entries of a branch lie in its baskets.
 * - `flat`: `length` values an entry.
 * - `counted`: as many as another leaf says; baskets carry byte offsets, or the counter tells.
 * - `vector`: a std::vector; each entry has a header of 10 bytes.
 * - `string`: a C string with its length in front.
 */
export type BranchKind = 'flat' | 'counted' | 'vector' | 'string'

/** A basket that was still in memory when the tree was written: its bytes are part of the tree. */
export interface EmbeddedBasket {
  readonly data: Uint8Array
  readonly entries: number
  /** Byte offsets of the entries in `data`; `null` where entries have one size. */
  readonly offsets: Int32Array | null
}

export interface BranchInfo {
  readonly name: string
  readonly kind: BranchKind
  readonly type: ColumnType
  /** Values of a `flat` entry. */
  readonly length: number
  /** Branch that holds the counts of a `counted` one. */
  readonly counter: string | null
  readonly unit: string | null
  /** Of each basket: file position, bytes, first entry. */
  readonly seeks: readonly number[]
  readonly sizes: readonly number[]
  readonly firstEntries: readonly number[]
  readonly embedded: readonly EmbeddedBasket[]
}

export interface TreeInfo {
  readonly kind: 'tree'
  readonly name: string
  readonly title: string
  readonly entries: number
  readonly branches: readonly BranchInfo[]
  /** Branches of kinds that have no place in events, with the reason. */
  readonly skipped: ReadonlyMap<string, string>
}

export interface PageInfo {
  readonly values: number
  readonly position: number
  readonly bytes: number
  /** The first page of its column in a cluster: list indices begin anew. */
  readonly opensCluster: boolean
}

export interface FieldInfo {
  readonly name: string
  readonly typeName: string
  /** 0 plain, 1 collection, 2 record; others are not read. */
  readonly role: number
  /** Fixed repetitions (std::array); 0 for none. */
  readonly repeat: number
  readonly columns: readonly {
    readonly type: number
    readonly bits: number
    readonly pages: readonly PageInfo[]
  }[]
  readonly children: readonly FieldInfo[]
  /** Why this field cannot be read; `null` when it can. */
  readonly problem: string | null
}

export interface NtupleInfo {
  readonly kind: 'ntuple'
  readonly name: string
  readonly title: string
  readonly entries: number
  readonly fields: readonly FieldInfo[]
}

export interface DescribeQuestion {
  readonly path: string
  /** Instead of the file's bytes, in tests. */
  readonly bytes?: Uint8Array
  /** Path of the tree in the file; `null` to choose. */
  readonly inside: string | null
}
