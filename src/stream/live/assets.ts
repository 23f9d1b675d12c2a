import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'

/** One file of the page. */
export interface Asset {
  readonly path: string
  readonly type: string
  readonly body: Buffer
}

/** The page's files lie beside the program, as they are written: dist/stream/live → web/live. */
const WEB = fileURLToPath(new URL('../../../web/live/', import.meta.url))
const SCRIPT = 'text/javascript; charset=utf-8'
const STYLE = 'text/css; charset=utf-8'

const OWN = [
  ['/', 'index.html', 'text/html; charset=utf-8'],
  ['/live/live.css', 'live.css', STYLE],
  ['/live/icon.svg', 'icon.svg', 'image/svg+xml'],
  ['/live/main.mjs', 'main.mjs', SCRIPT],
  ['/live/actions.mjs', 'actions.mjs', SCRIPT],
  ['/live/chart-list.mjs', 'chart-list.mjs', SCRIPT],
  ['/live/charts.mjs', 'charts.mjs', SCRIPT],
  ['/live/dom.mjs', 'dom.mjs', SCRIPT],
  ['/live/event-display.mjs', 'event-display.mjs', SCRIPT],
  ['/live/format.mjs', 'format.mjs', SCRIPT],
  ['/live/group.mjs', 'group.mjs', SCRIPT],
  ['/live/histograms.mjs', 'histograms.mjs', SCRIPT],
  ['/live/history.mjs', 'history.mjs', SCRIPT],
  ['/live/models.mjs', 'models.mjs', SCRIPT],
  ['/live/page.mjs', 'page.mjs', SCRIPT],
  ['/live/plane.mjs', 'plane.mjs', SCRIPT],
  ['/live/problems.mjs', 'problems.mjs', SCRIPT],
  ['/live/tables.mjs', 'tables.mjs', SCRIPT],
  ['/live/theme.mjs', 'theme.mjs', SCRIPT],
] as const

/** Every file that the page may ask for, read once. Nothing else of the file system is served. */
export function readAssets(): readonly Asset[] {
  const uplot = createRequire(import.meta.url)
  const vendored = [
    ['/live/uplot.mjs', uplot.resolve('uplot/dist/uPlot.esm.js'), SCRIPT],
    ['/live/uplot.css', uplot.resolve('uplot/dist/uPlot.min.css'), STYLE],
  ] as const
  const files = [...OWN.map(([path, file, type]) => [path, WEB + file, type] as const), ...vendored]
  return files.map(([path, file, type]) => ({ path, type, body: readFileSync(file) }))
}
