import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { LiveState } from '#spillway/stream/live/state.js'
import { assemble, type RunningPipeline } from '#spillway/stream/run.js'
import { axeIssues, openBrowser, openPage, picture } from '../support/browser.js'
import { livePipeline, TOKEN } from '../support/live.js'
import { needServers } from '../support/servers.js'

const LIMIT = 120_000
const PHONE: BrowserContextOptions = { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true }

const numberIn = async (page: Page, tile: string): Promise<number> => {
  const text = await page.locator('.tile', { hasText: tile }).locator('dd').first().textContent()
  return Number(text!.replaceAll(',', '').replace('K', 'e3'))
}

describe.skipIf(!needServers('chromium'))('the live page in a browser', { timeout: LIMIT }, () => {
  let browser: Browser
  let running: RunningPipeline
  let run: Promise<void>
  beforeAll(async () => {
    running = await assemble(await livePipeline())
    run = running.run()
    browser = await openBrowser()
  }, LIMIT)
  afterAll(async () => {
    await browser?.close()
    await running?.stop(5_000)
    await run
    await running?.close()
  }, LIMIT)

  const opened = async (name: string, options: BrowserContextOptions = {}) => {
    const watched = await openPage(browser, `${running.url}/`, options)
    await watched.page.locator('#status', { hasText: 'live' }).waitFor()
    await watched.page.locator('#event-picture svg').waitFor()
    await watched.page.locator('#scores svg').waitFor()
    await watched.page.locator('#codes tbody tr').waitFor()
    await picture(watched.page, name)
    return watched
  }

  it.each<[string, BrowserContextOptions]>([
    ['live-light', { colorScheme: 'light' }],
    ['live-dark', { colorScheme: 'dark' }],
    ['live-phone', PHONE],
    ['live-phone-dark', { ...PHONE, colorScheme: 'dark' }],
  ])(
    'has no complaint, no serious accessibility issue and nothing beyond the edge: %s',
    async (name, options) => {
      const { page, complaints } = await opened(name, options)
      expect(await axeIssues(page)).toEqual([])
      const [content, window] = (await page.evaluate(
        '[document.documentElement.scrollWidth, innerWidth]',
      )) as number[]
      expect(content).toBeLessThanOrEqual(window)
      expect(complaints).toEqual([])
      await page.context().close()
    },
  )

  it('shows what the process says: rates, dead letters, chains, models, an event', async () => {
    const { page, complaints } = await opened('live-content')
    expect(await page.title()).toBe('test – Spillway')
    expect(await page.locator('#what').textContent()).toBe('events for the live page')
    await expect.poll(() => numberIn(page, 'Events per second'), { timeout: 10_000 }).toBeGreaterThan(100)
    expect(await page.locator('#codes').textContent()).toContain('SCORE_NOT_FINITE')
    expect(await page.locator('#letters').textContent()).toContain('input.arrow')
    expect(await page.locator('#models').textContent()).toContain('linear')
    const chains = await page.locator('#chains tbody tr').allInnerTexts()
    expect(chains.map((row) => row.split('\t')[0])).toEqual(['high', 'few'])
    expect(chains[1]).toContain('lin.y > 0')
    expect(await page.locator('#event-legend').textContent()).toMatch(/jets 2[\s\S]*met 1/)
    expect(await page.locator('#event-picture circle').count()).toBe(2)
    expect(await page.locator('#charts canvas').count()).toBe(6)
    expect(complaints).toEqual([])
    await page.context().close()
  })

  it('moves without making anything anew: no flicker, and no growth', async () => {
    const { page } = await opened('live-moving')
    await page.evaluate(
      `window.kept = [...document.querySelectorAll('.tile, canvas, #chains tr, #codes tr, .bar')]`,
    )
    const first = await page.locator('.tile', { hasText: 'Running for' }).textContent()
    const nodes = async () => Number(await page.evaluate(`document.querySelectorAll('main *').length`))
    const before = await nodes()
    await page.waitForTimeout(4_000)
    expect(await page.locator('.tile', { hasText: 'Running for' }).textContent()).not.toBe(first)
    expect(
      await page.evaluate('window.kept.length > 40 && window.kept.every((node) => node.isConnected)'),
    ).toBe(true)
    // A few more dead letters and another event, within their bounds.
    expect((await nodes()) - before).toBeLessThan(100)
    await page.context().close()
  })

  it('is reached by keyboard: skip link, choices, legends, tables', async () => {
    const { page } = await opened('live-keyboard')
    const focused = () =>
      page.evaluate('document.activeElement.textContent.trim() || document.activeElement.value')
    await page.keyboard.press('Tab')
    expect(await focused()).toBe('Skip to the figures')
    await page.keyboard.press('Enter')
    expect(await page.evaluate('document.activeElement.id')).toBe('main')
    await page.keyboard.press('Tab')
    expect(await focused()).toMatch(/^scored/)
    const legend = page.locator('#charts .legend button').first()
    await page.keyboard.press('Space')
    expect(await legend.getAttribute('aria-pressed')).toBe('false')
    await page.keyboard.press('Space')
    expect(await legend.getAttribute('aria-pressed')).toBe('true')
    const reached: string[] = []
    for (let i = 0; i < 60; i++) {
      await page.keyboard.press('Tab')
      reached.push(
        String(
          await page.evaluate(
            'document.activeElement.getAttribute("aria-label") ?? document.activeElement.id',
          ),
        ),
      )
    }
    for (const stop of ['event-hold', 'Trigger menu', 'Live models', 'Newest dead letters', 'token'])
      expect(reached).toContain(stop)
    await page.context().close()
  })

  it('takes light or dark as the reader chooses, and remembers it', async () => {
    const { page } = await opened('live-theme', { colorScheme: 'light' })
    const paper = () => page.evaluate('getComputedStyle(document.body).backgroundColor')
    const light = await paper()
    await page.getByLabel('dark').check()
    const dark = await paper()
    expect(dark).not.toBe(light)
    await page.reload()
    await page.locator('#status', { hasText: 'live' }).waitFor()
    expect(await paper()).toBe(dark)
    await page.context().close()
  })

  it('holds an event still', async () => {
    const { page } = await opened('live-hold')
    await page.getByRole('button', { name: 'Hold this event' }).click()
    const caption = await page.locator('#event-caption').textContent()
    await page.waitForTimeout(3_000)
    expect(await page.locator('#event-caption').textContent()).toBe(caption)
    await page.getByRole('button', { name: 'Hold this event' }).click()
    await expect
      .poll(() => page.locator('#event-caption').textContent(), { timeout: 15_000 })
      .not.toBe(caption)
    await page.context().close()
  })

  it('pauses and resumes with the token, and says so when it is wrong', async () => {
    const { page, complaints } = await opened('live-control')
    const answer = page.locator('#answer')
    await page.getByLabel('Token').fill('not the token at all')
    await page.getByRole('button', { name: 'Pause' }).click()
    await answer.filter({ hasText: 'the token is wrong' }).waitFor()
    await page.getByLabel('Token').fill(TOKEN)
    await page.getByRole('button', { name: 'Pause' }).click()
    await page.locator('#status', { hasText: 'paused' }).waitFor()
    await expect.poll(() => numberIn(page, 'Events per second'), { timeout: 10_000 }).toBe(0)
    await picture(page, 'live-paused')
    expect(await page.getByRole('button', { name: 'Pause' }).isDisabled()).toBe(true)
    await page.getByRole('button', { name: 'Resume' }).click()
    await page.locator('#status', { hasText: 'live' }).waitFor()
    expect(await page.locator('#notices').textContent()).toContain('operator: resumed')
    expect(await page.evaluate('JSON.stringify({ ...localStorage, ...sessionStorage })')).not.toContain(TOKEN)
    // The browser itself notes the refused request.
    expect(complaints.filter((line) => !line.includes('401'))).toEqual([])
    await page.context().close()
  })

  it('is neither read, framed nor told to act by the page of another site', async () => {
    const other = createServer((_request, response) => {
      response.setHeader('content-type', 'text/html').end('<!doctype html><title>other</title>')
    })
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
    const { page } = await openPage(browser, `http://127.0.0.1:${(other.address() as AddressInfo).port}/`)
    const asked = (path: string, init: object): Promise<unknown> =>
      page.evaluate(
        `fetch(${JSON.stringify(running.url + path)}, ${JSON.stringify(init)})
           .then(async (r) => r.type + r.status + await r.text(), () => 'refused')`,
      )
    expect(await asked('/live/state', {})).toBe('refused')
    expect(await asked('/live/events', {})).toBe('refused')
    const pause = '/live/actions/pause'
    const headers = { authorization: `Bearer ${TOKEN}` }
    expect(await asked(pause, { method: 'POST', headers })).toBe('refused')
    // A form or beacon is sent without our leave; it brings no token, and gets no answer that it may see.
    expect(await asked(pause, { method: 'POST', mode: 'no-cors', body: '{}' })).toBe('refused')
    await page.evaluate(`new Promise((done) => {
      const frame = document.createElement('iframe')
      frame.onload = done
      frame.src = ${JSON.stringify(`${running.url}/`)}
      document.body.append(frame)
    })`)
    expect(await page.frames()[1].locator('#status').count()).toBe(0)
    const { now } = (await (await fetch(`${running.url}/live/state`)).json()) as LiveState
    expect(now.paused).toBe(false)
    await page.context().close()
    await new Promise((resolve) => other.close(resolve))
  })
})

describe.skipIf(!needServers('chromium'))('a page whose process goes away', { timeout: LIMIT }, () => {
  it('says so, and goes on with the next process at that address', async () => {
    const browser = await openBrowser()
    const pipeline = await livePipeline({ http: '{}' })
    const first = await assemble(pipeline)
    const firstRun = first.run()
    const { page } = await openPage(browser, `${first.url}/`)
    await page.locator('#status', { hasText: 'live' }).waitFor()
    await first.stop(1_000)
    await firstRun
    await first.close()
    await page.locator('#status', { hasText: 'no connection' }).waitFor()
    await picture(page, 'live-gone')
    const port = Number(new URL(first.url!).port)
    const second = await assemble({
      ...pipeline,
      config: { ...pipeline.config, http: { ...pipeline.config.http!, port } },
    })
    const secondRun = second.run()
    await page.locator('#status', { hasText: 'live' }).waitFor()
    expect(await page.locator('#charts figure').count()).toBe(6)
    // Listeners of the page before are gone: one press is one turn.
    const hold = page.getByRole('button', { name: 'Hold this event' })
    await hold.click()
    expect(await hold.getAttribute('aria-pressed')).toBe('true')
    await page.locator('#event-legend button', { hasText: 'jets' }).click()
    expect(await page.locator('#event-picture circle').count()).toBe(0)
    await browser.close()
    await second.stop(1_000)
    await secondRun
    await second.close()
  })
})
