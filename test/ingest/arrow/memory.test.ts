import { tableFromArrays, tableToIPC } from 'apache-arrow'
import { describe, expect, it } from 'vitest'
import { asSpillwayError } from '#spillway/errors.js'
import { decodeMessage, defaultLimits, SchemaMemory } from '#spillway/ingest/arrow/index.js'
import { fixture } from '../../support/fixtures.js'

const kinds = (bytes: Uint8Array, memory: SchemaMemory) => {
  const { values, dictionary } = decodeMessage(bytes, defaultLimits, memory).column('kind')
  return [...values].map((code) => dictionary![Number(code)])
}

describe('a memory of schemas and dictionaries', () => {
  const message = (...kind: string[]) => tableToIPC(tableFromArrays({ kind }), 'stream')

  it('makes the strings of a dictionary once', () => {
    const memory = new SchemaMemory()
    const bytes = message('a', 'b')
    const strings = () => decodeMessage(bytes.slice(), defaultLimits, memory).column('kind').dictionary
    expect(strings()).toEqual(['a', 'b'])
    expect(strings()).toBe(strings())
  })

  it('tells dictionaries of one schema apart, more of them than it keeps', () => {
    const memory = new SchemaMemory(2)
    // apache-arrow numbers its dictionaries: another text of the same bytes makes another message of the same schema.
    const bytes = Buffer.from(message('a', '@', 'a'))
    const at = bytes.indexOf('a@')
    for (const other of 'bcdbdc') {
      bytes.write(other, at + 1)
      expect(kinds(Uint8Array.from(bytes), memory)).toEqual(['a', other, 'a'])
    }
  })

  it('is not changed by what a stream adds to a dictionary', () => {
    const memory = new SchemaMemory()
    for (let time = 0; time < 3; time++) {
      expect(kinds(fixture('dictionary-delta.arrows'), memory)).toEqual(['b', 'a', 'c', 'a', 'd', 'a'])
      expect(kinds(fixture('dictionary-replaced.arrows'), memory)).toEqual(['b', 'a', 'a', 'b', 'c', 'c'])
    }
  })

  it('lets nothing through that is too large without it', () => {
    const refusal = (maxRatio: number, memory: SchemaMemory) => {
      try {
        decodeMessage(fixture('types-zstd.arrows'), { ...defaultLimits, maxRatio }, memory)
        return null
      } catch (error) {
        const { code, message, place } = asSpillwayError(error, 'INTERNAL')
        return { code, message, place }
      }
    }
    const memory = new SchemaMemory()
    expect(refusal(defaultLimits.maxRatio, memory)).toBeNull()
    const ratios = Array.from({ length: 60 }, (_, i) => 0.02 * i)
    const refused = ratios.map((ratio) => refusal(ratio, memory))
    expect(refused).toEqual(ratios.map((ratio) => refusal(ratio, new SchemaMemory())))
    expect(refused.filter((one) => one?.code === 'MESSAGE_TOO_LARGE').length).toBeGreaterThan(5)
  })
})
