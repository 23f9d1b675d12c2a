import type { TransferListItem } from 'node:worker_threads'
import { ready } from 'h5wasm/node'
import { overLimit, unreadable } from '../shared/damage.js'
import { limits } from '../shared/limits.js'
import type { Data } from '../shared/node.js'
import { serve } from '../shared/serve.js'
import { describeGroup } from './describe.js'
import type { DatasetInfo, Hdf5Answer, Hdf5Question } from './description.js'
import { extract } from './extract.js'
import type { H5Module } from './library.js'

/** The file that is open: describing another closes it. */
interface Open {
  readonly path: string
  readonly file: bigint
}
let open: Open | null = null

serve<Hdf5Question, Hdf5Answer>(async (question) => {
  const h5 = await ready
  const file = fileOf(h5, question)
  if (question.ask === 'describe') return { value: describeGroup(h5, file, question.inside, question.path) }
  const value = question.datasets.map((dataset) =>
    readDataset(h5, file, dataset, question.from, question.rows),
  )
  return { value, transfer: buffersOf(value) }
})

function fileOf(h5: H5Module, { ask, path }: Hdf5Question): bigint {
  // A file of the same name may be another one by the time that it is described again.
  if (ask === 'read' && open?.path === path) return open.file
  if (open !== null) h5.close_file(open.file)
  open = null
  h5.activate_throwing_error_handler()
  const file = h5.open(path, h5.H5F_ACC_RDONLY, false, -1, -1)
  if (file < 0n) throw unreadable('is no HDF5 file, or a damaged one', path)
  open = { path, file }
  return file
}

function readDataset(h5: H5Module, file: bigint, dataset: DatasetInfo, from: number, rows: number): Data {
  const { path, width, bytesPerEntry } = dataset
  const size = rows * (width ?? 1) * bytesPerEntry
  if (size > limits.pageBytes) throw overLimit(`${rows} rows of ${path} are ${size} bytes`, path)
  const pointer = h5._malloc(Math.max(size, 8))
  if (pointer === 0) throw overLimit(`no memory for ${size} bytes`, path)
  try {
    const inner = width === null ? [] : [BigInt(width)]
    const count = [BigInt(rows), ...inner]
    const offset = [BigInt(from), ...inner.map(() => 0n)]
    const strides = count.map(() => 1n)
    if (size > 0 && h5.get_dataset_data(file, path, count, offset, strides, BigInt(pointer)) < 0)
      throw unreadable(`rows ${from} to ${from + rows} of ${path} cannot be read`, path)
    return extract(h5.HEAPU8.subarray(pointer, pointer + size), dataset, rows)
  } finally {
    h5._free(pointer)
  }
}

function buffersOf(columns: readonly Data[]): TransferListItem[] {
  const buffers = new Set<ArrayBuffer>()
  const visit = (data: Data): void => {
    if (data.kind === 'struct') for (const child of data.children) visit(child)
    else if (data.kind === 'list') {
      buffers.add(data.offsets.buffer as ArrayBuffer)
      visit(data.item)
    } else {
      buffers.add(data.values.buffer as ArrayBuffer)
      if (data.ends !== undefined) buffers.add(data.ends.buffer as ArrayBuffer)
    }
  }
  for (const column of columns) visit(column)
  return [...buffers]
}
