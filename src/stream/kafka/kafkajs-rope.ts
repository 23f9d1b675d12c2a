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
  const { writeBufferInternal } = prototype
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
      if (buffer.length < LONG) return writeBufferInternal.call(this, buffer)
      append(this, buffer)
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
  rope.parts ??= []
  rope.before ??= 0
  if (rope.offset > 0) {
    rope.parts.push(rope.buf.subarray(0, rope.offset))
    rope.before += rope.offset
    rope.buf = rope.buf.subarray(rope.offset)
    rope.offset = 0
  }
  if (part.length === 0) return
  rope.parts.push(part)
  rope.before += part.length
}

function whole(rope: Rope): Buffer {
  if (rope.parts === undefined) return rope.buf.subarray(0, rope.offset)
  append(rope, Buffer.alloc(0))
  if (rope.parts.length > 1) rope.parts = [Buffer.concat(rope.parts, rope.before)]
  return rope.parts[0]
}
