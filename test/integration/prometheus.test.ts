import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { loadPipeline } from '#spillway/stream/config/load.js'
import type { LiveState } from '#spillway/stream/live/state.js'
import { assemble, type RunningPipeline } from '#spillway/stream/run.js'
import { dashboardFiles } from '../../scripts/grafana/json.mjs'
import { writeArrow } from '../support/arrow-files.js'
import { columnsText, writeBundle } from '../support/bundles.js'
import { followedPipeline } from '../support/followed.js'
import { until } from '../support/kafka.js'
import { type Bench, eventsFrom, openBench, ROWS, topics } from '../support/kafka-bench.js'
import { liveEvents, livePipeline, TOKEN } from '../support/live.js'
import { linear } from '../support/onnx.js'
import { pipelineIn, root, temporary } from '../support/pipelines.js'
import { startPrometheus } from '../support/prometheus.js'
import { needServers } from '../support/servers.js'
import { filesUnder, textOf } from '../support/sources.js'
import { checked } from '../support/topics.js'

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

/** Coarser than elsewhere: what is timed in scrapes must not be about a busy machine. */
const SCRAPE_MS = 1_000

/**
 * Injects a dead letter. From the moment that the page shows it, a query of the dashboard and the alert show it within
 * 2.5 scrape intervals: one until it is scraped, one until the rules are looked at, and half for the queries.
 */
async function expectSeen(
  scorer: RunningPipeline,
  prometheus: Awaited<ReturnType<typeof startPrometheus>>,
  inject: () => Promise<void>,
): Promise<void> {
  const letters = 'spillway_dead_letters_total{code="MESSAGE_UNDECODABLE"}'
  await until(async () => (await prometheus.query(`${letters} == 0`)).length === 1, 'the counter at 0')
  // The rate needs two scrapes.
  await new Promise((resolve) => setTimeout(resolve, 2 * SCRAPE_MS))
  await inject()
  const page = async () =>
    ((await (await fetch(`${scorer.url}/live/state`)).json()) as LiveState).now.letters.byCode.length > 0
  await until(page, 'the page')
  const shown = performance.now()
  const dashboard = queriesOfDashboards().find(({ panel }) => panel === 'Dead letters per second, by reason')!
  const rate = `${asked(dashboard.expr)} > 0`
  await until(async () => (await prometheus.query(rate)).length > 0, 'the dashboard')
  const onDashboard = performance.now() - shown
  const alert = 'ALERTS{alertname="SpillwayDeadLetters",alertstate="firing"}'
  await until(async () => (await prometheus.query(alert)).length > 0, 'the alert')
  const alerted = performance.now() - shown
  expect(onDashboard).toBeLessThan(2.5 * SCRAPE_MS)
  expect(alerted).toBeLessThan(2.5 * SCRAPE_MS)
}

interface Panel {
  readonly title: string
  readonly targets: readonly { readonly expr: string }[]
}

const queriesOfDashboards = () =>
  filesUnder('deploy/grafana/dashboards', '.json').flatMap((path) => {
    const { title, panels } = JSON.parse(textOf(path)) as {
      readonly title: string
      readonly panels: readonly Panel[]
    }
    return panels.flatMap(({ title: panel, targets }) =>
      targets.map(({ expr }) => ({ dashboard: title, panel, expr })),
    )
  })

/** As a dashboard asks, of all pipelines and processes; without what hides counters that stand at 0. */
const asked = (expr: string): string =>
  expr
    .replaceAll('"$pipeline"', '".*"')
    .replaceAll('"$instance"', '".*"')
    .replaceAll('$__rate_interval', '3s')
    .replace(/ > 0$/, '')

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
    const query = asked(expr)
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

describe.skipIf(!needServers('prometheus', 'kafka'))(
  'Prometheus and a consumer group',
  { timeout: 2 * LIMIT },
  () => {
    let bench: Bench
    beforeAll(async () => {
      bench = await openBench()
    }, LIMIT)
    afterAll(() => bench?.close(), LIMIT)

    it('sees the lag of a scorer that takes nothing, and that it catches up', async () => {
      const { id, input, file } = await bench.setUp(1, topics)
      const scorer = await assemble(loadPipeline(file, [`http.token=${TOKEN}`]))
      const run = scorer.run()
      const prometheus = await startPrometheus([new URL(scorer.url!).host], SCRAPE_MS)
      const act = (name: string) =>
        fetch(`${scorer.url}/live/actions/${name}`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', authorization: `Bearer ${TOKEN}` },
          body: '{}',
        })
      const lag = async () =>
        /^spillway_lag_messages\{.*\} (\d+)$/m.exec(await scorer.metrics.registry.metrics())?.[1]
      const firing = async () =>
        (await prometheus.query('ALERTS{alertstate="firing"}')).map(({ alertname }) => alertname)
      let first = 0
      const send = async (count: number) => {
        const records = Array.from({ length: count }, (_, i) =>
          checked(input, 0, eventsFrom(ROWS * (first + i))),
        )
        first += count
        await bench.produce(records)
      }
      await send(20)
      await until(async () => (await lag()) === '0', 'an end of the first messages')
      await expectSeen(scorer, prometheus, () =>
        bench.produce([checked(input, 0, Buffer.from('no Arrow stream'))]),
      )
      await act('pause')
      for (
        const end = Date.now() + 60_000;
        Date.now() < end && !(await firing()).includes('SpillwayLagGrows');
      )
        await send(40)
      expect(await prometheus.fired()).toContain(`${id}: SpillwayLagGrows`)
      // A pause is no stall.
      expect(await prometheus.fired()).not.toContain(`${id}: SpillwayNoProgress`)
      await act('resume')
      await until(async () => (await lag()) === '0', 'no lag')
      await until(async () => !(await firing()).includes('SpillwayLagGrows'), 'no alert')
      await prometheus.stop()
      await scorer.stop(5_000)
      await run
      await scorer.close()
    })
  },
)
