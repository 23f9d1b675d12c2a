import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { compile } from '#spillway/ingest/expression/compile.js'
import { numberFunctions, otherFunctions } from '#spillway/ingest/expression/functions.js'
import { reductions } from '#spillway/ingest/expression/reductions.js'
import { limits } from '#spillway/ingest/expression/syntax.js'
import { units } from '#spillway/ingest/expression/units.js'
import { eventsOf } from '../../support/events.js'

const text = readFileSync(new URL('../../../docs/expressions.md', import.meta.url), 'utf8')

function rowsAfter(heading: string): string[] {
  const lines = text.slice(text.indexOf(heading)).split('\n').slice(2)
  return lines.slice(
    0,
    lines.findIndex((line) => !line.startsWith('|')),
  )
}

describe('docs/expressions.md', () => {
  it('lists the functions as the code has them', () => {
    const rows = [...numberFunctions, ...otherFunctions].map((fn) => {
      const more = 'variadic' in fn && fn.variadic ? ', …' : ''
      return `| \`${fn.name}(${fn.parameters.join(', ')}${more})\` | ${fn.says} |`
    })
    expect(rowsAfter('| function | gives |')).toEqual(rows)
  })

  it('lists the reductions as the code has them', () => {
    const rows = reductions.map(
      ({ name, takes, says }) => `| \`${name}(${takes === 'bool' ? 'condition' : 'x'})\` | ${says} |`,
    )
    expect(rowsAfter('| reduction | gives |')).toEqual(rows)
  })

  it('names every unit and the limits', () => {
    for (const unit of units.keys()) expect(text).toContain(`\`${unit}\``)
    for (const limit of [limits.characters, limits.tokens, limits.nesting])
      expect(text).toContain(limit.toLocaleString('en'))
  })

  it('shows examples that compile', () => {
    const { schema } = eventsOf({
      'met.pt': ['float64', [1]],
      'met.phi': ['float64', [1]],
      process: ['utf8', ['ggF']],
      'tagger.p_w': ['float32', [1]],
      'pol.r_l': ['float32', [1]],
      ...Object.fromEntries(
        ['pt', 'eta', 'phi', 'b_tag'].map((name) => [`jets.${name}`, ['float32', [[1]]]] as const),
      ),
    })
    const examples = text.split('```')[1].trim().split('\n')
    expect(examples.length).toBe(5)
    for (const example of examples) expect(compile(example, schema).axis).toBe('')
    const message = text.split('```').at(-2)?.trim()
    expect(() => compile('count(jets.p > 30) >= 2', schema)).toThrow(message?.split('\n').slice(1).join('\n'))
  })
})
