import { describe, expect, it } from 'vitest'
import { SpillwayError } from '#spillway/errors.js'
import type { Facts } from '#spillway/stream/live/facts.js'
import { LiveRecorder } from '#spillway/stream/live/recorder.js'
import { eventsFrom } from '../../support/kafka-bench.js'
import { messageOf, streamOf } from '../../support/messages.js'
import { pipelineIn, temporary } from '../../support/pipelines.js'

const lane = { topic: 'in', partition: 0 }

describe('what the live page remembers', () => {
  it('does not grow, however long it runs and whatever it hears', () => {
    const { config } = pipelineIn(
      temporary(),
      `steps: [{ name: lin, model: lin }, { select: { chains: { high: { when: lin.y > 1 } } } }]`,
    )
    const recorder = new LiveRecorder(config)
    const facts: Facts = {
      workers: 1,
      models: [],
      lag: [{ id: lane, messages: 3 }],
      paused: false,
      problem: null,
      stalled: 0,
      group: null,
      serving: { references: [], trials: [], history: [] },
    }
    const values = streamOf({ 'lin.y': ['float32', Array.from({ length: 512 }, (_, i) => i)] })
    const commit = (i: number, scores: Uint8Array | null): void => {
      const bad = { code: 'EVENT_FAILED' as const, message: `${i} ${'x'.repeat(200)}`, row: 0, value: null }
      const outcome = {
        rows: scores === null ? 0 : 5,
        scores,
        accepted: null,
        acceptedRows: 1,
        chains: { high: 1 },
        decisions: [],
      }
      recorder.events.committed!(
        lane,
        [
          { message: messageOf(eventsFrom(i), i), outcome: { ...outcome, rejects: [] } },
          {
            message: messageOf(eventsFrom(i), i),
            outcome: { ...outcome, rejects: [{ ...bad, place: `in/0/${i}` }] },
          },
        ],
        0.001,
      )
      recorder.events.aborted!(lane, new SpillwayError('LANE_FENCED', `fenced ${i}`))
      recorder.events.workerReplaced!('crash', true)
      recorder.notice(`notice ${i}`)
    }
    const sizes: number[] = []
    for (let second = 0; second < 3_000; second++) {
      // Scores only at the end: sorting them every second takes most of the time.
      if (second % 25 === 0) commit(second, second < 2_500 ? null : values)
      recorder.tick(facts)
      if (second === 2_900 || second === 2_999) sizes.push(JSON.stringify(recorder.view.now).length)
    }
    const { recent, day, now } = recorder.view
    expect(recent.times).toHaveLength(600)
    expect(day.times).toHaveLength(50)
    expect(now.letters.recent).toHaveLength(50)
    expect(now.notices).toHaveLength(50)
    expect(now.letters.byCode).toEqual([{ code: 'EVENT_FAILED', count: 120 }])
    expect(now.scores).toMatchObject([{ column: 'lin.y', sampled: 8_192 }])
    expect(now.totals.events).toBe(200)
    expect(Math.abs(sizes[1] - sizes[0])).toBeLessThan(0.05 * sizes[0])
    expect(sizes[1]).toBeLessThan(100_000)
  })
})
