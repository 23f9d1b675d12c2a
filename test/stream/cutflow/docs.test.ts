import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { parse } from 'yaml'
import { PRESETS, presetSelection } from '#spillway/models/cutflow/presets.js'
import { isCutFlowStep, PipelineSchema } from '#spillway/stream/config/schema.js'
import { bindCutFlow } from '#spillway/stream/cutflow/bind.js'
import { eventsOf } from '../../support/events.js'

const text = readFileSync(new URL('../../../docs/cutflow.md', import.meta.url), 'utf8')

it('docs/cutflow.md shows steps that work', () => {
  const { steps } = parse(text.split('```yaml')[1].split('```')[0]) as { steps: unknown[] }
  const sink = { scores: { files: 'a' }, dead_letters: { files: 'b' } }
  const config = PipelineSchema.parse({ name: 'p', source: { files: 'x' }, steps, sink })
  const number = ['float32', [1]] as const
  const list = ['float32', [[1]]] as const
  let { schema } = eventsOf({
    weight: number,
    'met.pt': number,
    ...Object.fromEntries(
      ['leptons', 'jets'].flatMap((name) =>
        ['pt', 'eta', 'phi', 'mass'].map((part) => [`${name}.${part}`, list]),
      ),
    ),
  })
  for (const step of config.steps) {
    if (!isCutFlowStep(step)) throw new Error('docs/cutflow.md: only cut-flow steps are expected')
    const { produces } = bindCutFlow(step, schema).operator
    schema = { ...schema, columns: [...schema.columns, ...produces] }
  }
  expect(schema.columns.map(({ path }) => path)).toContain('mine.pass')
})

it.each(PRESETS)('docs/cutflow.md names every column of %s', (preset) => {
  const { cuts, derived } = presetSelection(preset, { leptons: 'leptons', jets: 'jets' })
  for (const name of [preset, ...cuts, ...derived.map((column) => column.name)])
    expect(text).toContain(`\`${name}\``)
})
