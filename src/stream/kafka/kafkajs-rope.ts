import type Encoder from 'kafkajs/src/protocol/encoder.js'

/** What is shorter is copied: that costs less than to remember where it is [bytes]. */
const LONG = 1024

/** What was written before the end in `buf`: parts, and their length [bytes]. */
interface Rope extends Encoder {
  parts?: Buffer[]
  before?: number
}

/**
 * Lets kafkajs's encoders remember long parts instead of copying them. A request is encoded by encoders within encoders
 * (record, batch, partition, topic, request), and each copies all of the one within. So the bytes are put together when
 * they are asked for: once for the checksum, once for the batch, and once for the socket.
 */
export function ropeInto(prototype: Encoder): void {
  const methods: ThisType<Rope> & Partial<Encoder> = {
    size() {
      return (this.before ?? 0) + this.offset
    },
    ensureAvailable(length) {
      if (this.offset + length <= this.buf.length) return
      const larger = Buffer.allocUnsafe(2 * (this.offset + length))
      this.buf.copy(larger, 0, 0, this.offset)
      this.buf = larger
    },
    writeBufferInternal(buffer) {
      if (buffer.length >= LONG) return append(this, buffer)
      this.ensureAvailable(buffer.length)
      buffer.copy(this.buf, this.offset)
      this.offset += buffer.length
    },
    writeEncoder(value: Rope) {
      for (const part of value.parts ?? []) this.writeBufferInternal(part)
      this.writeBufferInternal(value.buf.subarray(0, value.offset))
      return this
    },
    writeEncoderArray(values) {
      for (const value of values) this.writeEncoder(value)
      return this
    },
  }
  Object.assign(prototype, methods)
  Object.defineProperty(prototype, 'buffer', {
    configurable: true,
    get(this: Rope) {
      return whole(this)
    },
  })
}

function append(rope: Rope, part: Buffer): void {
  cut(rope)
  remember(rope, part)
}

/** Makes what is in `buf` a part; `buf` goes on behind it. */
function cut(rope: Rope): void {
  if (rope.offset === 0) return
  remember(rope, rope.buf.subarray(0, rope.offset))
  rope.buf = rope.buf.subarray(rope.offset)
  rope.offset = 0
}

function remember(rope: Rope, part: Buffer): void {
  rope.parts ??= []
  rope.parts.push(part)
  rope.before = (rope.before ?? 0) + part.length
}

function whole(rope: Rope): Buffer {
  if (rope.parts === undefined) return rope.buf.subarray(0, rope.offset)
  cut(rope)
  if (rope.parts.length > 1) rope.parts = [Buffer.concat(rope.parts, rope.before)]
  return rope.parts[0]
}
