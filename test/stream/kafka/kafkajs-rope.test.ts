import { createRequire } from 'node:module'
import type EncoderType from 'kafkajs/src/protocol/encoder.js'
import { expect, test } from 'vitest'
import { ropeInto } from '#spillway/stream/kafka/kafkajs-rope.js'

interface Encoder extends EncoderType {
  writeInt8(value: number): this
  writeInt32(value: number): this
  writeInt64(value: number): this
  writeString(value: string): this
  writeVarInt(value: number): this
  writeBytes(value: Buffer): this
  writeBuffer(value: Buffer): this
  writeVarIntBytes(value: Buffer): this
  writeArray(values: readonly Encoder[]): this
}

const require = createRequire(import.meta.url)
const path = require.resolve('kafkajs/src/protocol/encoder.js')

/** The library's class, anew: nobody has changed it yet. */
function encoderClass(): new () => Encoder {
  const { [path]: cached } = require.cache
  delete require.cache[path]
  const made = require(path) as new () => Encoder
  if (cached !== undefined) require.cache[path] = cached
  return made
}

const Plain = encoderClass()
const Roped = encoderClass()
ropeInto(Roped.prototype)

const random = (seed: number) => () => {
  seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31
  return seed / 2 ** 31
}
/** Around the length from which on parts are not copied, and far beyond. */
const SIZES = [0, 1, 400, 1023, 1024, 1025, 5_000, 70_000]

/** Encoders within encoders, with parts of all lengths, asked for their bytes and size now and then. */
function nested(Encoder: new () => Encoder, next: () => number, depth = 0): Encoder {
  const encoder = new Encoder()
  const bytes = () => Buffer.alloc(SIZES[Math.floor(next() * SIZES.length)], Math.floor(next() * 256))
  const within = () => (depth < 4 ? nested(Encoder, next, depth + 1) : new Encoder().writeInt8(7))
  for (let i = 0; i < 5; i++) {
    const kind = Math.floor(next() * 9)
    if (kind === 0) encoder.writeInt32(Math.floor(next() * 1e9))
    else if (kind === 1) encoder.writeInt64(Math.floor(next() * 1e9))
    else if (kind === 2) encoder.writeString('x'.repeat(Math.floor(next() * 3_000)))
    else if (kind === 3) encoder.writeVarInt(Math.floor(next() * 1e9))
    else if (kind === 4) encoder.writeBytes(bytes())
    else if (kind === 5) encoder.writeVarIntBytes(bytes())
    else if (kind === 6) encoder.writeBuffer(within().buffer)
    else if (kind === 7) encoder.writeEncoder(within())
    else encoder.writeArray([within(), within()])
    if (next() < 0.2) encoder.writeInt32(encoder.size())
    if (next() < 0.2) encoder.writeInt32(encoder.buffer.length)
  }
  return encoder
}

test('the bytes are those of the library, whatever is written', () => {
  let long = 0
  for (let seed = 1; seed <= 100; seed++) {
    const plain = nested(Plain, random(seed))
    const roped = nested(Roped, random(seed))
    expect(roped.size()).toBe(plain.size())
    expect(roped.buffer.equals(plain.buffer)).toBe(true)
    expect(roped.buffer.equals(plain.buffer)).toBe(true)
    if (plain.size() > 1e5) long++
  }
  expect(long).toBeGreaterThan(20)
})

test('a long part is not copied until the whole is asked for', () => {
  const part = Buffer.alloc(4_096)
  const encoder = new Roped().writeBytes(part)
  part.fill(9)
  const outer = new Roped().writeInt32(1).writeEncoder(encoder)
  expect(outer.buffer.subarray(8).equals(part)).toBe(true)
  part.fill(3)
  expect(outer.buffer[8]).toBe(9)
})
