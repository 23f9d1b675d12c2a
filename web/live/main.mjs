import { byId, setAttribute, setText } from './dom.mjs'
import { Page } from './page.mjs'
import { followTheme } from './theme.mjs'

/** @import { LiveState } from '../../src/stream/live/state.js' */

/** Without a tick for so long, the page says so. */
const SILENT_MS = 4_000

/** @param {string} text */
function showTrouble(text) {
  setAttribute(byId('status'), 'data-state', 'bad')
  setText(byId('status'), text)
}

function start() {
  /** @type {Page | undefined} */
  let page
  let heard = Date.now()
  followTheme(byId('theme'), () => page?.recolour())
  byId('span').addEventListener('change', () => page?.redraw())
  const source = new EventSource('/live/events')
  source.addEventListener('state', ({ data }) => {
    heard = Date.now()
    const state = /** @type {LiveState} */ (JSON.parse(data))
    if (page?.process === state.about.process) page.restore(state)
    else {
      page?.close()
      page = new Page(state)
    }
  })
  source.addEventListener('tick', ({ data }) => {
    heard = Date.now()
    page?.tick(JSON.parse(data))
  })
  source.addEventListener('error', () => showTrouble('no connection; trying again'))
  setInterval(() => {
    if (page !== undefined && Date.now() - heard > SILENT_MS) showTrouble('no news from the process')
  }, 1_000)
}

start()
