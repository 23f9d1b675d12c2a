import { createReadStream } from 'node:fs'
import { createGunzip } from 'node:zlib'
import { SpillwayError } from '../../../errors.js'
import { asUnreadable, overLimit } from '../shared/damage.js'
import { limits } from '../shared/limits.js'

/** Takes each line in turn: `bytes[from..to)` without its end, valid only during the call. */
export type TakeLine = (bytes: Uint8Array, from: number, to: number, line: number) => void

/** The bytes of a text file in pieces; `.gz` is unpacked on the way. */
export async function* textChunks(path: string, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
  const file = createReadStream(path, { highWaterMark: 1 << 20, signal })
  if (!path.endsWith('.gz')) {
    try {
      yield* file
    } catch (error) {
      throw fileError(error, path)
    }
    return
  }
  const unpacked = createGunzip({ chunkSize: 1 << 18 })
  file.on('error', (error) => unpacked.destroy(error))
  try {
    yield* file.pipe(unpacked)
  } catch (error) {
    throw fileError(error, path)
  } finally {
    file.destroy()
    unpacked.destroy()
  }
}

function fileError(error: unknown, path: string): unknown {
  const code = (error as NodeJS.ErrnoException).code
  if (code === 'ABORT_ERR') return error
  if (code === 'ENOENT' || code === 'EACCES' || code === 'EISDIR')
    return new SpillwayError('SOURCE_UNAVAILABLE', `cannot open ${path}`, { place: path, cause: error })
  return asUnreadable(error, path)
}

/** Cuts chunks into lines. After each chunk the caller gets the turn, to hand on what is complete. */
export async function* eachLine(
  chunks: AsyncIterable<Uint8Array>,
  take: TakeLine,
  place: string,
): AsyncGenerator<void> {
  let kept: Uint8Array = new Uint8Array(0)
  let line = 0
  for await (const chunk of chunks) {
    const bytes = kept.length === 0 ? chunk : Buffer.concat([kept, chunk])
    let from = 0
    for (;;) {
      const end = bytes.indexOf(10, from)
      if (end < 0) break
      take(bytes, from, end > from && bytes[end - 1] === 13 ? end - 1 : end, ++line)
      from = end + 1
    }
    kept = new Uint8Array(bytes.subarray(from))
    if (kept.length > limits.lineBytes)
      throw overLimit(`a line of ${kept.length} bytes`, `${place}, line ${line + 1}`)
    yield
  }
  if (kept.length > 0) take(kept, 0, kept.length, ++line)
  yield
}
