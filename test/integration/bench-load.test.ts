import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Step } from '#spillway/stream/load/ramp.js'
import { writeArrow } from '../support/arrow-files.js'
import { type Bench, eventsFrom, openBench, topics } from '../support/kafka-bench.js'
import { pipelineIn, temporary } from '../support/pipelines.js'
import { spillway } from '../support/processes.js'
import { needServers } from '../support/servers.js'

const LIMIT = 120_000

describe('spillway bench load', () => {
  it('wants a pipeline from topic to topic', async () => {
    const { file } = pipelineIn(temporary(), '')
    const { code, text } = await spillway('bench', 'load', 'nothing.arrow', '--config', file).ended
    expect(code).toBe(1)
    expect(text).toContain('the pipeline does not go from topic to topic')
  })
})

describe.skipIf(!needServers('kafka'))('spillway bench load on a running group', { timeout: LIMIT }, () => {
  let bench: Bench
  let setUp: Awaited<ReturnType<Bench['setUp']>>
  let events: string
  beforeAll(async () => {
    bench = await openBench()
    setUp = await bench.setUp(2, topics)
    events = join(setUp.folder, 'events.arrow')
    await writeArrow(
      events,
      Array.from({ length: 4 }, (_, i) => eventsFrom(i * 50, 50)),
    )
    for (let process = 0; process < 2; process++) bench.start(setUp.file)
  }, LIMIT)
  afterAll(() => bench?.close(), LIMIT)

  const load = (...more: string[]) =>
    spillway('bench', 'load', events, '--config', setUp.file, '--rows', '50', '--hold', '3', ...more).ended

  it('holds each rate, measures the way to the scores, and says where the knee is', async () => {
    const json = join(setUp.folder, 'curve.json')
    const { code, text } = await load('--rates', '250,500', '--limit', '10', '--json', json)
    expect(text).toMatch(/no knee up to 500 events\/s: every rate was kept \(p99 within 10 s/)
    expect(code).toBe(0)
    const curve = JSON.parse(readFileSync(json, 'utf8')) as {
      readonly knee: number
      readonly group: string
      readonly steps: readonly Step[]
    }
    expect(curve).toMatchObject({ knee: 500, group: setUp.id })
    expect(curve.steps.map(({ rate }) => rate)).toEqual([250, 500])
    for (const { rate, sent, scored, messages, latency, lag, problem } of curve.steps) {
      expect(problem).toBeNull()
      expect(sent / rate).toBeGreaterThan(0.95)
      expect(sent / rate).toBeLessThanOrEqual(1)
      expect(Math.abs(messages - (rate * 3) / 50)).toBeLessThanOrEqual(2)
      expect(scored).toBeGreaterThan(0)
      // No sooner than it was scored and committed; on this broker within seconds.
      expect(latency.p50).toBeGreaterThan(0.001)
      expect(latency.p50).toBeLessThanOrEqual(latency.p99)
      expect(latency.p99).toBeLessThanOrEqual(latency.max)
      expect(lag).toBeLessThan(messages)
    }
  })

  it('ends with the first rate that is not kept, and fails when none is', async () => {
    const { code, text } = await load('--from', '250', '--to', '1000', '--limit', '0.0001')
    expect(code).toBe(1)
    expect(text).toMatch(/no: (?:p99 above 0.0001 s|could not be sent)/)
    expect(text).toContain('no knee: the first rate was not kept')
    expect(text).not.toMatch(/^│? ?500 /m)
  })
})
