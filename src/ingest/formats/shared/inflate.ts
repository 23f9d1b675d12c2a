import * as zlib from 'node:zlib'
import { inflateZstd as unpackZstd } from '../../arrow/zstd/frame.js'
import type { Scratch } from '../kernel/scratch.js'

/**
 * Unpacks `packed` to exactly `length` bytes in a new region of the scratch memory and gives its address, or throws;
 * never makes more than `length` bytes.
 */
export type Inflate = (scratch: Scratch, packed: Uint8Array, length: number) => number

const bounded = (length: number) => ({ maxOutputLength: Math.max(length, 1) })

type ZlibSync = (packed: Uint8Array, options: { maxOutputLength: number }) => Uint8Array

const withZlib =
  (inflate: ZlibSync): Inflate =>
  (scratch, packed, length) => {
    const bytes = inflate(packed, bounded(length))
    exact(bytes.length, length)
    return scratch.put(bytes)
  }

export const inflateZlib: Inflate = withZlib(zlib.inflateSync)
export const inflateRaw: Inflate = withZlib(zlib.inflateRawSync)
export const inflateGzip: Inflate = withZlib(zlib.gunzipSync)
export const inflateBrotli: Inflate = withZlib(zlib.brotliDecompressSync)

export const inflateSnappy: Inflate = (scratch, packed, length) => {
  const from = scratch.put(packed)
  const to = scratch.room(length)
  exact(scratch.snappy(from, from + packed.length, to, to + length), length)
  return to
}

/** An LZ4 block without frame. */
export const inflateLz4: Inflate = (scratch, packed, length) => {
  const from = scratch.put(packed)
  const to = scratch.room(length)
  exact(scratch.lz4(from, from + packed.length, to, to + length), length)
  return to
}

/** Node's own zstd where it has one (from 22.15 on), which is several times faster. */
export const inflateZstd: Inflate = (scratch, packed, length) => {
  const native = (zlib as { zstdDecompressSync?: ZlibSync }).zstdDecompressSync
  if (native !== undefined) return withZlib(native)(scratch, packed, length)
  const to = scratch.room(length)
  unpackZstd(packed, scratch.bytes.subarray(to, to + length))
  return to
}

function exact(got: number, length: number): void {
  if (got < 0) throw new Error(`cannot be unpacked to the ${length} bytes that were declared`)
  if (got !== length) throw new Error(`unpacks to ${got} bytes, ${length} were declared`)
}
