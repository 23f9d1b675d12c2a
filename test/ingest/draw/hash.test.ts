import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { drawn, halvesOf } from '#spillway/ingest/draw/event-numbers.js'
import { seedOf, uniform } from '#spillway/ingest/draw/hash.js'
import { eventsOf } from '../../support/events.js'

const mask64 = (x: bigint) => BigInt.asUintN(64, x)

/** splitmix64 as published, in whole 64-bit numbers. */
function splitmix64(x: bigint): bigint {
  let z = mask64(x + 0x9e3779b97f4a7c15n)
  z = mask64((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n)
  z = mask64((z ^ (z >> 27n)) * 0x94d049bb133111ebn)
  return z ^ (z >> 31n)
}

const none = { high: 0, low: 0 }
const half = fc.integer({ min: 0, max: 0xffffffff })

describe('the hash', () => {
  it('is splitmix64: its published first outputs', () => {
    expect(splitmix64(0n)).toBe(0xe220a8397b1dcdafn)
    expect(splitmix64(1234567n)).toBe(6457827717110365317n)
    expect(uniform(0, 0, none)).toBe(Number(0xe220a8397b1dcdafn >> 11n) / 2 ** 53)
    expect(uniform(0, 1234567, none)).toBe(Number(6457827717110365317n >> 11n) / 2 ** 53)
  })

  it('agrees with 64-bit arithmetic for any event and seed', () => {
    fc.assert(
      fc.property(half, half, half, half, (high, low, seedHigh, seedLow) => {
        const event = (BigInt(high) << 32n) | BigInt(low)
        const seed = (BigInt(seedHigh) << 32n) | BigInt(seedLow)
        const wanted = Number(splitmix64(event ^ seed) >> 11n) / 2 ** 53
        expect(uniform(high, low, { high: seedHigh, low: seedLow })).toBe(wanted)
      }),
      { numRuns: 3000 },
    )
  })

  it('seeds by FNV-1a', () => {
    expect(seedOf('')).toEqual({ high: 0xcbf29ce4, low: 0x84222325 })
    expect(seedOf('a')).toEqual({ high: 0xaf63dc4c, low: 0x8601ec8c })
    expect(seedOf('foobar')).toEqual({ high: 0x85944171, low: 0xf73967e8 })
  })

  it('is uniform over consecutive event numbers, and independent between chains', () => {
    const [a, b] = [seedOf('boosted'), seedOf('boosted2')]
    const bins = new Float64Array(16)
    const joint = new Float64Array(16)
    const n = 64_000
    for (let event = 0; event < n; event++) {
      const [x, y] = [uniform(0, event, a), uniform(0, event, b)]
      bins[Math.floor(16 * x)]++
      joint[4 * Math.floor(4 * x) + Math.floor(4 * y)]++
    }
    const chi2 = (counts: Float64Array) => counts.reduce((sum, c) => sum + (c - n / 16) ** 2 / (n / 16), 0)
    // 15 degrees of freedom: above 37.7 with a probability of 0.1 %.
    expect(chi2(bins)).toBeLessThan(37.7)
    expect(chi2(joint)).toBeLessThan(37.7)
  })
})

describe('drawing', () => {
  const numbers = Array.from({ length: 20_000 }, (_, i) => i * 3 + 7)
  const all = new Uint8Array(numbers.length).fill(1)

  it('keeps the fraction asked, also of prescales that are not whole', () => {
    const halves = halvesOf(eventsOf({ event: ['uint64', numbers] }), 'event')
    for (const prescale of [1, 1.5, 2, 10, 250]) {
      const kept = drawn(all, halves, seedOf('x'), 1 / prescale).reduce((sum, byte) => sum + byte, 0)
      const wanted = numbers.length / prescale
      expect(Math.abs(kept - wanted)).toBeLessThanOrEqual(4 * Math.sqrt(wanted * (1 - 1 / prescale)))
    }
  })

  it('keeps the same events whatever integer type holds their numbers', () => {
    const small = numbers.slice(0, 9000)
    const masks = (['int16', 'uint16', 'int32', 'uint32', 'int64', 'uint64'] as const).map((type) =>
      drawn(all.subarray(0, 9000), halvesOf(eventsOf({ e: [type, small] }), 'e'), seedOf('x'), 0.3),
    )
    for (const mask of masks) expect(mask).toEqual(masks[0])
    const negative = (['int8', 'int64'] as const).map((type) =>
      halvesOf(eventsOf({ e: [type, [-1, -5]] }), 'e'),
    )
    expect(negative[0]).toEqual(negative[1])
  })

  it('a larger fraction keeps all that a smaller one keeps', () => {
    const halves = halvesOf(eventsOf({ e: ['int32', numbers] }), 'e')
    const [few, many] = [0.1, 0.4].map((fraction) => drawn(all, halves, seedOf('x'), fraction))
    expect(few.every((byte, i) => byte <= many[i])).toBe(true)
  })

  it('draws only from the mask, and refuses what is no event number', () => {
    const one = eventsOf({ e: ['int32', [1, 2]], x: ['float64', [1, 2]] })
    expect([...drawn(Uint8Array.of(0, 1), halvesOf(one, 'e'), seedOf('x'), 1)]).toEqual([0, 1])
    expect(() => halvesOf(one, 'x')).toThrow('column x is float64; an integer per event is needed')
  })
})
