import type { RecordBatch } from 'apache-arrow'
import type { ReadOptions } from '../../format.js'
import { arrowSchema, recordBatch } from '../shared/batch.js'
import type { ByteSource } from '../shared/bytes.js'
import type { Data, Shape } from '../shared/node.js'
import { selectColumns } from '../shared/select.js'
import { branchReader, type Entries } from './branch.js'
import type { BranchInfo, TreeInfo } from './description.js'
import { readMemory } from './memory.js'

/** The column of a branch: a value, a list, or for fixed arrays a list of that length in every event. */
export function branchShape({ name, kind, type, length, unit }: BranchInfo): Shape {
  const leaf = { kind: 'leaf', type, ...(unit === null ? {} : { unit }) } as const
  if (kind === 'string' || (kind === 'flat' && length === 1)) return { ...leaf, name }
  return { kind: 'list', name, item: { ...leaf, name: 'item' } }
}

export async function* readTree(
  source: ByteSource,
  tree: TreeInfo,
  metadata: ReadonlyMap<string, string>,
  options: ReadOptions,
): AsyncGenerator<RecordBatch> {
  const branches = selectColumns(tree.branches, (branch) => branch.name, options.columns, source.name)
  const schema = arrowSchema(branches.map(branchShape), metadata)
  const byName = new Map(tree.branches.map((branch) => [branch.name, branch]))
  const memory = readMemory()
  const readers = branches.map((branch) => {
    const counter = branch.counter === null ? undefined : byName.get(branch.counter)
    const counts = counter === undefined ? null : branchReader(source, memory, counter, null)
    return branchReader(source, memory, branch, counts)
  })
  for (let done = 0; done < tree.entries; ) {
    options.signal?.throwIfAborted()
    const rows = Math.min(options.batchRows, tree.entries - done)
    const columns: Data[] = []
    for (let i = 0; i < readers.length; i++)
      columns.push(column(branches[i], await readers[i].take(rows), rows))
    yield recordBatch(schema, columns, rows)
    done += rows
  }
}

function column({ kind, length }: BranchInfo, { values, offsets }: Entries, rows: number): Data {
  if (kind === 'string')
    return { kind: 'leaf', values, valid: null, ends: offsets ?? new Int32Array(rows + 1) }
  const item: Data = { kind: 'leaf', values, valid: null }
  if (offsets !== null) return { kind: 'list', offsets, item }
  if (length === 1) return item
  return { kind: 'list', offsets: Int32Array.from({ length: rows + 1 }, (_, i) => i * length), item }
}
