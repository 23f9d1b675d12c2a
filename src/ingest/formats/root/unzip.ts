import { R__unzip } from 'jsroot/io'
import type { Scratch } from '../kernel/scratch.js'
import { overLimit, unreadable } from '../shared/damage.js'
import { type Inflate, inflateLz4, inflateRaw, inflateZlib, inflateZstd } from '../shared/inflate.js'

const headBytes = 9

/**
 * Unpacks ROOT's compressed records: blocks of at most 16 MB, each with a head of 9 bytes (two letters for the codec,
 * method, packed and unpacked size). Bytes that are as long as asked for are not packed at all and come back as they
 * are; others lie in the scratch memory, until it is used again.
 */
export async function unzip(
  scratch: Scratch,
  packed: Uint8Array,
  length: number,
  place: string,
): Promise<Uint8Array> {
  if (packed.length === length) return packed
  // zlib and lz4 pack at most 1:1032 and 1:255; zstd and xz can do more, with blocks of at most 16 MB.
  const blocks = Math.ceil(length / 0xffffff)
  if (blocks * headBytes > packed.length)
    throw overLimit(`${packed.length} bytes that unpack to ${length}`, place)
  scratch.clear()
  const parts: { at: number; length: number }[] = []
  let [at, done] = [0, 0]
  while (done < length) {
    if (at + headBytes > packed.length) throw unreadable(`unpacks to ${done} bytes of ${length}`, place)
    const size = packed[at + 3] | (packed[at + 4] << 8) | (packed[at + 5] << 16)
    const unpacked = packed[at + 6] | (packed[at + 7] << 8) | (packed[at + 8] << 16)
    if (at + headBytes + size > packed.length) throw unreadable('a compressed block is cut', place)
    if (unpacked === 0 || done + unpacked > length) throw unreadable('compressed blocks do not add up', place)
    const block = packed.subarray(at, at + headBytes + size)
    parts.push({ at: await unzipBlock(scratch, block, unpacked, place), length: unpacked })
    at += headBytes + size
    done += unpacked
  }
  const views = parts.map((part) => scratch.bytes.subarray(part.at, part.at + part.length))
  return views.length === 1 ? views[0] : Buffer.concat(views)
}

const codecs: Readonly<Record<string, { inflate: Inflate; skip: number }>> = {
  ZL: { inflate: inflateZlib, skip: 0 },
  CS: { inflate: inflateRaw, skip: 0 },
  /** A checksum of 8 bytes stands in front. */
  L4: { inflate: inflateLz4, skip: 8 },
  ZS: { inflate: inflateZstd, skip: 0 },
}

/** The address of the unpacked block. */
async function unzipBlock(
  scratch: Scratch,
  block: Uint8Array,
  length: number,
  place: string,
): Promise<number> {
  const name = String.fromCharCode(block[0], block[1])
  const codec = codecs[name]
  if (codec !== undefined) return codec.inflate(scratch, block.subarray(headBytes + codec.skip), length)
  if (name !== 'XZ') throw unreadable(`unknown compression ${JSON.stringify(name)}`, place)
  const view = await R__unzip(new DataView(block.buffer, block.byteOffset, block.byteLength), length, true)
  if (view === null) throw unreadable('an xz block cannot be unpacked', place)
  return scratch.put(new Uint8Array(view.buffer, view.byteOffset, view.byteLength))
}
