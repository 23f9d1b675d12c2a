import { describe, expect, it } from 'vitest'
import { catalogue } from '#spillway/errors.js'
import { errorsPage } from '../../scripts/docs-errors.mjs'
import { filesUnder, textOf } from '../support/sources.js'

/** Codes of the offline trainer, which need not be part of a scorer's sources. */
const OF_THE_TRAINER = /^TRACE_/

const sources = filesUnder('src', '.ts').filter((path) => path !== 'src/errors/catalogue.ts')
const code = sources.map(textOf).join('\n')
const known = new Set(Object.keys(catalogue))

describe('the error catalogue', () => {
  it('is what docs/errors.md shows (npm run build && node scripts/docs-errors.mjs writes it)', () => {
    expect(textOf('docs/errors.md')).toBe(errorsPage())
  })

  it('holds every code that is raised', () => {
    const raised = [...code.matchAll(/SpillwayError\(\s*(?:\w+,\s*)?'([A-Z][A-Z_]+)'/g)].map(
      ([, name]) => name,
    )
    expect(raised.length).toBeGreaterThan(50)
    expect(raised.filter((name) => !known.has(name))).toEqual([])
  })

  it('holds no code that nothing raises', () => {
    const idle = [...known].filter((name) => !OF_THE_TRAINER.test(name) && !code.includes(`'${name}'`))
    expect(idle).toEqual([])
  })

  it('says what and how in whole sentences', () => {
    for (const [name, { what, remedy }] of Object.entries(catalogue)) {
      expect(what, name).toMatch(/^[A-Z].*\.$/)
      expect(remedy, name).toMatch(/^[A-Z].*\.$/)
    }
  })

  it('names only keys of a pipeline that there are', () => {
    const schema = textOf('src/stream/config/schema.ts')
    const keys = Object.values(catalogue).flatMap(({ remedy }) =>
      [...remedy.matchAll(/\b(?:limits|workers|sink|http|dead_letters|kafka|source)\.([a-z_]+)/g)].map(
        ([, key]) => key,
      ),
    )
    expect(keys.length).toBeGreaterThan(3)
    expect(keys.filter((key) => !schema.includes(`${key}:`))).toEqual([])
  })
})
