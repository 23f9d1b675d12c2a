import { Scratch } from '../kernel/scratch.js'
import type { ByteSource } from '../shared/bytes.js'

/**
 * The memory of one reader of a file, used again for each basket or page: for the bytes as they are in the file, and
 * for what they unpack to.
 */
export interface ReadMemory {
  readonly scratch: Scratch
  packed: Uint8Array
  /** Where the entries of a basket begin. */
  starts: Int32Array
}

export const readMemory = (): ReadMemory => ({
  scratch: new Scratch(),
  packed: new Uint8Array(0),
  starts: new Int32Array(0),
})

/** Bytes of the file, good until the next call. */
export async function readPacked(
  source: ByteSource,
  memory: ReadMemory,
  position: number,
  length: number,
): Promise<Uint8Array> {
  const bytes = await source.read(position, length, memory.packed)
  if (bytes.length > memory.packed.length) memory.packed = bytes
  return bytes
}
