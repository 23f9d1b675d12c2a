import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { compressSync, uncompressSync } from 'lz4-napi'
import { compress as snappyCompress } from 'snappyjs'
import { describe, expect, it } from 'vitest'
import { blocksWatDigest } from '#spillway/ingest/formats/kernel/blocks.wasm.js'
import { levelsWatDigest } from '#spillway/ingest/formats/kernel/levels.wasm.js'
import { Scratch } from '#spillway/ingest/formats/kernel/scratch.js'
import { inflateLz4, inflateSnappy } from '#spillway/ingest/formats/shared/inflate.js'
import { unsplit } from '#spillway/ingest/formats/shared/unsplit.js'

/** mulberry32 */
function random(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

/** Bytes with runs, near and far repeats, and noise. */
function sample(size: number, next: () => number): Buffer {
  const out = Buffer.alloc(size)
  for (let at = 0; at < size; ) {
    const length = Math.min(size - at, 1 + Math.floor(next() ** 4 * 3000))
    const kind = next()
    if (kind < 0.3) out.fill(Math.floor(256 * next()), at, at + length)
    else if (kind < 0.6 && at > 0) {
      const back = 1 + Math.floor(next() ** 3 * Math.min(at - 1, 60_000))
      for (let i = 0; i < length; i++) out[at + i] = out[at + i - back]
    } else for (let i = 0; i < length; i++) out[at + i] = Math.floor(256 * next())
    at += length
  }
  return out
}

const codecs = [
  {
    name: 'lz4',
    // The library puts the length in front.
    pack: (bytes: Buffer) => new Uint8Array(compressSync(bytes)).subarray(4),
    inflate: inflateLz4,
  },
  {
    name: 'snappy',
    pack: (bytes: Buffer) => snappyCompress(new Uint8Array(bytes)),
    inflate: inflateSnappy,
  },
]

describe.each(codecs)('blocks of $name', ({ pack, inflate }) => {
  it('unpack to what was packed', () => {
    const next = random(1)
    const scratch = new Scratch()
    for (const size of [1, 5, 15, 16, 17, 64, 1000, 70_000, 300_000]) {
      for (let turn = 0; turn < 5; turn++) {
        scratch.clear()
        const bytes = sample(size, next)
        const at = inflate(scratch, pack(bytes), size)
        expect(Buffer.compare(scratch.bytes.subarray(at, at + size), bytes)).toBe(0)
      }
    }
  })
  it('touch nothing but their region and its slack when they are damaged', () => {
    const next = random(2)
    const scratch = new Scratch()
    let refused = 0
    for (let turn = 0; turn < 3000; turn++) {
      const size = 1 + Math.floor(2000 * next())
      const packed = Buffer.from(pack(sample(size, next)))
      for (let i = 0; i < 1 + 4 * next(); i++)
        packed[Math.floor(next() * packed.length)] = Math.floor(256 * next())
      scratch.clear()
      const before = scratch.room(64)
      const from = scratch.put(packed)
      const to = scratch.room(size)
      const after = scratch.room(64)
      scratch.bytes.fill(0xaa, before, before + 64)
      scratch.bytes.fill(0xaa, after, after + 64)
      const kernel = inflate === inflateLz4 ? scratch.lz4 : scratch.snappy
      const got = kernel(from, from + packed.length, to, to + size)
      if (got < 0) refused++
      else expect(got).toBeLessThanOrEqual(size)
      expect(scratch.bytes.subarray(before, before + 64).every((byte) => byte === 0xaa)).toBe(true)
      expect(scratch.bytes.subarray(after, after + 64).every((byte) => byte === 0xaa)).toBe(true)
      expect(Buffer.compare(scratch.bytes.subarray(from, from + packed.length), packed)).toBe(0)
    }
    expect(refused).toBeGreaterThan(300)
  })
})

describe('levels and indices', () => {
  /** Parquet's hybrid, from runs of [value, repeats] and bit-packed lists. */
  function hybrid(
    runs: readonly (readonly [number, number] | { packed: readonly number[] })[],
    width: number,
  ) {
    const out: number[] = []
    for (const run of runs) {
      if ('packed' in run) {
        const groups = Math.ceil(run.packed.length / 8)
        varint(out, groups * 2 + 1)
        const bits = run.packed.flatMap((value) => Array.from({ length: width }, (_, b) => (value >>> b) & 1))
        while (bits.length < groups * 8 * width) bits.push(0)
        for (let i = 0; i < bits.length; i += 8)
          out.push(bits.slice(i, i + 8).reduce((byte, bit, b) => byte | (bit << b), 0))
      } else {
        varint(out, run[1] * 2)
        for (let b = 0; b < width; b += 8) out.push((run[0] >>> b) & 0xff)
      }
    }
    return Uint8Array.from(out)
  }
  function varint(out: number[], value: number): void {
    for (; value > 127; value = Math.floor(value / 128)) out.push((value % 128) | 128)
    out.push(value)
  }

  it('come out as they went in, for every width', () => {
    const next = random(3)
    const scratch = new Scratch()
    for (let width = 1; width <= 32; width++) {
      const value = () => Math.floor(next() * 2 ** width) >>> 0
      const runs: ([number, number] | { packed: number[] })[] = []
      for (let r = 0; r < 30; r++) {
        if (next() < 0.5) runs.push([value(), 1 + Math.floor(100 * next())])
        else runs.push({ packed: Array.from({ length: 8 * (1 + Math.floor(6 * next())) }, value) })
      }
      const expected = runs.flatMap((run) =>
        'packed' in run ? run.packed : Array.from({ length: run[1] }, () => run[0]),
      )
      scratch.clear()
      const bytes = hybrid(runs, width)
      const from = scratch.put(bytes)
      const count = expected.length - 3
      const out = scratch.room(4 * count)
      expect(scratch.hybrid(from, from + bytes.length, width, count, out, 1)).toBe(0)
      expect([...new Uint32Array(scratch.bytes.buffer as ArrayBuffer, out, count)]).toEqual(
        expected.slice(0, count),
      )
      const largest = expected.slice(0, count).reduce((a, b) => Math.max(a, b))
      expect(scratch.largest(out, count) >>> 0).toBe(largest)
      if (width <= 12) {
        const words = Uint32Array.from({ length: 2 ** width }, () => 2 ** 32 * next())
        const dictionary = scratch.put(new Uint8Array(words.buffer))
        const values = scratch.room(4 * count)
        scratch.gather4(out, count, dictionary, values)
        expect([...new Uint32Array(scratch.bytes.buffer as ArrayBuffer, values, count)]).toEqual(
          expected.slice(0, count).map((index) => words[index]),
        )
      }
      expect(scratch.hybrid(from, from + (bytes.length >> 1), width, count, out, 1)).toBe(-1)
      if (width > 8) continue
      expect(scratch.hybrid(from, from + bytes.length, width, count, out, 0)).toBe(0)
      expect([...scratch.bytes.subarray(out, out + count)]).toEqual(expected.slice(0, count))
      const least = 2 ** (width - 1)
      const atLeast = expected.slice(0, count).filter((level) => level >= least).length
      expect(scratch.count(out, count, least)).toBe(atLeast)
    }
  })

  it('make rows of lists, also of a row that goes on', () => {
    const scratch = new Scratch()
    // Rows: the end of an earlier one with two items, [x, null], null, [], [x].
    const rep = scratch.put(Uint8Array.of(1, 1, 0, 1, 0, 0, 0))
    const def = scratch.put(Uint8Array.of(3, 2, 3, 2, 0, 1, 3))
    const offsets = scratch.room(4 * 8)
    expect(scratch.lists(rep, def, 7, 2, offsets)).toBe(4)
    expect([...new Int32Array(scratch.bytes.buffer as ArrayBuffer, offsets, 5)]).toEqual([2, 4, 4, 4, 5])
    const valid = scratch.room(7)
    scratch.present(def, 7, 2, 3, valid)
    expect([...scratch.bytes.subarray(valid, valid + 5)]).toEqual([1, 0, 1, 0, 1])
    expect(scratch.lists(rep, 0, 7, 2, offsets)).toBe(4)
    expect([...new Int32Array(scratch.bytes.buffer as ArrayBuffer, offsets, 5)]).toEqual([2, 4, 5, 6, 7])
  })

  it('puts split bytes together', () => {
    for (const values of [Float64Array.of(1.5, -2, 1e300), Float32Array.of(3, 4), Int16Array.of(-1, 258)]) {
      const bytes = new Uint8Array(values.buffer)
      const { length, BYTES_PER_ELEMENT: width } = values
      const split = Uint8Array.from(bytes, (_, k) => bytes[(k % length) * width + Math.floor(k / length)])
      const out = values.slice().fill(0)
      unsplit(split, out)
      expect(out).toEqual(values)
    }
  })
})

it.each([
  ['blocks', blocksWatDigest],
  ['levels', levelsWatDigest],
])('%s.wasm.ts was made from %s.wat', (name, digest) => {
  const source = readFileSync(new URL(`../../../src/ingest/formats/kernel/${name}.wat`, import.meta.url))
  expect(createHash('sha256').update(source).digest('hex')).toBe(digest)
})

it('packs blocks as its peer reads them', () => {
  const bytes = sample(5000, random(4))
  expect(Buffer.compare(uncompressSync(compressSync(bytes)), bytes)).toBe(0)
})
