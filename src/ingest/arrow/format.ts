import { type RecordBatch, tableFromIPC } from 'apache-arrow'
import { SpillwayError } from '../../errors.js'
import type { EventFormat, FileInfo, ReadOptions } from '../format.js'
import { shapesOf } from '../formats/shared/from-arrow.js'
import type { ArrayList } from './column-arrays.js'
import { ArrowFile } from './file.js'
import { Header } from './frames.js'
import { gather } from './gather.js'
import { mergeBatches } from './merge.js'
import type { Plan, PlanNode } from './plan.js'
import { SchemaMemory } from './schema-memory.js'
import { type ArrowStream, type Part, readStream } from './stream.js'
import { type BatchArrays, writeStream } from './write-batch.js'
import { writeSchema } from './write-schema.js'

const limits = { maxBytes: 512 << 20, maxRows: 100_000_000, maxRatio: 1024 }

/** Arrow IPC files, and files that hold an Arrow IPC stream. Every batch is checked before it is given. */
export const arrowFormat: EventFormat = {
  name: 'arrow',
  extensions: ['.arrows', '.arrow', '.feather', '.ipc'],
  info,
  read,
}

async function info(path: string): Promise<FileInfo> {
  await using file = await ArrowFile.open(path)
  return { schema: file.schema, shapes: shapesOf(tableFromIPC(file.empty).schema), rows: file.rows }
}

async function* read(path: string, options: ReadOptions): AsyncGenerator<RecordBatch> {
  for await (const { bytes } of recut(path, options)) yield tableFromIPC(bytes).batches[0]
}

/**
 * The events of a file as self-contained messages of exactly `batchRows` rows each (the last may be shorter, and one
 * before a change of dictionaries), whatever batches the file holds.
 * @throws SpillwayError SOURCE_UNAVAILABLE, FILE_UNREADABLE, FILE_LIMIT
 */
export async function* recut(path: string, options: ReadOptions): AsyncGenerator<Cut> {
  await using file = await ArrowFile.open(path)
  const schemas = new SchemaMemory(1)
  const written = new WeakMap<Plan, Uint8Array>()
  let pending: Slice[] = []
  let rows = 0
  for await (const { bytes, index } of file.batches()) {
    if (options.signal?.aborted) return
    const stream = checked(bytes, schemas, `${path}, record batch ${index}`)
    for (const part of stream.parts) {
      if (pending.length > 0 && !sameDictionaries(pending[0].part, part)) {
        yield { rows, bytes: join(pending, options, written) }
        pending = []
        rows = 0
      }
      for (let first = 0; first < part.raw.rows; ) {
        const count = Math.min(part.raw.rows - first, options.batchRows - rows)
        pending.push({ stream, part, first, count })
        first += count
        rows += count
        if (rows < options.batchRows) continue
        yield { rows, bytes: join(pending, options, written) }
        pending = []
        rows = 0
        if (options.signal?.aborted) return
      }
    }
  }
  if (rows > 0) yield { rows, bytes: join(pending, options, written) }
}

/** A self-contained message and its rows. */
export interface Cut {
  readonly rows: number
  readonly bytes: Uint8Array
}

interface Slice {
  readonly stream: ArrowStream
  readonly part: Part
  readonly first: number
  readonly count: number
}

function checked(bytes: Uint8Array, schemas: SchemaMemory, place: string): ArrowStream {
  try {
    return readStream(bytes, limits, schemas)
  } catch (cause) {
    if (!(cause instanceof SpillwayError)) throw cause
    const code = cause.code === 'MESSAGE_TOO_LARGE' ? 'FILE_LIMIT' : 'FILE_UNREADABLE'
    throw new SpillwayError(code, cause.message, { place: `${place}, ${cause.place}`, cause })
  }
}

function sameDictionaries(a: Part, b: Part): boolean {
  for (const [id, strings] of a.dictionaries) {
    const others = b.dictionaries.get(id)
    if (others?.length !== strings.length || strings.some((string, i) => string !== others[i])) return false
  }
  return a.dictionaries.size === b.dictionaries.size
}

/** Slices of one schema and dictionaries as one message of the chosen fields. */
function join(
  slices: readonly Slice[],
  options: ReadOptions,
  written: WeakMap<Plan, Uint8Array>,
): Uint8Array {
  const { stream } = slices[0]
  const { plan, frames, bytes } = stream
  const tops = plan.nodes.filter(
    (node) => node.parent === -1 && (options.columns?.includes(node.path) ?? true),
  )
  const batch = mergeBatches(
    tops,
    slices.map((slice) => cut(slice, tops)),
  )
  let schema = written.get(plan)
  if (schema === undefined) {
    schema = writeSchema({ fields: tops.map((node) => node.field), metadata: plan.schema.metadata })
    written.set(plan, schema)
  }
  const needed = new Set(plan.nodes.filter(under(tops)).map((node) => node.field.dictionary?.id))
  const dictionaries = frames.filter(({ header, flat, table }) => {
    if (header !== Header.dictionary) return false
    const id = flat.field(table, 0)
    return needed.has(id === 0 ? 0n : flat.bigint(id))
  })
  const messages = dictionaries.map((frame) => bytes.subarray(frame.start, frame.end))
  return writeStream([schema, ...messages, batch])

  function under(chosen: readonly PlanNode[]) {
    const kept = new Set(chosen.map((node) => node.index))
    return (node: PlanNode) =>
      kept.has(node.index) || (kept.has(node.parent) && Boolean(kept.add(node.index)))
  }
}

function cut({ part, first, count }: Slice, tops: readonly PlanNode[]): BatchArrays {
  const out: ArrayList = { nodes: [], buffers: [] }
  for (const node of tops) gather(out, part.raw, node, { count, first, index: null }, () => null)
  return { rows: count, ...out }
}
