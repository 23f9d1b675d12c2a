import lz4 from 'lz4-napi'
import { describe, expect, it } from 'vitest'
import { lz4FrameSize } from '#spillway/ingest/arrow/lz4.js'
import { inflateZstd } from '#spillway/ingest/arrow/zstd/frame.js'
import { mutate, randomOf } from '../../support/mutate.js'

const inflated = (frame: Uint8Array, length: number) => {
  const out = new Uint8Array(length)
  inflateZstd(frame, out)
  return out
}
const header = (size: number, flags = 0xa0) => [
  0x28,
  0xb5,
  0x2f,
  0xfd,
  flags,
  size & 255,
  (size >> 8) & 255,
  (size >> 16) & 255,
  0,
]
const block = (type: number, size: number, last: boolean) => {
  const head = (size << 3) | (type << 1) | (last ? 1 : 0)
  return [head & 255, (head >> 8) & 255, (head >> 16) & 255]
}

describe('ZSTD', () => {
  it('inflates raw and run blocks', () => {
    const frame = Uint8Array.from([...header(7), ...block(0, 3, false), 1, 2, 3, ...block(1, 4, true), 9])
    expect([...inflated(frame, 7)]).toEqual([1, 2, 3, 9, 9, 9, 9])
  })

  it('inflates what the reference wrote, with sequences, Huffman literals and tables of its own', () => {
    // Both by libzstd at level 19.
    const repeated = Buffer.from('KLUv/WBoAIUAAEhzcGlsbHdheSABAFxUyxE=', 'base64')
    expect(Buffer.from(inflated(repeated, 360)).toString()).toBe('spillway '.repeat(40))
    const text = Array.from({ length: 400 }, (_, i) => i * i).join(' ')
    const squares = [
      'KLUv/WAgCKUfAAqSvA8JsHmkNLbbGJ0K9QD3AP4AvjkAm+Npzq3gih7cxcFJG9yrytWnnC3l2CgHwHIkIuefXNnkHiUnBXIn',
      'AVdw4AwGjlDgAAA4AtUMrxW4drYmhdqDaOXTfNNIpQGQxtbMnlldZq+YSTu7wKyIPnc+Xj4Af3Q/E3zVkn1GJr3sY1k1ZCbK',
      'aJABlMeP594rsncJT1rvBV69YjbF2IkBPEZyzI9YubEHY1KIndUVUGeYjvAOQDqCO0N0Be1OdlLoHsWVifOHI50DOMcKZ5ur',
      'B/cqJy13IVcEnAscXwOo0TTTrDr7fNLvI6vKTB7tAXh8zI0VdZdO2r24OmdzLAfAkeavvMekO1fzOAhzZbwiGO/ye9Lee414',
      '9RDPLnus2AOgPdLD8xtemeo9XE8K9c7TKyg9A4FHMHgAAB7hFTO0YgVEsdMUkwLFHp9YuRPz6TGSHwPgY+xIzA6J1cuxlzgm',
      'rWMXiliRI+YyYvw0BuDGaGjMdMaqwdinICY9xD6FWLWqM0l1dKsDKOp4oc4tdUU03UWmk3a6F72ryzu779iSDuDSkSqdX+7K',
      'd/cId1Jwd050BY7OwOgI1A5A2hHazlDsCs7uDHZSYPcY6MqGzid0JCoO4MWxUZwNxdWHuJeJk5a4Sw1X9OFcD8dzOIA6R/+c',
      'Kc5Vee5Dwkkv3CeEq1I4E5ljVZO2ai+hWr2mZsfU2HkNgK+RLDWfXCvXtcejJoWonW6tgFgzlDXCoQYAUCO4aAYiWkGJdn5o',
      'Uhjaw6eVSWh+hUa6aQA0jZWg2VVaPUp7DWnSknY50IoAaK7UjC+aAZhmNM3M1JlV57MPP5NeZh+QWVU8M1XMaMcMoDrjozOX',
      'OCsqZ5eBmbQwe72+OuuzTx9L+gA+Hwnm8+VfGf49RD4pyHeKvwLwZ5D4CBAfgPQjQD+D8CsAfqfAJwX4HlKyMpTMF5KRgGQA',
      'HxnLkdm/rM7LXheZtCK7jGVFtcylkPERMoCqjHZlpqKsKpR9gDLpQfYhyKpTnqnl0UQegMnjaxyElnAGk3AFH+FOunBSuHCP',
      'inBlWzj/IRyJKhwAKxwbFM4WEK4+Ze5VZE5aMnfxmCv6zbkl5niKOQDbHP0wZ6Kaq7LmPkFz0oO5D1VwVVZwpqDg6E9wAPXg',
      'eD441xJc0R3cpSI4aSO4lxtcfRicDQyODQgO4FWORFTOJ5Ure8o95uWk8HJnSLmCu5yhohyhUQ5AWo5ALGcgyxUYyp1T5KRQ',
      '5B5B5Mofcn6dHKknB3Ahx5bJ2TW5ugS5F5WctCV3EZIrIiDnFsjxUsABFAFHl4AzyQBXrQP36YGTXoD7lIGrhoEzPYCjIYAD',
      'cIHjh8C5JHBFBuAuFAA=',
    ]
    const frame = Buffer.from(squares.join(''), 'base64')
    expect(Buffer.from(inflated(frame, text.length)).toString()).toBe(text)
  })

  for (const [name, frame, length] of [
    ['nothing', [], 0],
    ['another magic', [1, 2, 3, 4, 5, 6, 7, 8], 4],
    ['a dictionary', [...header(4, 0xa1), 0, 0, 0, 0], 4],
    ['another size', [...header(5), ...block(1, 4, true), 9], 4],
    ['a run beyond the output', [...header(4), ...block(1, 1 << 17, true), 9], 4],
    ['a frame without last block', [...header(4), ...block(1, 4, false), 9], 4],
    ['bytes after the frame', [...header(4), ...block(1, 4, true), 9, 0], 4],
    ['a reserved block', [...header(4), ...block(3, 4, true), 1, 2, 3, 4], 4],
    ['a block that is cut', [...header(4), ...block(0, 4, true), 1, 2], 4],
  ] as const)
    it(`refuses ${name}`, () => void expect(() => inflated(Uint8Array.from(frame), length)).toThrow())

  it('a block of 98,047 longest matches in 20 bytes ends at once', () => {
    // Literals: one byte. All three tables constant: literal length 1, offset code 0, match length code 52 (65,539 and more).
    const body = [0x08, 0x41, 0xff, 0xff, 0xff, 0x54, 1, 0, 52, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]
    const frame = Uint8Array.from([...header(1 << 20), ...block(2, body.length, true), ...body])
    const start = performance.now()
    expect(() => inflated(frame, 1 << 20)).toThrow(/beyond its bounds/)
    expect(performance.now() - start).toBeLessThan(200)
  })

  it('thousands of empty blocks are refused', () => {
    const blocks = Array.from({ length: 50_000 }, () => block(0, 0, false)).flat()
    expect(() => inflated(Uint8Array.from([...header(4), ...blocks, ...block(1, 4, true), 9]), 4)).toThrow(
      /too many blocks/,
    )
  })
})

describe('LZ4 frames', () => {
  const random = randomOf(5)
  const text = Uint8Array.from({ length: 200_000 }, (_, i) => (random() < 0.3 ? 256 * random() : i % 50))
  const samples = [
    new Uint8Array(0),
    text.subarray(0, 1),
    text.subarray(0, 5000),
    text,
    new Uint8Array(100_000),
  ]

  it('walks to exactly what they inflate to', () => {
    for (const sample of samples) {
      const frame = lz4.compressFrameSync(Buffer.from(sample))
      expect(() => lz4FrameSize(frame, sample.length, 'here')).not.toThrow()
      expect(() => lz4FrameSize(frame, sample.length + 1, 'here')).toThrow(/inflates to/)
      if (sample.length > 0) expect(() => lz4FrameSize(frame, sample.length - 1, 'here')).toThrow()
    }
  })

  it('takes no damaged frame that inflates to another size', () => {
    const frame = lz4.compressFrameSync(Buffer.from(text.subarray(0, 5000)))
    let taken = 0
    for (let seed = 0; seed < 3000; seed++) {
      const { bytes } = mutate(frame, seed)
      try {
        lz4FrameSize(bytes, 5000, 'here')
      } catch {
        continue
      }
      taken++
      // What the walk takes, the library inflates to that size, or refuses by the header's checksum and reserved bits.
      try {
        expect(lz4.decompressFrameSync(Buffer.from(bytes))).toHaveLength(5000)
      } catch (error) {
        expect(String(error)).toMatch(/checksum|reserved/i)
      }
    }
    expect(taken).toBeGreaterThan(100)
  })
})
