import { describe, expect, it } from 'vitest'
import { ScoreSamples } from '#spillway/stream/live/score-samples.js'
import { eventsOf } from '../../support/events.js'

const spread = (count: number, from: number, to: number) =>
  Array.from({ length: count }, (_, i) => from + ((i + 0.5) * (to - from)) / count)

describe('score samples', () => {
  it('count every value once, in the columns of the steps alone', () => {
    const samples = new ScoreSamples(['tag'])
    samples.add(
      eventsOf({
        event: ['uint64', [1, 2, 3, 4]],
        'tag.p': ['float32', [0.01, 0.01, 0.99, null]],
        'other.p': ['float32', [1, 2, 3, 4]],
        'tag.passed': ['bool', [true, true, true, true]],
      }),
    )
    const [histogram, ...more] = samples.view([])
    expect(more).toEqual([])
    expect(histogram).toMatchObject({ column: 'tag.p', low: 0, high: 1, sampled: 3, outside: 0 })
    expect(histogram.counts[0]).toBe(2)
    expect(histogram.counts[39]).toBe(1)
    expect(histogram.counts.reduce((sum, count) => sum + count, 0)).toBe(3)
  })

  it('keep the shape of a flat distribution when a message holds more than is taken of it', () => {
    const samples = new ScoreSamples(['m'])
    samples.add(eventsOf({ 'm.y': ['float32', spread(10_000, 0, 1)] }))
    const [{ counts, sampled }] = samples.view([])
    expect(sampled).toBeLessThanOrEqual(512)
    for (const count of counts) expect(Math.abs(count - sampled / 40)).toBeLessThanOrEqual(1)
  })

  it('put the range around nearly all values, and count those beyond it', () => {
    const samples = new ScoreSamples(['m'])
    for (let i = 0; i < 8; i++)
      samples.add(eventsOf({ 'm.y': ['float32', [...spread(500, -100, 300), ...(i === 0 ? [1e30] : [])]] }))
    const [{ low, high, sampled, outside, counts }] = samples.view([])
    expect(low).toBeLessThanOrEqual(-95)
    expect(high).toBeGreaterThanOrEqual(295)
    expect(high - low).toBeLessThan(1_000)
    expect(outside).toBe(1)
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(sampled)
  })

  it('remember a bounded number of the newest values', () => {
    const samples = new ScoreSamples(['m'])
    for (let i = 0; i < 100; i++) samples.add(eventsOf({ 'm.y': ['float32', spread(512, i, i + 0.5)] }))
    const [{ low, sampled }] = samples.view([])
    expect(sampled).toBe(8_192)
    expect(low).toBeGreaterThan(75)
  })

  it('show the training sample in the same bins, with the drift of the live model', () => {
    const samples = new ScoreSamples(['m'])
    samples.add(eventsOf({ 'm.y': ['float32', spread(100, 0, 10)] }))
    const feature = {
      name: 'score.y',
      edges: Float64Array.of(20, 30),
      expected: Float64Array.of(0.25, 0.5, 0.25),
      offset: 0,
      drift: { name: 'score.y', count: 700, psi: 2.345678, ks: 0.75 },
    }
    const other = { ...feature, name: 'input.x.0' }
    const [{ low, high, counts, reference }] = samples.view([
      { step: 'other', features: [feature] },
      { step: 'm', features: [other, feature] },
    ])
    expect(low).toBeLessThanOrEqual(0.1)
    expect(high).toBeGreaterThanOrEqual(30)
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(100)
    expect(reference).toMatchObject({ count: 700, psi: 2.346, ks: 0.75 })
    expect(reference!.shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 2)
    const between = reference!.shares.filter((_, i) => {
      const middle = low + ((i + 0.5) * (high - low)) / 40
      return middle > 20 && middle < 30
    })
    expect(between.reduce((sum, share) => sum + share, 0)).toBeCloseTo(0.5, 1)
  })

  it('forget a step whose model was replaced, and no other', () => {
    const samples = new ScoreSamples(['m', 'n'])
    samples.add(eventsOf({ 'm.y': ['float32', [1]], 'n.y': ['float32', [3]] }))
    samples.forget('m')
    expect(samples.view([]).map(({ column }) => column)).toEqual(['n.y'])
  })
})
