import { open, readFile, rename } from 'node:fs/promises'
import { SpillwayError } from '../../errors.js'
import type { Arrays, Numbers } from '../trace/index.js'
import type { EpochRecord } from './history.js'
import type { MeanState } from './mean.js'

/** All that a run needs to go on as if it had not stopped. */
export interface Checkpoint {
  readonly epoch: number
  /** Batches of that epoch that are done; 0 at its start. */
  readonly batch: number
  /** Sums of the losses of the epoch so far. */
  readonly losses: MeanState
  readonly history: readonly EpochRecord[]
  /** Every persistent tensor now. */
  readonly state: Arrays
  /** Every persistent tensor at the end of the best epoch; undefined before the first. */
  readonly best: Arrays | undefined
}

interface TensorEntry {
  readonly group: 'state' | 'best'
  readonly name: string
  readonly dtype: 'float32' | 'int32'
  /** In bytes, from the end of the header. */
  readonly offset: number
  readonly length: number
}

interface Header extends Omit<Checkpoint, 'state' | 'best'> {
  readonly tensors: readonly TensorEntry[]
}

const MAGIC = 'SPWCKPT2'
/** Written before the slots of Adam lost their factors 1 − β: the same names with other numbers in them. */
const OLD_MAGIC = 'SPWCKPT1'
const PREFIX = MAGIC.length + 4

/** Writes a checkpoint: magic, header length, JSON header, tensors. Replaces `path` only when all is on disk. */
export async function writeCheckpoint(path: string, checkpoint: Checkpoint): Promise<void> {
  const { state, best, ...rest } = checkpoint
  const groups = [['state', state] as const, ...(best ? [['best', best] as const] : [])]
  const arrays = groups.flatMap(([group, tensors]) =>
    Object.entries(tensors).map(([name, data]) => ({ group, name, data })),
  )
  let offset = 0
  const tensors = arrays.map(({ group, name, data }): TensorEntry => {
    const dtype = data instanceof Int32Array ? 'int32' : 'float32'
    const entry: TensorEntry = { group, name, dtype, offset, length: data.length }
    offset += data.byteLength
    return entry
  })
  const header = Buffer.from(JSON.stringify({ ...rest, tensors } satisfies Header))
  const prefix = Buffer.alloc(PREFIX)
  prefix.write(MAGIC)
  prefix.writeUInt32LE(header.length, MAGIC.length)
  const bodies = arrays.map(({ data }) => Buffer.from(data.buffer, data.byteOffset, data.byteLength))
  const temporary = `${path}.part`
  const file = await open(temporary, 'w')
  try {
    await file.writev([prefix, header, ...bodies])
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(temporary, path)
}

/**
 * Reads a checkpoint; undefined when there is no file. Throws FILE_UNREADABLE when it is damaged or of an earlier
 * Spillway whose tensors meant something else.
 */
export async function readCheckpoint(path: string): Promise<Checkpoint | undefined> {
  const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  if (bytes === undefined) return undefined
  if (bytes.toString('latin1', 0, MAGIC.length) === OLD_MAGIC) {
    throw new SpillwayError('FILE_UNREADABLE', 'A checkpoint was written by an earlier Spillway.', {
      place: path,
      remedy: 'Finish the run with the Spillway that began it, or remove the file to start the run anew.',
    })
  }
  try {
    return decode(bytes)
  } catch (cause) {
    throw new SpillwayError('FILE_UNREADABLE', 'A checkpoint is damaged.', {
      place: path,
      remedy: 'Remove it to start the run anew, or put an older one in its place.',
      cause,
    })
  }
}

function decode(bytes: Buffer): Checkpoint {
  if (bytes.toString('latin1', 0, MAGIC.length) !== MAGIC) throw new Error('not a checkpoint')
  const start = PREFIX + bytes.readUInt32LE(MAGIC.length)
  const { tensors, ...rest } = JSON.parse(bytes.toString('utf8', PREFIX, start)) as Header
  const group = (wanted: TensorEntry['group']): Arrays => {
    const entries = tensors.filter((entry) => entry.group === wanted)
    return Object.fromEntries(entries.map((entry) => [entry.name, numbers(bytes, start, entry)]))
  }
  const best = tensors.some((entry) => entry.group === 'best') ? group('best') : undefined
  return { ...rest, state: group('state'), best }
}

function numbers(bytes: Buffer, start: number, { dtype, offset, length }: TensorEntry): Numbers {
  const from = bytes.byteOffset + start + offset
  const copy = bytes.buffer.slice(from, from + 4 * length)
  if (copy.byteLength < 4 * length) throw new Error('the file ends early')
  return dtype === 'int32' ? new Int32Array(copy) : new Float32Array(copy)
}
