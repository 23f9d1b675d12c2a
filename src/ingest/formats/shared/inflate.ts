import * as zlib from 'node:zlib'
import { decompress as fzstd } from 'fzstd'
import { compressors } from 'hyparquet-compressors'
import { uncompressSync } from 'lz4-napi'

/** Unpacks `packed` to exactly `length` bytes, or throws; never makes more than `length` bytes. */
export type Inflate = (packed: Uint8Array, length: number) => Uint8Array

const bounded = (length: number) => ({ maxOutputLength: Math.max(length, 1) })

export const inflateZlib: Inflate = (packed, length) =>
  exact(zlib.inflateSync(packed, bounded(length)), length)
export const inflateRaw: Inflate = (packed, length) =>
  exact(zlib.inflateRawSync(packed, bounded(length)), length)
export const inflateGzip: Inflate = (packed, length) =>
  exact(zlib.gunzipSync(packed, bounded(length)), length)
export const inflateBrotli: Inflate = (packed, length) =>
  exact(zlib.brotliDecompressSync(packed, bounded(length)), length)

export const inflateSnappy: Inflate = (packed, length) => {
  if (compressors.SNAPPY === undefined) throw new Error('no snappy decoder')
  return exact(compressors.SNAPPY(packed, length), length)
}

/** An LZ4 block without frame. The library wants the unpacked length in front of it. */
export const inflateLz4: Inflate = (packed, length) => {
  const block = Buffer.allocUnsafe(packed.length + 4)
  block.writeUInt32LE(length, 0)
  block.set(packed, 4)
  return exact(uncompressSync(block), length)
}

type ZstdSync = (packed: Uint8Array, options: { maxOutputLength: number }) => Uint8Array

/** Node's own zstd where it has one (from 22.15 on), which is several times faster. */
export const inflateZstd: Inflate = (packed, length) => {
  const native = (zlib as { zstdDecompressSync?: ZstdSync }).zstdDecompressSync
  if (native !== undefined) return exact(native(packed, bounded(length)), length)
  return exact(fzstd(packed, new Uint8Array(length)), length)
}

function exact(bytes: Uint8Array, length: number): Uint8Array {
  if (bytes.length !== length) throw new Error(`unpacks to ${bytes.length} bytes, ${length} were declared`)
  return bytes
}
