import { undecodable } from './limits.js'

const magic = 0x184d2204

/**
 * Walks the one LZ4 frame (LZ4 frame format 1.6.x) that `packed` has to be, sequence by sequence, without inflating
 * it, and checks that it inflates to exactly `declared` bytes: so whoever inflates it cannot be led beyond.
 *
 * @throws SpillwayError MESSAGE_UNDECODABLE.
 */
export function lz4FrameSize(packed: Uint8Array, declared: number, place: string): void {
  const broken = (why: string) => undecodable(`not an LZ4 frame of ${declared} bytes: ${why}`, place)
  const view = new DataView(packed.buffer, packed.byteOffset, packed.length)
  if (packed.length < 11 || view.getUint32(0, true) !== magic) throw broken('no frame header')
  const flags = packed[4]
  const blockBytes = 1 << (8 + 2 * ((packed[5] >> 4) & 7))
  if (flags >> 6 !== 1 || blockBytes < 1 << 16) throw broken('unknown version or block size')
  if ((flags & 1) !== 0) throw broken('it needs a dictionary')
  const linked = (flags & 0x20) === 0
  let at = 7 + ((flags & 8) !== 0 ? 8 : 0)
  let done = 0
  for (;;) {
    if (at + 4 > packed.length) throw broken('it ends inside a block header')
    const word = view.getUint32(at, true)
    at += 4
    if (word === 0) break
    const size = word & 0x7fffffff
    const end = at + size
    if (end > packed.length) throw broken('a block goes beyond the buffer')
    const room = Math.min(blockBytes, declared - done)
    const grown = word >>> 31 === 1 ? size : blockSize(packed, at, end, linked ? done : 0, room)
    if (grown < 0 || grown > room) throw broken('a block is damaged or too large')
    done += grown
    at = end + ((flags & 0x10) !== 0 ? 4 : 0)
  }
  at += (flags & 4) !== 0 ? 4 : 0
  if (at !== packed.length) throw broken(`${packed.length - at} bytes follow it`)
  if (done !== declared) throw broken(`it inflates to ${done}`)
}

/** Bytes a block inflates to, or -1 where it is damaged or grows beyond `room`. `before` bytes can be referred to. */
function blockSize(packed: Uint8Array, start: number, end: number, before: number, room: number): number {
  let at = start
  let done = 0
  while (at < end) {
    const token = packed[at++]
    let literals = token >> 4
    if (literals === 15) {
      let more = 255
      while (more === 255) {
        if (at >= end) return -1
        more = packed[at++]
        literals += more
      }
    }
    at += literals
    done += literals
    if (at > end || done > room) return -1
    if (at === end) return done
    if (at + 2 > end) return -1
    const distance = packed[at] | (packed[at + 1] << 8)
    at += 2
    if (distance === 0 || distance > before + done) return -1
    let match = (token & 15) + 4
    if (match === 19) {
      let more = 255
      while (more === 255) {
        if (at >= end) return -1
        more = packed[at++]
        match += more
      }
    }
    done += match
    if (done > room) return -1
  }
  return -1
}
