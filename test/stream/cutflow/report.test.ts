import { describe, expect, it } from 'vitest'
import { bindCutFlow } from '#spillway/stream/cutflow/bind.js'
import { addCutFlows, countCutFlows } from '#spillway/stream/cutflow/counts.js'
import { cutFlowReports } from '#spillway/stream/cutflow/report.js'
import { eventsOf } from '../../support/events.js'

const lists = { leptons: 'leptons', jets: 'jets' }

async function count(
  table: Parameters<typeof eventsOf>[0],
  cutflow: Readonly<Record<string, string>>,
  weight?: string,
) {
  const events = eventsOf(table)
  const { operator, flow } = bindCutFlow({ name: 'pre', cutflow, weight, lists }, events.schema)
  const { parts } = await operator.apply([events])
  return { events: parts[0], flow, counts: countCutFlows([flow], parts[0]) }
}

describe('cuts of one’s own', () => {
  const table = {
    x: ['float64', [1, 2, 3, 4, null]],
    y: ['float32', [0, 1, 1, 0, 1]],
    weight: ['float32', [1, 2, 0.5, 1, Number.NaN]],
  } as const
  const cuts = { large: 'x > 1', flagged: 'y == 1' }

  it('are columns that hold what passes them and all before', async () => {
    const { events } = await count(table, cuts)
    expect(events.column('pre.large').values).toEqual(Uint8Array.of(0, 1, 1, 1, 0))
    expect(events.column('pre.flagged').values).toEqual(Uint8Array.of(0, 1, 1, 0, 0))
    expect(events.column('pre.pass').values).toEqual(events.column('pre.flagged').values)
  })

  it('are counted by the weight column, or by the expression given', async () => {
    const { counts } = await count(table, cuts)
    expect(counts['pre']).toEqual({
      cuts: ['large', 'flagged'],
      events: [5, 3, 2],
      weights: [4.5, 3.5, 2.5],
      squares: [6.25, 5.25, 4.25],
    })
    expect((await count(table, cuts, '2')).counts['pre'].weights).toEqual([10, 6, 4])
    const { weight: _, ...without } = table
    expect((await count(without, cuts)).counts['pre'].weights).toEqual([5, 3, 2])
  })

  it('refuse what is no condition, and a column that is there already', async () => {
    await expect(count(table, { bad: 'x + 1' })).rejects.toMatchObject({
      code: 'EXPRESSION_INVALID',
      place: expect.stringContaining('step pre, cutflow.bad'),
    })
    await expect(
      count({ ...table, 'pre.pass': ['bool', [true, true, true, true, true]] }, cuts),
    ).rejects.toThrow(/already have a column pre.pass/)
  })
})

describe('the report', () => {
  it('has binomial errors where all weights are equal', () => {
    const counts = {
      cuts: ['a', 'b'],
      events: [100, 50, 10],
      weights: [200, 100, 20],
      squares: [400, 200, 40],
    }
    const [{ lines }] = cutFlowReports({ pre: counts })
    expect(lines.map(({ cut }) => cut)).toEqual(['all', 'a', 'b'])
    expect(lines[1].total).toEqual({ value: 0.5, error: expect.closeTo(Math.sqrt(0.25 / 100), 12) })
    expect(lines[2].relative).toEqual({ value: 0.2, error: expect.closeTo(Math.sqrt(0.16 / 50), 12) })
    expect(lines[2].total).toEqual({ value: 0.1, error: expect.closeTo(Math.sqrt(0.09 / 100), 12) })
    expect(lines[2].weightError).toBeCloseTo(Math.sqrt(40), 12)
  })

  it('says nothing of a fraction of nothing', () => {
    const [{ lines }] = cutFlowReports({
      pre: { cuts: ['a'], events: [0, 0], weights: [0, 0], squares: [0, 0] },
    })
    expect(lines[1].total).toEqual({ value: null, error: null })
  })

  it('adds what workers counted', () => {
    const one = { cuts: ['a'], events: [2, 1], weights: [2, 1], squares: [2, 1] }
    const other = { cuts: ['b'], events: [1, 1], weights: [1, 1], squares: [1, 1] }
    const sum = addCutFlows(addCutFlows({}, { pre: one }), { pre: one, post: other })
    expect(sum).toEqual({
      pre: { cuts: ['a'], events: [4, 2], weights: [4, 2], squares: [4, 2] },
      post: other,
    })
    // A pipeline changed between two runs: cuts of other names are other cuts.
    expect(addCutFlows({ pre: one }, { pre: other })).toEqual({ pre: other })
  })
})
