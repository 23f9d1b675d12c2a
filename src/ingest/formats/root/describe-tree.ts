import type { ColumnType } from '../../columns.js'
import { checkCount, unreadable } from '../shared/damage.js'
import { limits } from '../shared/limits.js'
import type { BranchInfo, BranchKind, EmbeddedBasket, TreeInfo } from './description.js'

/** What jsroot makes of a TTree; only what is used here. Every number is the file's claim. */
interface RawTree {
  readonly fTitle?: string
  readonly fEntries?: number
  readonly fBranches?: { readonly arr?: readonly RawBranch[] }
}
interface RawBranch {
  readonly _typename: string
  readonly fName: string
  readonly fTitle?: string
  readonly fClassName?: string
  readonly fType?: number
  readonly fStreamerType?: number
  readonly fBranchCount?: { readonly fName: string } | null
  readonly fBranches?: { readonly arr?: readonly RawBranch[] }
  readonly fLeaves?: { readonly arr?: readonly RawLeaf[] }
  readonly fBaskets?: { readonly arr?: readonly (RawBasket | null)[] }
  readonly fBasketSeek: ArrayLike<number | bigint>
  readonly fBasketBytes: ArrayLike<number | bigint>
  readonly fBasketEntry: ArrayLike<number | bigint>
  readonly fWriteBasket: number
  readonly fFileName?: string
}
interface RawLeaf {
  readonly _typename: string
  readonly fName: string
  readonly fLen: number
  readonly fIsUnsigned?: boolean
  readonly fLeafCount?: { readonly fName: string } | null
}
interface RawBasket {
  readonly fNevBuf: number
  readonly fLast: number
  readonly fKeylen: number
  readonly fEntryOffset?: ArrayLike<number> | null
  readonly fBufferRef?: { readonly arr: DataView }
}

/** A description of a TTree that is safe to follow: counts and lengths checked. @throws SpillwayError FILE_UNREADABLE. */
export function describeTree(object: unknown, name: string, place: string): TreeInfo {
  const tree = object as RawTree | null
  if (!Array.isArray(tree?.fBranches?.arr)) throw unreadable(`tree ${name} has no branches`, place)
  const branches: BranchInfo[] = []
  const skipped = new Map<string, string>()
  const visit = (raw: RawBranch, parent: string, depth: number): void => {
    if (depth > 16 || branches.length + skipped.size > limits.columns)
      throw unreadable('branches nested or repeated without end', place)
    const own = parent === '' || raw.fName.startsWith(`${parent}.`) ? raw.fName : `${parent}.${raw.fName}`
    const path = own.replace(/\[.*$/, '').replace(/\.$/, '')
    const below = raw.fBranches?.arr ?? []
    const collection = raw.fType === 3 || raw.fType === 4
    if (below.length > 0) for (const child of below) visit(child, path, depth + 1)
    if (below.length > 0 && !collection) return
    const described = describeBranch(raw, path, collection)
    if (typeof described === 'string') skipped.set(path, described)
    else branches.push(described)
  }
  for (const branch of tree.fBranches.arr) visit(branch, '', 0)
  const entries = checkCount(Number(tree.fEntries), Number.MAX_SAFE_INTEGER, 'entries', place)
  return { kind: 'tree', name, title: tree.fTitle ?? '', entries, branches, skipped }
}

function describeBranch(raw: RawBranch, name: string, collection: boolean): BranchInfo | string {
  const leaves = raw.fLeaves?.arr ?? []
  if (raw.fFileName) return 'is kept in another file'
  if (leaves.length !== 1) return `has ${leaves.length} leaves`
  const form = collection ? ({ kind: 'flat', type: 'int32', length: 1 } as const) : formOf(raw, leaves[0])
  if (typeof form === 'string') return form
  const written = Math.min(Number(raw.fWriteBasket), raw.fBasketSeek.length, raw.fBasketBytes.length)
  const stored = Array.from({ length: Math.max(0, written) }, (_, i) => i).filter(
    (i) => Number(raw.fBasketSeek[i]) > 0,
  )
  return {
    name: collection ? `n${name}` : name,
    ...form,
    counter: raw.fBranchCount === undefined || raw.fBranchCount === null ? counterOf(leaves[0]) : null,
    unit: unitOf(raw.fTitle),
    seeks: stored.map((i) => Number(raw.fBasketSeek[i])),
    sizes: stored.map((i) => Number(raw.fBasketBytes[i])),
    firstEntries: stored.map((i) => Number(raw.fBasketEntry[i])),
    embedded: (raw.fBaskets?.arr ?? []).flatMap((basket) => embedded(basket)),
  }
}

const counterOf = (leaf: RawLeaf): string | null => leaf.fLeafCount?.fName ?? null

/** Some writers put the unit in brackets at the end of a title: `missing momentum [MeV]`. */
const unitOf = (title: string | undefined): string | null =>
  /\s\[(eV|keV|MeV|GeV|TeV|mm|cm|m|rad)\]$/.exec(title ?? '')?.[1] ?? null

const leafTypes: Readonly<Record<string, readonly [ColumnType, ColumnType]>> = {
  TLeafF: ['float32', 'float32'],
  TLeafD: ['float64', 'float64'],
  TLeafB: ['int8', 'uint8'],
  TLeafS: ['int16', 'uint16'],
  TLeafI: ['int32', 'uint32'],
  TLeafL: ['int64', 'uint64'],
  TLeafG: ['int64', 'uint64'],
  TLeafO: ['bool', 'bool'],
}

/** By TStreamerInfo's numbers of basic types. */
const streamerTypes: Readonly<Record<number, ColumnType>> = {
  1: 'int8',
  2: 'int16',
  3: 'int32',
  4: 'int64',
  5: 'float32',
  8: 'float64',
  11: 'uint8',
  12: 'uint16',
  13: 'uint32',
  14: 'uint64',
  15: 'uint32',
  16: 'int64',
  17: 'uint64',
  18: 'bool',
}

const vectorTypes: Readonly<Record<string, ColumnType>> = {
  float: 'float32',
  double: 'float64',
  char: 'int8',
  'signed char': 'int8',
  'unsigned char': 'uint8',
  short: 'int16',
  'unsigned short': 'uint16',
  int: 'int32',
  'unsigned int': 'uint32',
  long: 'int64',
  'unsigned long': 'uint64',
  'long long': 'int64',
  Long64_t: 'int64',
  ULong64_t: 'uint64',
  Float_t: 'float32',
  Double_t: 'float64',
  Int_t: 'int32',
  UInt_t: 'uint32',
  bool: 'bool',
}

type Form = { readonly kind: BranchKind; readonly type: ColumnType; readonly length: number }

function formOf(raw: RawBranch, leaf: RawLeaf): Form | string {
  const length = Number(leaf.fLen)
  if (!Number.isInteger(length) || length < 1 || length > 1_000_000) return `has entries of ${length} values`
  if (leaf._typename === 'TLeafC') return { kind: 'string', type: 'utf8', length: 1 }
  if (leaf._typename === 'TLeafElement') return elementForm(raw, length)
  const types = leafTypes[leaf._typename]
  if (types === undefined) return `is of kind ${leaf._typename}`
  const type = types[leaf.fIsUnsigned === true ? 1 : 0]
  const counted = leaf.fLeafCount !== null && leaf.fLeafCount !== undefined
  if (counted && length > 1) return 'is a list of arrays'
  return { kind: counted ? 'counted' : 'flat', type, length }
}

function elementForm(raw: RawBranch, length: number): Form | string {
  const vector = /^vector<(.+)>$/.exec(raw.fClassName ?? '')
  if (
    vector !== null &&
    raw.fType === 0 &&
    !(raw.fStreamerType !== undefined && raw.fStreamerType in streamerTypes)
  ) {
    const type = vectorTypes[vector[1].trim()]
    return type === undefined ? `is a ${raw.fClassName}` : { kind: 'vector', type, length: 1 }
  }
  const type = streamerTypes[Number(raw.fStreamerType)]
  if (type === undefined) return `is a ${raw.fClassName || 'object'} (streamer type ${raw.fStreamerType})`
  if (raw.fType === 31 || raw.fType === 41) {
    return length > 1 ? 'is a list of arrays' : { kind: 'counted', type, length }
  }
  return { kind: 'flat', type, length }
}

function embedded(basket: RawBasket | null): readonly EmbeddedBasket[] {
  if (basket?.fBufferRef === undefined || !(basket.fNevBuf > 0)) return []
  const { arr } = basket.fBufferRef
  const bytes = new Uint8Array(arr.buffer, arr.byteOffset, arr.byteLength)
  const border = Math.min(Math.max(basket.fLast - basket.fKeylen, 0), bytes.length)
  const data = bytes.slice(0, border)
  const entries = basket.fNevBuf
  if (!basket.fEntryOffset || basket.fEntryOffset.length < entries) return [{ data, entries, offsets: null }]
  const offsets = new Int32Array(entries + 1).fill(border)
  for (let i = 0; i < entries; i++) {
    const start = basket.fEntryOffset[i] - basket.fKeylen
    if (start < 0 || start > border || (i > 0 && start < offsets[i - 1]))
      throw unreadable('the offsets of a basket are not in order', 'basket in the tree')
    offsets[i] = start
  }
  return [{ data, entries, offsets }]
}
