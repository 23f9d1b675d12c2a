import { describe, expect, it } from 'vitest'
import { SpillwayError } from '#spillway/errors.js'
import { decodeMessage, encodeColumns, encodeSubset, SchemaMemory } from '#spillway/ingest/arrow/index.js'
import { fixture } from '../../support/fixtures.js'
import { mutate } from '../../support/mutate.js'
import { walkEvents } from '../../support/walk.js'

const limits = { maxBytes: 2 << 20, maxRows: 10_000, maxRatio: 100 }
const codes = new Set(['MESSAGE_EMPTY', 'MESSAGE_UNDECODABLE', 'MESSAGE_TOO_LARGE', 'SCHEMA_MISMATCH'])

/** Slowest decode tolerated: undamaged ones take a few milliseconds, the rest is for busy machines. */
const slowest = 1000

function scores(): Uint8Array {
  const offsets = Int32Array.from({ length: 101 }, (_, i) => 2 * i)
  const column = (axis: string, length: number) =>
    ({ axis, type: 'float32', values: new Float32Array(length).fill(0.5), valid: null }) as const
  return encodeColumns(
    100,
    new Map([
      ['pol.l', column('', 100)],
      ['tagger.p', column('jets', 200)],
    ]),
    new Map([['jets', offsets]]),
    new Map([['model', 'm']]),
  )
}

const kinds: readonly (readonly [string, () => Uint8Array, number])[] = [
  ['zj_lo.arrow', () => fixture('zj_lo.arrow'), 4000],
  ['h4l.arrows', () => fixture('h4l.arrows'), 4000],
  ['types.arrows', () => fixture('types.arrows'), 4000],
  ['dictionary-replaced.arrows', () => fixture('dictionary-replaced.arrows'), 2000],
  ['dictionary-delta.arrows', () => fixture('dictionary-delta.arrows'), 1000],
  ['opaque.arrows', () => fixture('opaque.arrows'), 2000],
  ['zj_lo-lz4.arrows', () => fixture('zj_lo-lz4.arrows'), 2500],
  ['zj_lo-zstd.arrows', () => fixture('zj_lo-zstd.arrows'), 2500],
  ['types-zstd.arrows', () => fixture('types-zstd.arrows'), 1500],
  ['scores', scores, 1500],
]

/** What a damaged message gave: its walked events, or the code of the error. */
function outcome(bytes: Uint8Array, what: string, schemas: SchemaMemory): string {
  try {
    const events = decodeMessage(bytes, limits, schemas)
    walkEvents(events)
    return 'events'
  } catch (error) {
    if (error instanceof SpillwayError && codes.has(error.code) && error.place !== undefined)
      return error.code
    throw new Error(`${what}: ${error}`, { cause: error })
  }
}

describe('25,000 damaged messages give valid events or a SpillwayError, soon and in bounded memory', () => {
  for (const [name, bytesOf, count] of kinds)
    it(`${count} of ${name}`, { timeout: 120_000 }, () => {
      const original = bytesOf()
      const schemas = new SchemaMemory()
      const tally = new Map<string, number>()
      let worst = 0
      const before = process.memoryUsage().rss
      for (let seed = 0; seed < count; seed++) {
        const { bytes, what } = mutate(original, seed)
        const start = performance.now()
        const result = outcome(bytes, `${name}, ${what}`, schemas)
        const took = performance.now() - start
        if (took > slowest) throw new Error(`${name}, ${what}: ${took} ms`)
        worst = Math.max(worst, took)
        tally.set(result, (tally.get(result) ?? 0) + 1)
      }
      expect(process.memoryUsage().rss - before).toBeLessThan(256 << 20)
      // Both sides have to be met, else the damage is too light or too heavy to tell anything.
      expect(tally.get('MESSAGE_UNDECODABLE')).toBeGreaterThan(count / 20)
      expect(tally.get('events')).toBeGreaterThan(count / 50)
    })

  it('2,000 cuts of damaged messages give a readable message or a SpillwayError', { timeout: 60_000 }, () => {
    const original = fixture('types.arrows')
    const schemas = new SchemaMemory()
    let cuts = 0
    for (let seed = 0; seed < 2000; seed++) {
      const { bytes, what } = mutate(original, seed)
      try {
        const events = decodeMessage(bytes, limits, schemas)
        const rows = Array.from({ length: events.rows }, (_, i) => i).filter((i) => i % 3 !== 1)
        const cut = decodeMessage(encodeSubset(bytes, rows, new Map(), { limits }), {
          ...limits,
          maxRatio: 10_000,
        })
        walkEvents(cut)
        expect(cut.rows).toBe(rows.length)
        cuts++
      } catch (error) {
        if (!(error instanceof SpillwayError) || !codes.has(error.code))
          throw new Error(`${what}: ${error}`, { cause: error })
      }
    }
    expect(cuts).toBeGreaterThan(100)
  })
})
