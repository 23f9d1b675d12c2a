import { R__unzip } from 'jsroot/io'
import { overLimit, unreadable } from '../shared/damage.js'
import { type Inflate, inflateLz4, inflateRaw, inflateZlib, inflateZstd } from '../shared/inflate.js'

const headBytes = 9

/**
 * Unpacks ROOT's compressed records: blocks of at most 16 MB, each with a head of 9 bytes (two letters for the codec,
 * method, packed and unpacked size). Bytes that are as long as asked for are not packed at all.
 */
export async function unzip(packed: Uint8Array, length: number, place: string): Promise<Uint8Array> {
  if (packed.length === length) return packed
  // zlib and lz4 pack at most 1:1032 and 1:255; zstd and xz can do more, with blocks of at most 16 MB.
  const blocks = Math.ceil(length / 0xffffff)
  if (blocks * headBytes > packed.length)
    throw overLimit(`${packed.length} bytes that unpack to ${length}`, place)
  const parts: Uint8Array[] = []
  let [at, done] = [0, 0]
  while (done < length) {
    if (at + headBytes > packed.length) throw unreadable(`unpacks to ${done} bytes of ${length}`, place)
    const size = packed[at + 3] | (packed[at + 4] << 8) | (packed[at + 5] << 16)
    const unpacked = packed[at + 6] | (packed[at + 7] << 8) | (packed[at + 8] << 16)
    if (at + headBytes + size > packed.length) throw unreadable('a compressed block is cut', place)
    if (unpacked === 0 || done + unpacked > length) throw unreadable('compressed blocks do not add up', place)
    const block = packed.subarray(at, at + headBytes + size)
    parts.push(await unzipBlock(block, unpacked, place))
    at += headBytes + size
    done += unpacked
  }
  return parts.length === 1 ? parts[0] : Buffer.concat(parts)
}

const codecs: Readonly<Record<string, { inflate: Inflate; skip: number }>> = {
  ZL: { inflate: inflateZlib, skip: 0 },
  CS: { inflate: inflateRaw, skip: 0 },
  /** A checksum of 8 bytes stands in front. */
  L4: { inflate: inflateLz4, skip: 8 },
  ZS: { inflate: inflateZstd, skip: 0 },
}

async function unzipBlock(block: Uint8Array, length: number, place: string): Promise<Uint8Array> {
  const name = String.fromCharCode(block[0], block[1])
  const codec = codecs[name]
  if (codec !== undefined) return codec.inflate(block.subarray(headBytes + codec.skip), length)
  if (name !== 'XZ') throw unreadable(`unknown compression ${JSON.stringify(name)}`, place)
  const view = await R__unzip(new DataView(block.buffer, block.byteOffset, block.byteLength), length, true)
  if (view === null) throw unreadable('an xz block cannot be unpacked', place)
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength)
}
