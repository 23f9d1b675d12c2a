/** A growing buffer that writes the protobuf wire format (varint, 32-bit and length-delimited fields). */
export class ProtoWriter {
  #buffer: Buffer
  #length = 0

  constructor(capacity = 256) {
    this.#buffer = Buffer.allocUnsafe(capacity)
  }

  /** The bytes written so far; a view, valid until the next write. */
  bytes(): Buffer {
    return this.#buffer.subarray(0, this.#length)
  }

  /** An int32, int64, bool or enum field. Negative values take ten bytes, as the wire format asks. */
  int(field: number, value: number | bigint): void {
    this.#tag(field, 0)
    this.#varint(value)
  }

  float(field: number, value: number): void {
    this.#tag(field, 5)
    this.#reserve(4)
    this.#length = this.#buffer.writeFloatLE(value, this.#length)
  }

  data(field: number, value: Uint8Array): void {
    this.#tag(field, 2)
    this.#varint(value.byteLength)
    this.#reserve(value.byteLength)
    this.#buffer.set(value, this.#length)
    this.#length += value.byteLength
  }

  string(field: number, value: string): void {
    this.data(field, Buffer.from(value, 'utf8'))
  }

  /** A nested message: `write` fills it. */
  message(field: number, write: (inner: ProtoWriter) => void): void {
    const inner = new ProtoWriter()
    write(inner)
    this.data(field, inner.bytes())
  }

  #tag(field: number, wireType: number): void {
    this.#varint((field << 3) | wireType)
  }

  #varint(value: number | bigint): void {
    this.#reserve(10)
    let rest = BigInt.asUintN(64, BigInt(value))
    while (rest > 127n) {
      this.#buffer[this.#length++] = Number(rest & 127n) | 128
      rest >>= 7n
    }
    this.#buffer[this.#length++] = Number(rest)
  }

  #reserve(count: number): void {
    const needed = this.#length + count
    if (needed <= this.#buffer.length) return
    const larger = Buffer.allocUnsafe(Math.max(this.#buffer.length * 2, needed))
    larger.set(this.bytes())
    this.#buffer = larger
  }
}
