import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { LiveState } from '#spillway/stream/live/state.js'
import { assemble, type RunningPipeline } from '#spillway/stream/run.js'
import { dashboardFiles } from '../../scripts/grafana/json.mjs'
import { writeArrow } from '../support/arrow-files.js'
import { columnsText, writeBundle } from '../support/bundles.js'
import { asked, queriesOfDashboards } from '../support/dashboards.js'
import { followedPipeline } from '../support/followed.js'
import { until } from '../support/kafka.js'
import { liveEvents, livePipeline } from '../support/live.js'
import { linear } from '../support/onnx.js'
import { pipelineIn, root, temporary } from '../support/pipelines.js'
import { startPrometheus } from '../support/prometheus.js'
import { needServers } from '../support/servers.js'
import { filesUnder, textOf } from '../support/sources.js'

const LIMIT = 120_000
const MISBEHAVING = new URL('../support/workers/misbehave.mjs', import.meta.url)

/** A pipeline on files whose worker does `how` with the message at `index`. */
async function faulty(name: string, how: string, index: number) {
  const folder = temporary()
  writeBundle(join(folder, 'lin'), linear([2, 1]), columnsText(['a', 'b']), 'linear')
  const input = join(folder, 'input.arrow')
  await writeArrow(
    input,
    Array.from({ length: 200 }, (_, i) => liveEvents(i)),
  )
  const pipeline = pipelineIn(
    folder,
    `name: ${name}
description: ${how}=${input}/0/${index}
steps: [{ name: lin, model: lin }]
limits: { in_flight_bytes: 8000 }
workers: { count: 1, batch_s: 1000 }
http: { stalled_s: 2 }`,
  )
  return assemble(pipeline, {}, undefined, MISBEHAVING)
}

describe('the shipped dashboards', () => {
  it('are what scripts/grafana/write.mjs writes', () => {
    const made = dashboardFiles().map(
      ({ name, text }) => [`deploy/grafana/dashboards/${name}`, text] as const,
    )
    expect(filesUnder('deploy/grafana/dashboards', '.json')).toEqual(made.map(([path]) => path).sort())
    for (const [path, text] of made) expect(textOf(path), path).toBe(text)
  })

  it('name every metric of docs/metrics.md', () => {
    const shown = filesUnder('deploy/grafana/dashboards', '.json').map(textOf).join()
    const metrics = [...textOf('docs/metrics.md').matchAll(/^\| `(spillway_\w+)`/gm)].map(([, name]) => name)
    expect(metrics.filter((name) => !shown.includes(name))).toEqual([])
  })
})

describe.skipIf(!needServers('promtool'))('the shipped rules', () => {
  it('pass their unit tests', () => {
    const tests = join(root, 'deploy/prometheus/tests.yaml')
    expect(String(execFileSync('promtool', ['test', 'rules', tests], { stdio: 'pipe' }))).toContain('SUCCESS')
  })

  it('are a valid configuration', () => {
    const config = join(root, 'deploy/prometheus/prometheus.yaml')
    expect(String(execFileSync('promtool', ['check', 'config', config], { stdio: 'pipe' }))).toContain(
      'SUCCESS',
    )
  })
})

describe.skipIf(!needServers('prometheus'))('Prometheus beside scorers', { timeout: LIMIT }, () => {
  const scorers: RunningPipeline[] = []
  const runs: Promise<unknown>[] = []
  let prometheus: Awaited<ReturnType<typeof startPrometheus>>

  beforeAll(async () => {
    const followed = await followedPipeline('models')
    const live = [
      { name: 'healthy', bad: false },
      { name: 'letters' },
      { name: 'fallback', bad: false, provider: 'auto' },
    ] as const
    const started = [
      ...live.map(async (setup) => assemble(await livePipeline(setup))),
      faulty('stuck', 'hang', 40),
      faulty('crashing', 'exit', 40),
      assemble(followed.pipeline),
    ]
    scorers.push(...(await Promise.all(started)))
    const targets = scorers.map(({ url }) => new URL(url!).host)
    prometheus = await startPrometheus([...targets, '127.0.0.1:1'])
    // Everything is seen at 0 before anything happens: an increase needs two values.
    const seen = async () =>
      (await prometheus.query('spillway_workers_replaced_total{reason="crash"}')).length
    await until(async () => (await seen()) === scorers.length, 'the first values', 60_000)
    for (const scorer of scorers) runs.push(scorer.run())
    const refusals = 'spillway_model_refused_total{pipeline="models",code="PROBE_FAILED"}'
    await until(async () => (await prometheus.query(refusals)).length > 0, 'the first value', 60_000)
    await followed.publishWrong()
    await until(async () => (await prometheus.query(`${refusals} == 1`)).length > 0, 'the refusal', 60_000)
    await followed.publishRight()
  }, LIMIT)
  afterAll(async () => {
    await prometheus?.stop()
    await Promise.all(scorers.map((scorer) => scorer.stop(0)))
    await Promise.all(runs)
    await Promise.all(scorers.map((scorer) => scorer.close()))
  }, LIMIT)

  it('raises the alert of each fault, and no other', async () => {
    const expected = [
      '?: SpillwayDown',
      // The message that crashes its worker twice is put aside.
      'crashing: SpillwayDeadLetters',
      'crashing: SpillwayWorkersReplaced',
      'fallback: SpillwayProviderFellBack',
      'letters: SpillwayDeadLetters',
      'models: SpillwayDrift',
      'models: SpillwayModelRefused',
      'stuck: SpillwayNoProgress',
    ]
    // A new worker takes seconds to start, and here they stand for minutes: that one may fire too.
    const fired = async () =>
      (await prometheus.fired()).filter((alert) => alert !== 'crashing: SpillwayNoProgress')
    for (const end = Date.now() + 60_000; Date.now() < end && (await fired()).length < expected.length; )
      await new Promise((resolve) => setTimeout(resolve, 250))
    // Time for one that should not come.
    await new Promise((resolve) => setTimeout(resolve, 5_000))
    expect(await fired()).toEqual(expected)
  })

  it('finds each fault on the page of its scorer, too', async () => {
    const page = async (index: number) =>
      ((await (await fetch(`${scorers[index].url}/live/state`)).json()) as LiveState).now
    const [letters, fallback, stuck, crashing] = await Promise.all([1, 2, 3, 4].map(page))
    expect(letters.letters.byCode.map(({ code }) => code)).toEqual(['SCORE_NOT_FINITE'])
    expect(fallback.models[0].fallbacks.length).toBeGreaterThan(0)
    expect(stuck.problem).toMatch(/work waits and nothing was committed for \d+ s/)
    expect((await fetch(`${scorers[3].url}/healthz/ready`)).status).toBe(503)
    expect(crashing.notices.map(({ text }) => text)).toContain('a worker was replaced: crash')
    expect(crashing.letters.byCode.map(({ code }) => code)).toEqual(['MESSAGE_CRASHES'])
  })

  it.each(queriesOfDashboards())('has what dashboard $dashboard shows as "$panel"', async ({ expr }) => {
    // Faults need not be there now: their counters are, at 0.
    const query = asked(expr, '3s')
    await until(async () => (await prometheus.query(query)).length > 0, query, 10_000)
  })

  it('records what dashboards show', async () => {
    for (const record of [
      'spillway:events:rate1m',
      'spillway:accepted:ratio5m',
      'spillway:latency_seconds:p99_5m',
    ])
      expect((await prometheus.query(record)).map(({ pipeline }) => pipeline)).toContain('healthy')
  })
})
