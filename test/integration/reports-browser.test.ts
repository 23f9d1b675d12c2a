import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Browser, BrowserContextOptions } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { optimizationReport } from '#spillway/report/optimization-report.js'
import { reportHtml } from '#spillway/report/report.js'
import { axeIssues, openBrowser, openPage, picture } from '../support/browser.js'
import { repository, spillway, temporaryFolder } from '../support/cli.js'
import { needServers } from '../support/servers.js'

const LIMIT = 120_000
const PHONE: BrowserContextOptions = { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true }

type Optimization = Parameters<typeof optimizationReport>[1]

const trial = (i: number) => ({
  value: 0.3 - 0.01 * i,
  loss: 0.3 - 0.01 * i,
  train: 0.29 - 0.01 * i,
  accepted: i !== 3,
  bracket: Math.floor(i / 4),
  epochs: 4 + i,
  whole: i % 2 === 0,
  values: { 'fit.rate': 10 ** -(2 + i / 4), 'recipe.network.widths': [8 * (i + 1), 8] },
})
const spread = (mean: number) => ({ mean, deviation: 0.01 })
const iteration = (inputs: string[], value: number, removed: string[]) => ({
  inputs,
  value,
  train: value - 0.01,
  importance: Object.fromEntries(inputs.map((name, i) => [name, 0.01 * (i + 1)])),
  removed,
})
const INPUTS = ['leading_jet_transverse_momentum', 'delta_phi', 'mass', 'missing_transverse_momentum']
const found = {
  system: 'test',
  objective: { metric: 'loss', direction: 'minimize', tolerance: 0 },
  search: Array.from({ length: 12 }, (_, i) => trial(i)),
  elimination: {
    iterations: [iteration(INPUTS, 0.2, ['mass']), iteration(INPUTS.slice(0, 2), 0.21, [])],
    chosen: 1,
  },
  secondSearch: [],
  crossValidation: ['start', 'best'].map((name) => ({
    name,
    folds: Array.from({ length: 5 }, (_, k) => ({ train: 0.2, validation: 0.21, test: 0.22 + k / 100 })),
    train: spread(0.2),
    validation: spread(0.21),
    test: spread(0.22),
  })),
} as unknown as Optimization

describe.skipIf(!needServers('chromium'))('reports in a browser', { timeout: LIMIT }, () => {
  const folder = temporaryFolder()
  let browser: Browser
  let pages: Readonly<Record<'run' | 'optimization', string>>
  beforeAll(async () => {
    browser = await openBrowser()
    const run = join(folder.path, 'run')
    const few = ['data.fraction=0.1', 'fit.epochs=2', 'recipe.network.kind=mlp', 'recipe.network.widths=[8]']
    const sets = few.flatMap((set) => ['--set', set])
    const files = ['--set', `data.files=[${repository('demo/data/zj.arrow')}]`]
    for (const args of [
      ['train', 'polarization-regression', '--out', run, '--quiet', ...files, ...sets],
      ['report', run],
    ]) {
      const { code, err } = await spillway(args)
      expect(code, err).toBe(0)
    }
    const optimization = join(folder.path, 'optimization.html')
    writeFileSync(optimization, await reportHtml(optimizationReport('a test', found)))
    pages = { run: join(run, 'report.html'), optimization }
  }, LIMIT)
  afterAll(() => browser?.close())

  it.each<['run' | 'optimization', string, BrowserContextOptions]>([
    ['run', 'light', { colorScheme: 'light' }],
    ['run', 'phone-dark', { ...PHONE, colorScheme: 'dark' }],
    ['optimization', 'dark', { colorScheme: 'dark' }],
    ['optimization', 'phone', { ...PHONE, colorScheme: 'light' }],
  ])(
    '%s, %s: no complaint, no serious accessibility issue, nothing beyond the edge',
    async (kind, name, options) => {
      const { page, complaints } = await openPage(browser, pathToFileURL(pages[kind]).href, options)
      expect(await page.locator('figure').count()).toBeGreaterThan(3)
      // Drawn, and not a point high.
      for (const box of await page.locator('figure svg').all())
        expect((await box.boundingBox())!.height).toBeGreaterThan(100)
      await picture(page, `report-${kind}-${name}`)
      expect(await axeIssues(page)).toEqual([])
      const [content, width] = (await page.evaluate(
        '[document.documentElement.scrollWidth, innerWidth]',
      )) as number[]
      expect(content).toBeLessThanOrEqual(width)
      expect(complaints).toEqual([])
      await page.context().close()
    },
  )
})
