import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { parse } from 'yaml'
import { parseMenu } from '#spillway/stream/select/config.js'
import { buildMenu } from '#spillway/stream/select/menu.js'
import { eventsOf } from '../../support/events.js'

it('docs/select.md shows a menu that works', () => {
  const text = readFileSync(new URL('../../../docs/select.md', import.meta.url), 'utf8')
  const { select } = parse(text.split('```yaml')[1].split('```')[0]) as { select: unknown }
  const events = eventsOf({
    event: ['int64', [1, 2]],
    'tagger.p_w': ['float32', [0.95, 0.1]],
    'jet.pt': ['float32', [250, 250]],
    'jets.pt': ['float32', [[40, 40], [40]]],
    'met.pt': ['float32', [10, 10]],
    score: ['float32', [1, 1]],
  })
  const { chains } = buildMenu(parseMenu(select), events.schema).evaluate(events)
  expect([...chains.keys()]).toEqual(['boosted_w', 'dijet', 'dijet_only', 'anomaly'])
  expect(chains.get('boosted_w')).toEqual(Uint8Array.of(1, 0))
})
