import lz4 from 'lz4-napi'
import type { Body, Budget, Codec } from './batch.js'
import { tooLarge, undecodable } from './limits.js'
import { lz4FrameSize } from './lz4.js'
import { inflateZstd } from './zstd/frame.js'

/**
 * The buffers of a compressed body (Message.fbs, BodyCompression): each is its inflated length, 8 bytes, and one
 * frame, or -1 and the plain bytes. All sizes are checked against the budget before anything is inflated.
 *
 * @throws SpillwayError MESSAGE_TOO_LARGE, MESSAGE_UNDECODABLE.
 */
export function inflateBody(body: Body, codec: Codec, budget: Budget, what: string): Body {
  const view = new DataView(body.memory)
  const bufferLength = body.bufferLength.map((length, i) => {
    if (length === 0) return 0
    const start = body.bufferStart[i]
    if (length < 8) throw undecodable(`compressed buffer ${i} has ${length} bytes`, what)
    const declared = Number(view.getBigInt64(start, true))
    if (declared < -1) throw undecodable(`buffer ${i} declares ${declared} inflated bytes`, what)
    return declared === -1 ? length - 8 : declared
  })
  const bufferStart: number[] = []
  let total = 0
  for (const length of bufferLength) {
    budget.bytes -= length
    if (budget.bytes < 0)
      throw tooLarge(
        `inflates beyond ${budget.limits.maxBytes} bytes, or more than ${budget.limits.maxRatio}-fold`,
        what,
      )
    bufferStart.push(total)
    total += Math.ceil(length / 8) * 8
  }
  const bytes = new Uint8Array(total)
  for (let i = 0; i < bufferLength.length; i++) {
    if (body.bufferLength[i] === 0) continue
    const start = body.bufferStart[i]
    const packed = body.bytes.subarray(start + 8, start + body.bufferLength[i])
    const target = bytes.subarray(bufferStart[i], bufferStart[i] + bufferLength[i])
    if (view.getBigInt64(start, true) === -1n) target.set(packed)
    else inflate(codec, packed, target, `buffer ${i}, ${what}`)
  }
  return { memory: bytes.buffer, bytes, bufferStart, bufferLength }
}

function inflate(codec: Codec, packed: Uint8Array, target: Uint8Array, place: string): void {
  if (codec === 'lz4') {
    lz4FrameSize(packed, target.length, place)
    try {
      target.set(lz4.decompressFrameSync(Buffer.from(packed.buffer, packed.byteOffset, packed.length)))
    } catch (cause) {
      throw undecodable('an LZ4 frame cannot be inflated', place, cause)
    }
    return
  }
  try {
    inflateZstd(packed, target)
  } catch (cause) {
    throw undecodable('a ZSTD frame cannot be inflated', place, cause)
  }
}
