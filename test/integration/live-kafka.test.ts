import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { LiveState } from '#spillway/stream/live/state.js'
import { startNats } from '../../scripts/servers/nats.mjs'
import { axeIssues, openBrowser, openPage, picture } from '../support/browser.js'
import { until } from '../support/kafka.js'
import { type Bench, openBench } from '../support/kafka-bench.js'
import { liveKafka, TOKEN } from '../support/live-kafka.js'
import { needServers } from '../support/servers.js'
import { follow } from '../support/topics.js'

const LIMIT = 180_000
const PHONE: BrowserContextOptions = { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true }

describe.skipIf(!needServers('kafka', 'nats', 'chromium'))(
  'the live page of two processes on Kafka, in a browser',
  { timeout: LIMIT },
  () => {
    let bench: Bench
    let nats: Awaited<ReturnType<typeof startNats>>
    let browser: Browser
    let live: Awaited<ReturnType<typeof liveKafka>>
    beforeAll(async () => {
      ;[bench, nats, browser] = await Promise.all([openBench(), startNats(), openBrowser()])
      live = await liveKafka(bench, nats.url)
      const now = async (url = live.urls[0]) =>
        ((await (await fetch(`${url}/live/state`)).json()) as LiveState).now
      // What is spoiled before the group has settled may all be the other one's.
      for (const url of live.urls)
        await until(async () => (await now(url)).lanes.length === 2, `two partitions at ${url}`, 60_000)
      await live.spoil(3)
      await live.publishNext()
      await until(async () => (await now()).group?.processes.length === 2, 'both processes')
      await until(async () => (await now()).trials.length === 1, 'the trial')
      await until(async () => ((await now()).scores[0]?.reference?.count ?? 0) > 500, 'values for a PSI')
    }, LIMIT)
    afterAll(async () => {
      await browser?.close()
      await live?.stop()
      await bench?.close()
      await nats?.stop()
    }, LIMIT)

    const opened = async (options: BrowserContextOptions = {}) => {
      const watched = await openPage(browser, `${live.urls[0]}/`, options)
      const { page } = watched
      await page.locator('#status', { hasText: 'live' }).waitFor()
      for (const made of ['#event-picture svg', '#scores .reference', '#processes td'])
        await page.locator(made).first().waitFor()
      return watched
    }

    it.each<[string, BrowserContextOptions]>([
      ['kafka', {}],
      ['kafka-phone', PHONE],
    ])(
      'has no complaint, no serious accessibility issue, nothing beyond the edge, light and dark: %s',
      async (name, options) => {
        const { page, complaints } = await opened(options)
        for (const colorScheme of ['light', 'dark'] as const) {
          await page.emulateMedia({ colorScheme })
          await page.locator(`html[data-theme="${colorScheme}"]`).waitFor()
          expect(await axeIssues(page)).toEqual([])
          await picture(page, `${name}-${colorScheme}`)
        }
        const [content, width] = (await page.evaluate(
          '[document.documentElement.scrollWidth, innerWidth]',
        )) as number[]
        expect(content).toBeLessThanOrEqual(width)
        const ids = (await page.evaluate(
          '[...document.querySelectorAll("[id]")].map(({ id }) => id)',
        )) as string[]
        expect(ids.filter((id, i) => ids.indexOf(id) < i)).toEqual([])
        expect(complaints).toEqual([])
        await page.context().close()
      },
    )

    const rows = (page: Page, table: string): Promise<string[]> =>
      page.locator(`${table} tbody tr`).allInnerTexts()
    const answer = (page: Page, text: string | RegExp): Promise<void> =>
      page.locator('#answer').filter({ hasText: text }).waitFor()

    it('shows both processes with their sums, scores beside the training sample, and the trial', async () => {
      const { page } = await opened()
      await page.locator('#trials td').first().waitFor()
      const processes = await rows(page, '#processes')
      expect(processes).toHaveLength(3)
      expect(processes[0]).toContain('(this one)')
      expect(processes[0]).toContain('tag v1')
      expect(processes[2]).toMatch(/^all together\t2 of 2 well\t/)
      expect(processes[2].split('\t')[4]).toBe('4')
      expect(await page.locator('#group-summary').textContent()).toBe('2 processes are heard.')
      expect(await page.locator('#scores figcaption').textContent()).toMatch(/ values.*; PSI 0\.0\d+$/)
      const [trial] = await rows(page, '#trials')
      expect(trial).toMatch(/^tag\tv2, shadow\tv1\t[\d,]+ of 1,000,000,000 events\t0\ty: 0\.1\d+\t/)
      expect(await page.locator('#changes').textContent()).toContain('v2 is on trial as shadow')
      expect(await rows(page, '#codes')).toEqual([expect.stringMatching(/^MESSAGE_UNDECODABLE\t[1-3]$/)])
      await page.context().close()
    })

    it('replays, promotes and rolls back, each after saying what would be done; by keyboard', async () => {
      const dead = await follow(bench.client, live.dead)
      await dead.atLeast(3)
      const { page, complaints } = await opened()
      await page.getByLabel('Token').fill(TOKEN)
      expect(await page.getByRole('button', { name: 'Replay' }).isDisabled()).toBe(true)
      await page.locator('#code').selectOption('MESSAGE_UNDECODABLE')
      await page.getByRole('button', { name: 'Count' }).focus()
      await page.keyboard.press('Enter')
      await answer(page, `3 dead letters with MESSAGE_UNDECODABLE would go to topic ${live.input}`)
      expect(dead.messages()).toHaveLength(3)
      await page.keyboard.press('Tab')
      await page.keyboard.press('Enter')
      await answer(page, `3 dead letters with MESSAGE_UNDECODABLE went to topic ${live.input}`)
      // They cannot be read this time either.
      await dead.atLeast(6)
      expect(await page.getByRole('button', { name: 'Replay' }).isDisabled()).toBe(true)

      await page.getByRole('button', { name: 'Check' }).click()
      await answer(page, 'step tag: v2, a shadow, would go live in place of v1')
      await page.getByRole('button', { name: 'Do it' }).click()
      await answer(page, 'step tag: v2, a shadow, is live in place of v1')
      await page.locator('#group-summary', { hasText: 'Versions differ: tag v1, v2.' }).waitFor()
      await page.locator('#trials', { hasText: 'Nothing is on trial.' }).waitFor()
      await picture(page, 'kafka-promoted')

      await page.locator('#operation').selectOption('rollback')
      await page.getByRole('button', { name: 'Check' }).click()
      await answer(page, 'step tag: v2 would be taken back for v1 here')
      // Another choice is not what was checked.
      await page.getByLabel('and publish it').check()
      expect(await page.getByRole('button', { name: 'Do it' }).isDisabled()).toBe(true)
      await page.getByLabel('and publish it').uncheck()
      await page.getByRole('button', { name: 'Check' }).click()
      await page.locator('#operate-go:enabled').click()
      await answer(page, 'step tag: v2 is taken back for v1 here')
      await page.locator('#group-summary', { hasText: /^2 processes are heard\.$/ }).waitFor()
      await page.locator('#changes', { hasText: 'v2 is taken back (operator)' }).waitFor()
      expect(complaints).toEqual([])
      await dead.stop()
      await page.context().close()
    })

    it('asks every process of the group, and shows what each says', async () => {
      const { page, complaints } = await opened()
      await page.getByLabel('Token').fill(TOKEN)
      await page.getByLabel('in every process of the group').check()
      await page.getByRole('button', { name: 'Pause' }).click()
      await page.locator('#answer', { hasText: /^2 of 2 processes\. Here: paused.* paused/ }).waitFor()
      const health = page.locator('#processes tbody tr td:nth-child(2)')
      await expect
        .poll(() => health.allTextContents(), { timeout: 10_000 })
        .toEqual(['paused', 'paused', '2 of 2 well'])
      await page.locator('#problems li[data-what="paused"]').waitFor()
      await picture(page, 'kafka-group-paused')
      await page.getByRole('button', { name: 'Resume' }).click()
      await page.locator('#answer', { hasText: /^2 of 2 processes\. Here: resumed/ }).waitFor()
      await expect
        .poll(() => health.allTextContents(), { timeout: 10_000 })
        .toEqual(['live', 'live', '2 of 2 well'])
      expect(complaints).toEqual([])
      await page.context().close()
    })

    it('shows a process that was killed as silent, and counts it no more', async () => {
      const { page } = await opened()
      live.children[1].kill('SIGKILL')
      await page.locator('#processes', { hasText: /silent for \d+ s/ }).waitFor()
      await page.locator('#processes', { hasText: '1 of 1 well' }).waitFor()
      await picture(page, 'kafka-silent')
      await page.context().close()
    })
  },
)
