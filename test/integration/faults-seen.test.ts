import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { LiveState } from '#spillway/stream/live/state.js'
import type { TroubleName } from '#spillway/stream/live/troubles.js'
import type { RunningPipeline } from '#spillway/stream/run.js'
import { freePorts } from '../../scripts/servers/process.mjs'
import { axeIssues, openBrowser, openPage, picture, type Watched } from '../support/browser.js'
import { asked, queriesOfDashboards } from '../support/dashboards.js'
import { faultedPipeline, TOKEN } from '../support/faulted.js'
import { until } from '../support/kafka.js'
import { type Bench, openBench } from '../support/kafka-bench.js'
import { startPrometheus } from '../support/prometheus.js'
import { needServers } from '../support/servers.js'

const LIMIT = 120_000
/** Everything below is in seconds. As shipped it is 15, and a minute of a rule is four of them here as there. */
const SCRAPE = 1
const MINUTE = 4 * SCRAPE
/** What a loaded machine may take for what takes no time: two processes of Java and Go, a browser and this test share it. */
const LOADED = 4
/** `SpillwayNoProgress` asks for two minutes without a commit; the scorer is told the same. */
const STALLED = 2 * MINUTE

/** How one fault is seen. */
interface Seen {
  /** On the page. */
  readonly what: TroubleName
  /** On a dashboard: a panel whose value rises above this. */
  readonly panel: string
  readonly above: number
  /** An alert; with `for:` in its rule, a pending one counts. */
  readonly alert: string
  readonly waits: boolean
  /** How long the fault must last, or the scorer takes, before the scorer itself knows; on the page it may be more. */
  readonly known: number
  readonly knownOnPage?: number
}

const FAULTS = {
  // From when the process runs: it had loaded its model before. The browser opens the page first.
  fallback: {
    what: 'provider-fell-back',
    panel: 'Providers passed over',
    above: 0,
    alert: 'SpillwayProviderFellBack',
    waits: false,
    known: 0,
    knownOnPage: 3,
  },
  letters: {
    what: 'dead-letters',
    panel: 'Dead letters per second, by reason',
    above: 0,
    alert: 'SpillwayDeadLetters',
    waits: false,
    known: 1,
  },
  // It looks twice a second, and tries the model in a process of its own, which must start.
  refused: {
    what: 'model-refused',
    panel: 'Versions refused in an hour, by reason',
    above: 0,
    alert: 'SpillwayModelRefused',
    waits: false,
    known: 8,
  },
  // A quarter of the window of 4 s, counted once a second.
  drift: {
    what: 'drift',
    panel: 'Population stability index',
    above: 0.25,
    alert: 'SpillwayDrift',
    waits: true,
    known: 2,
  },
  // Where partitions end is asked for every 2 s; on the page, 5 s of growth make it a fault.
  lag: {
    what: 'falls-behind',
    panel: 'Consumer lag',
    above: 100,
    alert: 'SpillwayLagGrows',
    waits: true,
    known: 3,
    knownOnPage: 8,
  },
  stall: {
    what: 'no-progress',
    panel: 'Since the last commit',
    above: STALLED,
    alert: 'SpillwayNoProgress',
    waits: true,
    known: STALLED,
  },
} as const satisfies Readonly<Record<string, Seen>>

describe.skipIf(!needServers('prometheus', 'kafka', 'chromium'))(
  'an injected fault is seen on page, dashboard and alert within two scrape intervals',
  { timeout: LIMIT },
  () => {
    let bench: Bench
    let browser: Browser
    let prometheus: Awaited<ReturnType<typeof startPrometheus>>
    let pipeline: Awaited<ReturnType<typeof faultedPipeline>>
    let scorer: RunningPipeline | undefined
    let run: Promise<void> | undefined
    let drawn: Watched | undefined
    let url: string

    beforeAll(async () => {
      const [port] = await freePorts(1)
      url = `http://127.0.0.1:${port}`
      ;[bench, browser, prometheus] = await Promise.all([
        openBench(),
        openBrowser(),
        startPrometheus([`127.0.0.1:${port}`], 1e3 * SCRAPE),
      ])
      pipeline = await faultedPipeline(bench, port, STALLED)
    }, LIMIT)
    afterAll(async () => {
      await browser?.close()
      await pipeline?.stop()
      await scorer?.stop(0)
      await run
      await scorer?.close()
      await prometheus?.stop()
      await bench?.close()
    }, LIMIT)

    const now = async () => ((await (await fetch(`${url}/live/state`)).json()) as LiveState).now
    const onPage = async (what: TroubleName): Promise<boolean> =>
      (await now()).problems.some((problem) => problem.what === what)
    const drawnOnPage = async (what: TroubleName): Promise<boolean> =>
      ((await drawn?.page.locator(`#problems li[data-what="${what}"]`).count()) ?? 0) > 0
    const onDashboard = async ({ panel, above }: Seen): Promise<boolean> => {
      const { expr } = queriesOfDashboards().find((one) => one.panel === panel)!
      const query = `(${asked(expr, `${MINUTE}s`, pipeline.id)}) > ${above}`
      return (await prometheus.query(query)).length > 0
    }
    const alerted = async ({ alert, waits }: Seen): Promise<boolean> => {
      const state = waits ? '' : ',alertstate="firing"'
      const query = `ALERTS{alertname="${alert}",pipeline="${pipeline.id}"${state}}`
      return (await prometheus.query(query)).length > 0
    }
    const act = (name: string) =>
      fetch(`${url}/live/actions/${name}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${TOKEN}` },
        body: '{}',
      })

    /** Injects a fault that is not to be seen before, and says after how many seconds it is. */
    async function expectSeen(fault: Seen, inject: () => unknown, isNew = true): Promise<void> {
      const { what, known, knownOnPage = known } = fault
      if (isNew) {
        expect([await onPage(what), await drawnOnPage(what)]).toEqual([false, false])
        expect([await onDashboard(fault), await alerted(fault)]).toEqual([false, false])
      }
      const start = performance.now()
      await inject()
      const seen = async (where: string, check: () => Promise<boolean>): Promise<number> => {
        await until(check, `${what}: ${where}`, 60_000)
        return (performance.now() - start) / 1e3
      }
      const [page, browsed, dashboard, alert] = await Promise.all([
        seen('the state of the page', () => onPage(what)),
        seen('the page in a browser', () => drawnOnPage(what)),
        seen('the dashboard', () => onDashboard(fault)),
        seen('the alert', () => alerted(fault)),
      ])
      const times = { page, browsed, dashboard, alert }
      const text = Object.entries(times).map(([where, seconds]) => `${where} ${seconds.toFixed(1)} s`)
      console.info(`${what}: ${text.join(', ')}; a scrape every ${SCRAPE} s`)
      for (const onIt of [page, browsed]) expect(onIt).toBeLessThan(knownOnPage + 2 * SCRAPE + LOADED)
      for (const measured of [dashboard, alert]) expect(measured).toBeLessThan(known + 2 * SCRAPE + LOADED)
    }

    it('a provider that fell back', async () => {
      const opened = await pipeline.start()
      scorer = opened
      const begin = () => {
        run = opened.run()
        // Looked at as soon as it is there.
        void openPage(browser, url).then((page) => {
          drawn = page
        })
      }
      await expectSeen(FAULTS.fallback, begin, false)
      // Once it runs, nothing else is wrong.
      await until(async () => (await now()).totals.events > 0, 'the first events', 60_000)
      await until(async () => (await now()).problems.length === 1, 'all else to be well')
      expect((await now()).problems).toMatchObject([{ what: 'provider-fell-back', grave: false }])
      // Counters are known at 0: an increase needs two values.
      await until(async () => onDashboardAtAll(FAULTS.letters), 'two scrapes')
    })

    const onDashboardAtAll = (fault: Seen): Promise<boolean> => onDashboard({ ...fault, above: -1 })

    it('a dead letter', () => expectSeen(FAULTS.letters, () => pipeline.spoil()))

    it('a model that is refused', () => expectSeen(FAULTS.refused, () => pipeline.publishWrong()))

    it('drift', async () => {
      // Enough values for a PSI, which is small.
      await until(() => onDashboardAtAll(FAULTS.drift), 'a PSI')
      await expectSeen(FAULTS.drift, () => pipeline.shift())
    })

    it('lag that grows; a pause is no stall, and what is over is not shown', async () => {
      // The rule compares with five minutes ago: the scorer has been known for so long.
      const before = `spillway:lag_messages:sum{pipeline="${pipeline.id}"} offset ${5 * MINUTE}s`
      await until(async () => (await prometheus.query(before)).length > 0, 'five minutes', 60_000)
      await act('pause')
      await until(() => onPage('paused'), 'the pause')
      await expectSeen(FAULTS.lag, () => pipeline.send(400))
      const firing = 'ALERTS{alertname="SpillwayLagGrows",alertstate="firing"}'
      await until(async () => (await prometheus.query(firing)).length > 0, 'the alert to fire', 60_000)
      expect((await prometheus.fired()).join()).not.toContain('SpillwayNoProgress')
      await act('resume')
      const over = async () => !(await onPage('falls-behind')) && !(await drawnOnPage('falls-behind'))
      await until(over, 'a page without lag', 60_000)
      await until(async () => !(await alerted(FAULTS.lag)), 'no alert', 60_000)
    })

    it('no progress, as something grave', async () => {
      await expectSeen(FAULTS.stall, () => pipeline.hang())
      expect((await now()).problems[0]).toMatchObject({ what: 'no-progress', grave: true })
    })

    it('the page says all of it in words, to everybody', async () => {
      const { page, complaints } = drawn!
      // What stays: the others come and go with the last seconds.
      const staying: readonly TroubleName[] = ['provider-fell-back', 'dead-letters', 'model-refused']
      const problems = (await now()).problems.filter(({ what }) => staying.includes(what))
      expect(problems).toHaveLength(3)
      for (const { text, action } of problems) {
        const item = page.locator('#problems li', { hasText: text.slice(0, 25) })
        expect(await item.first().textContent()).toContain(action)
      }
      expect(await page.locator('#problems-summary').textContent()).toMatch(/^\d things/)
      await picture(page, 'live-problems')
      expect(await axeIssues(page)).toEqual([])
      await page.emulateMedia({ colorScheme: 'dark' })
      await page.locator('html[data-theme="dark"]').waitFor()
      expect(await axeIssues(page)).toEqual([])
      expect(complaints).toEqual([])
    })
  },
)
