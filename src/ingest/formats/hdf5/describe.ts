import type { Metadata } from 'h5wasm/node'
import type { ColumnType } from '../../columns.js'
import { hint } from '../../nearest.js'
import { checkCount, unreadable } from '../shared/damage.js'
import { limits } from '../shared/limits.js'
import type { DatasetInfo, Hdf5Info } from './description.js'
import type { H5Module } from './library.js'

interface Candidate {
  readonly rows: number
  readonly info: DatasetInfo
}

/**
 * The datasets of one group that share their first dimension: that of `jets` where there is one, else the commonest.
 *
 * @throws SpillwayError FILE_UNREADABLE when the group is not there or holds none.
 */
export function describeGroup(h5: H5Module, file: bigint, inside: string | null, place: string): Hdf5Info {
  const group = inside === null ? onlyGroup(h5, file) : `/${inside.replace(/^\/+|\/+$/g, '')}`
  const names = keysOf(h5, file, group)
  if (names.length === 0) {
    throw unreadable(`group ${group} holds nothing${hint(group.slice(1), keysOf(h5, file, '/'))}`, place)
  }
  checkCount(names.length, limits.columns, 'datasets', place)
  const skipped = new Map<string, string>()
  const found: Candidate[] = []
  for (const name of names) {
    const path = group === '/' ? `/${name}` : `${group}/${name}`
    if (h5.get_type(file, path) !== h5.H5G_DATASET) skipped.set(name, 'is not a dataset')
    else {
      const candidate = describeDataset(h5, file, path, name, place)
      if (typeof candidate === 'string') skipped.set(name, candidate)
      else found.push(candidate)
    }
  }
  if (found.length === 0) throw unreadable(`group ${group} holds no dataset of numbers`, place)
  const rows = commonRows(found)
  const datasets = found.filter((one) => one.rows === rows).map((one) => one.info)
  for (const one of found)
    if (one.rows !== rows) skipped.set(one.info.name, `has ${one.rows} rows, not ${rows}`)
  return { group, rows, datasets, skipped }
}

const keysOf = (h5: H5Module, file: bigint, path: string): string[] =>
  h5.get_type(file, path) === h5.H5G_GROUP ? h5.get_names(file, path, false) : []

function onlyGroup(h5: H5Module, file: bigint): string {
  const keys = keysOf(h5, file, '/')
  const groups = keys.filter((key) => h5.get_type(file, `/${key}`) === h5.H5G_GROUP)
  return groups.length === 1 && keys.length === 1 ? `/${groups[0]}` : '/'
}

function commonRows(found: readonly Candidate[]): number {
  const jets = found.find((one) => one.info.name === 'jets')
  if (jets !== undefined) return jets.rows
  const counts = new Map<number, number>()
  for (const { rows } of found) counts.set(rows, (counts.get(rows) ?? 0) + 1)
  return [...counts].sort((a, b) => b[1] - a[1])[0][0]
}

/** Deflate, shuffle, checksum, n-bit and scale-offset: what the library unpacks without plugins. */
const builtIn = new Set([1, 2, 3, 5, 6])

function describeDataset(
  h5: H5Module,
  file: bigint,
  path: string,
  name: string,
  place: string,
): Candidate | string {
  const metadata = h5.get_dataset_metadata(file, path)
  const { shape, chunks, size } = metadata
  const filter = h5.get_dataset_filters(file, path).find(({ id }) => !builtIn.has(id))
  if (filter !== undefined) return `is packed by filter ${filter.id} (${filter.name || 'unknown'})`
  if (shape === null || shape.length === 0 || shape.length > 2) return `has ${shape?.length ?? 0} dimensions`
  const rows = checkCount(Number(shape[0]), Number.MAX_SAFE_INTEGER, `rows of ${name}`, place)
  const width =
    shape.length === 2 ? checkCount(Number(shape[1]), limits.eventItems, `entries of ${name}`, place) : null
  const bytesPerEntry = checkCount(size, limits.pageBytes, `bytes of an entry of ${name}`, place)
  if (metadata.virtual_sources !== undefined && metadata.virtual_sources.length > 0)
    return 'is kept in other files'
  const stored = metadata.compound_type?.members ?? [{ ...metadata, name: '', offset: 0 }]
  // The library turns types that are big-endian throughout, and leaves mixed ones as they are.
  const turned = stored.every((member) => member.type === 3 || !member.littleEndian)
  const members = stored.flatMap((member) => {
    const type = typeOf(member)
    if (type === null || member.offset < 0 || member.offset + member.size > size) return []
    return [
      {
        name: member.name,
        offset: member.offset,
        size: member.size,
        type,
        half: member.type === 1 && member.size === 2,
        littleEndian: turned || member.littleEndian,
      },
    ]
  })
  if (members.length === 0) return 'holds no numbers'
  const valid = width === null ? undefined : members.find((one) => one.name === 'valid')
  const isFlag = valid !== undefined && valid.size === 1
  const info: DatasetInfo = {
    path,
    name,
    width,
    bytesPerEntry,
    chunkRows: Math.max(1, Math.min(rows, Number(chunks?.[0] ?? 1))),
    members: isFlag ? members.filter((one) => one !== valid) : members,
    valid: isFlag ? valid : null,
  }
  return { rows, info }
}

type Stored = Pick<Metadata, 'type' | 'size' | 'signed' | 'vlen' | 'enum_type'> & {
  readonly array_type?: Metadata
}

/** HDF5's classes: 0 integers, 1 floats, 3 strings, 8 enumerations (h5py's booleans). */
function typeOf({ type, size, signed, vlen, enum_type }: Stored): ColumnType | null {
  if (vlen) return null
  if (type === 1) return size === 2 || size === 4 ? 'float32' : size === 8 ? 'float64' : null
  if (type === 3) return size > 0 && size <= 65_536 ? 'utf8' : null
  if (type === 8 && size === 1 && enum_type !== undefined && 'TRUE' in enum_type.members) return 'bool'
  if (type !== 0 && type !== 8) return null
  if (size !== 1 && size !== 2 && size !== 4 && size !== 8) return null
  return `${signed || type === 8 ? 'int' : 'uint'}${size * 8}` as ColumnType
}
