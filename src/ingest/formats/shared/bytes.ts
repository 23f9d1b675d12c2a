import { open } from 'node:fs/promises'
import { SpillwayError } from '../../../errors.js'
import { unreadable } from './damage.js'

/** Random access to the bytes of a file, or of an array in tests. */
export interface ByteSource {
  readonly size: number
  /** For messages: the path. */
  readonly name: string
  /**
   * Exactly `length` bytes from `position`, in the memory of `into` where that is large enough, else in new memory.
   * @throws SpillwayError FILE_UNREADABLE beyond the end.
   */
  read(position: number, length: number, into?: Uint8Array): Promise<Uint8Array>
  close(): Promise<void>
}

/** @throws SpillwayError SOURCE_UNAVAILABLE when the file cannot be opened. */
export async function openBytes(path: string): Promise<ByteSource> {
  const handle = await open(path, 'r').catch((cause: unknown) => {
    throw new SpillwayError('SOURCE_UNAVAILABLE', `cannot open ${path}`, { place: path, cause })
  })
  const { size } = await handle.stat()
  return {
    size,
    name: path,
    async read(position, length, into) {
      checkRange(path, size, position, length)
      // All of it is written below; not from the pool, so that values lie where typed arrays may look at them.
      const bytes =
        into !== undefined && into.length >= length
          ? into.subarray(0, length)
          : Buffer.allocUnsafeSlow(length)
      let done = 0
      while (done < length) {
        const { bytesRead } = await handle.read(bytes, done, length - done, position + done)
        if (bytesRead === 0) throw unreadable(`ends at byte ${position + done}`, `${path}, byte ${position}`)
        done += bytesRead
      }
      return bytes
    },
    close: () => handle.close(),
  }
}

/** The bytes of an array as a source. */
export function bytesOf(bytes: Uint8Array, name: string): ByteSource {
  return {
    size: bytes.length,
    name,
    async read(position, length) {
      checkRange(name, bytes.length, position, length)
      return new Uint8Array(bytes.subarray(position, position + length))
    },
    close: async () => {},
  }
}

function checkRange(name: string, size: number, position: number, length: number): void {
  if (Number.isSafeInteger(position) && Number.isSafeInteger(length) && position >= 0 && length >= 0) {
    if (position + length <= size) return
  }
  throw unreadable(`wants ${length} bytes at byte ${position}, the file has ${size}`, name)
}
