import { describe, expect, it } from 'vitest'
import { SpillwayError } from '#spillway/errors.js'
import { Metrics } from '#spillway/stream/metrics.js'
import { textOf } from '../support/sources.js'

/** Rows of the tables: name, type, labels. */
const rows = [...textOf('docs/metrics.md').matchAll(/^\| `(spillway_\w+)` \| (\w+) \| (.*?) \|/gm)].map(
  ([, name, type, labels]) => ({
    name,
    type,
    labels: [...labels.matchAll(/`(\w+)`/g)].map(([, label]) => label).sort(),
  }),
)

describe('docs/metrics.md', () => {
  it('lists the metrics of the registry, with type and labels', () => {
    const described = new Map(rows.map(({ name, ...row }) => [name, row]))
    const registered = new Metrics('p').registry.getMetricsAsArray() as unknown as readonly {
      readonly name: string
      readonly type: string
      readonly labelNames: readonly string[]
    }[]
    const actual = new Map(
      registered.map(({ name, type, labelNames }) => [name, { type, labels: [...labelNames].sort() }]),
    )
    expect(described).toEqual(actual)
  })

  it('names the label that every metric has', async () => {
    const metrics = new Metrics('mine')
    metrics.aborted(new SpillwayError('LANE_FENCED', 'taken over'))
    expect(await metrics.registry.metrics()).toContain(
      'spillway_aborts_total{code="LANE_FENCED",pipeline="mine"} 1',
    )
    expect(textOf('docs/metrics.md')).toContain('`pipeline`')
  })
})
