import { promisify } from 'node:util'
import { constants, gunzip, gzip } from 'node:zlib'
import { Decompress } from 'fzstd'
import kafkajs from 'kafkajs'
import { compressFrame, decompressFrame } from 'lz4-napi'
import { compress as snappyCompress, uncompress as snappyUncompress } from 'snappyjs'
import { SpillwayError } from '../../errors.js'

/** A record batch may not inflate to more than this: brokers cap the compressed size, not this one. */
const maxInflated = 512 * 1024 * 1024

interface Codec {
  compress(encoder: { readonly buffer: Buffer }): Promise<Buffer>
  decompress(buffer: Buffer): Promise<Buffer>
}

const tooLarge = () =>
  new SpillwayError('MESSAGE_TOO_LARGE', `A record batch inflates to more than ${maxInflated} bytes`)

const [gzipAsync, gunzipAsync] = [promisify(gzip), promisify(gunzip)]

const gzipCodec: Codec = {
  compress: ({ buffer }) => gzipAsync(buffer, { level: constants.Z_BEST_SPEED }),
  decompress: (buffer) => gunzipAsync(buffer, { maxOutputLength: maxInflated }),
}

const lz4Codec: Codec = {
  compress: ({ buffer }) => compressFrame(buffer),
  decompress: async (buffer) => {
    // LZ4 cannot exceed 255 to 1.
    if (buffer.length > maxInflated / 255 && lz4Bound(buffer) > maxInflated) throw tooLarge()
    return decompressFrame(buffer)
  },
}

/** Upper bound of an LZ4 frame's content (lz4_Frame_format.md): blocks times block size, or 255 to 1. */
function lz4Bound(frame: Buffer): number {
  const flags = frame[4]
  const blockMax = 1 << (8 + 2 * ((frame[5] >> 4) & 7))
  let at = 7 + (flags & 8 ? 8 : 0) + (flags & 1 ? 4 : 0)
  let bound = 0
  while (at + 4 <= frame.length) {
    const word = frame.readUInt32LE(at)
    const size = word & 0x7fffffff
    if (size === 0) break
    bound += word >>> 31 ? size : Math.min(blockMax, size * 255)
    at += 4 + size + (flags & 16 ? 4 : 0)
  }
  return bound
}

const asBuffer = (bytes: Uint8Array) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)

const xerialMagic = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0])

/** Java's clients cut Snappy into blocks behind a header (snappy-java's SnappyOutputStream); others do not. */
const snappyCodec: Codec = {
  compress: async ({ buffer }) => asBuffer(snappyCompress(buffer)),
  decompress: async (buffer) => {
    if (!buffer.subarray(0, 8).equals(xerialMagic)) return asBuffer(snappyUncompress(buffer, maxInflated))
    const blocks: Uint8Array[] = []
    let total = 0
    for (let at = 16; at + 4 <= buffer.length; ) {
      const size = buffer.readInt32BE(at)
      const block = snappyUncompress(buffer.subarray(at + 4, at + 4 + size), maxInflated)
      total += block.length
      if (total > maxInflated) throw tooLarge()
      blocks.push(block)
      at += 4 + size
    }
    return Buffer.concat(blocks)
  },
}

const zstdCodec: Codec = {
  compress: () =>
    Promise.reject(
      new SpillwayError('CONFIG_INVALID', 'zstd is read, not written; choose lz4, gzip or snappy'),
    ),
  decompress: async (buffer) => {
    const chunks: Uint8Array[] = []
    let total = 0
    const stream = new Decompress((chunk) => {
      total += chunk.length
      if (total > maxInflated) throw tooLarge()
      chunks.push(chunk)
    })
    stream.push(buffer, true)
    return Buffer.concat(chunks)
  },
}

/** Teaches kafkajs, whose table of codecs is global, to read every codec and to write all but zstd. */
export function registerCodecs(): void {
  const { CompressionCodecs, CompressionTypes } = kafkajs
  CompressionCodecs[CompressionTypes.GZIP] = () => gzipCodec
  CompressionCodecs[CompressionTypes.LZ4] = () => lz4Codec
  CompressionCodecs[CompressionTypes.Snappy] = () => snappyCodec
  CompressionCodecs[CompressionTypes.ZSTD] = () => zstdCodec
}
