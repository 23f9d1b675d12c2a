import { type FileHandle, open } from 'node:fs/promises'
import { SpillwayError } from '../../../errors.js'

/** Writes a file from front to back, with a way to correct its beginning at the end. */
export interface FileOut {
  readonly position: number
  append(bytes: Uint8Array): Promise<void>
  /** Overwrites bytes that are already written. */
  patch(position: number, bytes: Uint8Array): Promise<void>
  close(): Promise<void>
}

/** @throws SpillwayError SINK_UNAVAILABLE when the file cannot be made. */
export async function createFile(path: string): Promise<FileOut> {
  const handle: FileHandle = await open(path, 'w').catch((cause: unknown) => {
    throw new SpillwayError('SINK_UNAVAILABLE', `cannot write ${path}`, { place: path, cause })
  })
  let position = 0
  const write = async (bytes: Uint8Array, at: number): Promise<void> => {
    let done = 0
    while (done < bytes.length)
      done += (await handle.write(bytes, done, bytes.length - done, at + done)).bytesWritten
  }
  return {
    get position() {
      return position
    },
    async append(bytes) {
      const at = position
      position += bytes.length
      await write(bytes, at)
    },
    patch: (at, bytes) => write(bytes, at),
    close: () => handle.close(),
  }
}
