import { describe, expect, it } from 'vitest'
import { Buffers } from '#spillway/stream/buffers.js'

const bytes = (length: number, fill: number): Uint8Array => new Uint8Array(length).fill(fill)

describe('Buffers', () => {
  it('copies into memory that the original does not share, aligned, of exactly the length asked for', () => {
    const original = bytes(5000, 7).subarray(3)
    const copy = new Buffers().copy(original)
    expect(copy).toEqual(original)
    expect(copy.byteOffset).toBe(0)
    copy[0] = 1
    expect(original[0]).toBe(7)
  })

  it('uses a buffer again for a message of about the same size, never for two at a time', () => {
    const buffers = new Buffers()
    const first = buffers.copy(bytes(100_000, 1))
    expect(buffers.copy(bytes(100_000, 2)).buffer).not.toBe(first.buffer)
    buffers.giveBack(first.buffer)
    const again = buffers.copy(bytes(99_000, 3))
    expect(again.buffer).toBe(first.buffer)
    expect(again).toEqual(bytes(99_000, 3))
    expect(buffers.copy(bytes(99_000, 4)).buffer).not.toBe(first.buffer)
  })

  it('gives no buffer that is too small, and wastes at most a third of one', () => {
    const buffers = new Buffers()
    for (const length of [0, 1, 4096, 4097, 6144, 6145, 8192, 383_000, 1_048_577]) {
      const { buffer, length: copied } = buffers.copy(bytes(length, 1))
      expect(copied).toBe(length)
      expect(buffer.byteLength).toBeGreaterThanOrEqual(length)
      expect(buffer.byteLength).toBeLessThanOrEqual(Math.max(4096, length * 1.5))
    }
  })

  it('keeps a bounded number of bytes', () => {
    const buffers = new Buffers()
    const many = Array.from({ length: 80 }, () => buffers.copy(bytes(1 << 20, 0)))
    for (const { buffer } of many) buffers.giveBack(buffer)
    const reused = many.map(() => buffers.copy(bytes(1 << 20, 0)).buffer)
    expect(reused.filter((buffer) => many.some((one) => one.buffer === buffer)).length).toBe(64)
  })
})
