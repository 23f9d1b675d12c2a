import type { RecordBatch } from 'apache-arrow'
import type { EventFormat, FileInfo, ReadOptions } from '../format.js'
import type { DatasetInfo, Hdf5Answer, Hdf5Info, Hdf5Question } from './hdf5/description.js'
import { arrowSchema, recordBatch } from './shared/batch.js'
import { openBytes } from './shared/bytes.js'
import { cut } from './shared/cut.js'
import { splitInside } from './shared/inside.js'
import { type Isolated, isolate } from './shared/isolate.js'
import { limits } from './shared/limits.js'
import type { Data, Shape } from './shared/node.js'
import { fileInfo } from './shared/schema.js'
import { selectColumns } from './shared/select.js'
import { type DecoderThreads, openThread } from './shared/threads.js'

/**
 * HDF5 files of the training-dataset-dumper kind: a compound dataset `jets` whose rows are the events, and padded lists
 * of compounds (`tracks`) with a flag `valid`; also plain datasets of one or two dimensions with as many rows.
 * `file.h5:group` names a group. The HDF5 library runs in a thread of its own.
 */
export const hdf5: EventFormat = {
  name: 'hdf5',
  extensions: ['.hdf5', '.h5'],
  async info(path, options) {
    const { path: file, inside } = splitInside(path, hdf5.extensions)
    const thread = await openHdf5(file, options?.threads)
    try {
      return hdf5Info(await describe(thread, file, inside))
    } finally {
      await thread.close()
    }
  },
  async *read(path, options) {
    const { path: file, inside } = splitInside(path, hdf5.extensions)
    const thread = await openHdf5(file, options.threads)
    try {
      yield* readHdf5(thread, file, await describe(thread, file, inside), options)
    } finally {
      await thread.close()
    }
  },
}

export type Hdf5Thread = Isolated<Hdf5Question, Hdf5Answer>

const worker = new URL('./hdf5/read-worker.js', import.meta.url)

/** A thread with the HDF5 library, for one file or many. */
export const hdf5Thread = (place: string, seconds?: number): Hdf5Thread => isolate(worker, place, { seconds })

async function openHdf5(path: string, threads: DecoderThreads | undefined): Promise<Hdf5Thread> {
  // Opening it first tells a missing file from a damaged one.
  await (await openBytes(path)).close()
  return openThread(worker, path, threads)
}

export async function describe(thread: Hdf5Thread, path: string, inside: string | null): Promise<Hdf5Info> {
  return (await thread.ask({ ask: 'describe', path, inside })) as Hdf5Info
}

export function hdf5Info(info: Hdf5Info): FileInfo {
  return fileInfo(info.datasets.map(shapeOf), metadataOf(info), info.rows, info.group)
}

export async function* readHdf5(
  thread: Hdf5Thread,
  path: string,
  info: Hdf5Info,
  options: ReadOptions,
): AsyncGenerator<RecordBatch> {
  const datasets = selectColumns(info.datasets, (dataset) => dataset.name, options.columns, path)
  const schema = arrowSchema(datasets.map(shapeOf), metadataOf(info))
  const block = blockRows(datasets, options.batchRows)
  // The next block is read while this one is worked on.
  const ask = (from: number): Promise<Hdf5Answer> | null =>
    from < info.rows
      ? thread.ask({ ask: 'read', path, datasets, from, rows: Math.min(block, info.rows - from) })
      : null
  let pending = ask(0)
  for (let from = 0; pending !== null; from += block) {
    const columns = (await pending) as readonly Data[]
    const rows = Math.min(block, info.rows - from)
    pending = ask(from + block)
    pending?.catch(() => {})
    for (let row = 0; row < rows; row += options.batchRows) {
      options.signal?.throwIfAborted()
      const end = Math.min(rows, row + options.batchRows)
      yield recordBatch(
        schema,
        columns.map((column) => cut(column, row, end)),
        end - row,
      )
    }
  }
}

/** Whole batches, about a chunk of the largest chunks: a chunk that is read in parts is unpacked for each part. */
function blockRows(datasets: readonly DatasetInfo[], batchRows: number): number {
  const chunk = Math.max(...datasets.map((dataset) => dataset.chunkRows), 1)
  const rowBytes = Math.max(...datasets.map(({ width, bytesPerEntry }) => (width ?? 1) * bytesPerEntry), 1)
  const most = Math.max(1, Math.floor(limits.pageBytes / 8 / rowBytes / batchRows))
  return batchRows * Math.min(most, Math.max(1, Math.ceil(chunk / batchRows)))
}

function shapeOf({ name, width, members }: DatasetInfo): Shape {
  if (members[0].name === '') {
    const { type } = members[0]
    return width === null
      ? { kind: 'leaf', name, type }
      : { kind: 'list', name, item: { kind: 'leaf', name: 'item', type } }
  }
  const children = members.map((member): Shape => ({ kind: 'leaf', name: member.name, type: member.type }))
  if (width === null) return { kind: 'struct', name, children }
  return { kind: 'list', name, item: { kind: 'struct', name: 'item', children } }
}

function metadataOf(info: Hdf5Info): ReadonlyMap<string, string> {
  const metadata = new Map([['group', info.group]])
  for (const { name, width } of info.datasets)
    if (width !== null) metadata.set(`length.${name}`, String(width))
  for (const [name, why] of info.skipped) metadata.set(`skipped.${name}`, why)
  return metadata
}
