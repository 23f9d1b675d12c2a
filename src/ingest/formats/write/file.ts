import { type FileHandle, open, rename, rm } from 'node:fs/promises'
import type { RecordBatch } from 'apache-arrow'
import { SpillwayError } from '../../../errors.js'

/** Writes record batches of one schema to a file that appears, whole and durable, with `close`. */
export interface BatchWriter {
  write(batch: RecordBatch): Promise<void>
  /** @throws SpillwayError SINK_UNAVAILABLE */
  close(): Promise<void>
  /** Gives the file up and leaves nothing. */
  abort(): Promise<void>
}

/**
 * Writes a file from front to back, with a way to correct its beginning at the end. It grows under a temporary name
 * beside `path`.
 */
export interface FileOut {
  readonly position: number
  append(bytes: Uint8Array): Promise<void>
  /** Overwrites bytes that are already written. */
  patch(position: number, bytes: Uint8Array): Promise<void>
  /** Makes the bytes durable and the file appear. */
  close(): Promise<void>
  abort(): Promise<void>
}

/** @throws SpillwayError SINK_UNAVAILABLE when the file cannot be made, and from every call that cannot write. */
export async function createFile(path: string): Promise<FileOut> {
  const temporary = `${path}.${process.pid}-${process.hrtime.bigint().toString(36)}.partial`
  const guard = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work()
    } catch (cause) {
      throw new SpillwayError('SINK_UNAVAILABLE', `cannot write ${path}`, { place: path, cause })
    }
  }
  const handle: FileHandle = await guard(() => open(temporary, 'wx'))
  let position = 0
  const write = (bytes: Uint8Array, at: number): Promise<void> =>
    guard(async () => {
      let done = 0
      while (done < bytes.length)
        done += (await handle.write(bytes, done, bytes.length - done, at + done)).bytesWritten
    })
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
    close: () =>
      guard(async () => {
        await handle.sync()
        await handle.close()
        await rename(temporary, path)
      }),
    async abort() {
      await handle.close()
      await rm(temporary, { force: true })
    },
  }
}
