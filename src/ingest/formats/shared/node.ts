import type { ColumnType, Values } from '../../columns.js'

/** A column's place in a file before its values are read: what a schema is made from. */
export type Shape =
  | { readonly kind: 'leaf'; readonly name: string; readonly type: ColumnType; readonly unit?: string }
  | { readonly kind: 'list'; readonly name: string; readonly item: Shape }
  | { readonly kind: 'struct'; readonly name: string; readonly children: readonly Shape[] }

/** The values of one `leaf` shape. `ends` are the offsets of strings; then `values` are UTF-8 bytes. */
export interface LeafData {
  readonly kind: 'leaf'
  readonly values: Values
  /** One byte a value, 0 where null; `null` where every value is there. */
  readonly valid: Uint8Array | null
  readonly ends?: Int32Array
}

/** Offsets of a list (length + 1, the first is 0) over the data of its items. */
export interface ListData {
  readonly kind: 'list'
  readonly offsets: Int32Array
  readonly item: Data
}

export interface StructData {
  readonly kind: 'struct'
  readonly children: readonly Data[]
}

/** Column data of one batch, of the same form as its `Shape`. Null lists are empty lists. */
export type Data = LeafData | ListData | StructData

export const leaf = (values: Values, valid: Uint8Array | null = null): LeafData => ({
  kind: 'leaf',
  values,
  valid,
})

/** A `list<struct>` over flat arrays that share their offsets. */
export const listOfStructs = (offsets: Int32Array, columns: readonly Data[]): ListData => ({
  kind: 'list',
  offsets,
  item: { kind: 'struct', children: columns },
})
