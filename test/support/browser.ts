import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import axe, { type AxeResults } from 'axe-core'
import { type Browser, type BrowserContextOptions, chromium as driver, type Page } from 'playwright-core'
import { chromium } from './servers.js'

/** Debian's Chromium without a window. Close it. */
export const openBrowser = (): Promise<Browser> =>
  // Its sandbox needs privileges that containers and root do not have; it opens nothing but our own page.
  driver.launch({ executablePath: chromium!, args: ['--no-sandbox'] })

/** A page with everything it complains about. */
export interface Watched {
  readonly page: Page
  /** Console errors and warnings, exceptions, failed requests. */
  readonly complaints: readonly string[]
}

export async function openPage(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
): Promise<Watched> {
  const page = await browser.newPage(options)
  const complaints: string[] = []
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(`${message.type()}: ${message.text()}`)
  })
  page.on('pageerror', (error) => complaints.push(String(error)))
  page.on('response', (response) => {
    if (response.status() >= 400) complaints.push(`${response.status()} ${response.url()}`)
  })
  await page.goto(url)
  return { page, complaints }
}

/** What axe-core finds that is serious or critical, one line each. */
export async function axeIssues(page: Page): Promise<string[]> {
  await page.evaluate(axe.source)
  const { violations } = (await page.evaluate('axe.run()')) as AxeResults
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) =>
      nodes.map(({ target, failureSummary }) => `${id} ${target}: ${failureSummary}`),
    )
}

/** Keeps a picture of the whole page in the folder SPILLWAY_SCREENSHOTS, for people to look at. */
export async function picture(page: Page, name: string): Promise<void> {
  const folder = process.env['SPILLWAY_SCREENSHOTS']
  if (folder === undefined) return
  mkdirSync(folder, { recursive: true })
  await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true })
}
