/** A growing record in ROOT's big-endian form. */
export class BigEndian {
  #bytes = Buffer.alloc(4096)
  length = 0

  #room(size: number): number {
    const at = this.length
    if (at + size > this.#bytes.length) {
      this.#bytes = Buffer.concat([this.#bytes], Math.max(this.#bytes.length * 2, at + size))
    }
    this.length = at + size
    return at
  }

  u8(...values: number[]): this {
    for (const value of values) this.#bytes[this.#room(1)] = value
    return this
  }
  u16(value: number): this {
    const at = this.#room(2)
    this.#bytes.writeUInt16BE(value, at)
    return this
  }
  i32(...values: number[]): this {
    for (const value of values) {
      const at = this.#room(4)
      this.#bytes.writeInt32BE(value | 0, at)
    }
    return this
  }
  i64(...values: number[]): this {
    for (const value of values) {
      const at = this.#room(8)
      this.#bytes.writeBigInt64BE(BigInt(value), at)
    }
    return this
  }
  f64(value: number): this {
    const at = this.#room(8)
    this.#bytes.writeDoubleBE(value, at)
    return this
  }
  raw(bytes: Uint8Array): this {
    const at = this.#room(bytes.length)
    this.#bytes.set(bytes, at)
    return this
  }
  /** A TString: its length in one byte, or 255 and four. */
  text(value: string): this {
    const bytes = Buffer.from(value)
    if (bytes.length < 255) return this.u8(bytes.length).raw(bytes)
    return this.u8(255).i32(bytes.length).raw(bytes)
  }
  /** An object with its byte count and version in front. */
  object(version: number, write: () => void): this {
    const at = this.#room(4)
    this.u16(version)
    write()
    this.#bytes.writeUInt32BE(((this.length - at - 4) | 0x40000000) >>> 0, at)
    return this
  }
  /** An object of a class that is named with it, for containers; gives where it begins. */
  classed(name: string, write: () => void): number {
    const at = this.#room(4)
    this.i32(-1).raw(Buffer.from(`${name}\0`))
    write()
    this.#bytes.writeUInt32BE(((this.length - at - 4) | 0x40000000) >>> 0, at)
    return at
  }
  bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.length)
  }
}

/** Bytes of a TString. */
export const textBytes = (value: string): number => {
  const size = Buffer.byteLength(value)
  return size < 255 ? size + 1 : size + 5
}
