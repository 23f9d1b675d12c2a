/** Thrown inside the decoder; the caller names the place. */
export class BrokenZstd extends Error {}

/** The decoder may look this many bytes past the end of what it is given; they have to be there. */
export const slack = 8

/** Position of the highest set bit; 0 for 0. */
export function highBit(value: number): number {
  return 31 - Math.clz32(value | 1)
}

/**
 * Bits of a stream that is read from its end (RFC 8878, 4.1): `left` counts what is still unread, and goes below zero
 * where more is read than there is; bits before the beginning are zero.
 */
export class BackwardBits {
  left: number
  readonly #bytes: Uint8Array
  readonly #start: number

  constructor(bytes: Uint8Array, start: number, end: number) {
    const last = end > start ? bytes[end - 1] : 0
    // The highest set bit of the last byte only marks where the stream ends.
    if (last === 0) throw new BrokenZstd('a bit stream without its end')
    this.#bytes = bytes
    this.#start = start
    this.left = 8 * (end - start - 1) + highBit(last)
  }

  /** The next `count` bits, up to 24, as a number. */
  read(count: number): number {
    this.left -= count
    return this.#at(this.left, count)
  }

  #at(bit: number, count: number): number {
    if (count === 0 || bit <= -count) return 0
    if (bit < 0) return this.#at(0, count + bit) << -bit
    const bytes = this.#bytes
    const at = this.#start + (bit >> 3)
    const word = bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24)
    return (word >>> (bit & 7)) & ((1 << count) - 1)
  }
}
