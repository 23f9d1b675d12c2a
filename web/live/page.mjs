import { Actions } from './actions.mjs'
import { chartsOf } from './chart-list.mjs'
import { Chart } from './charts.mjs'
import { byId, html, setAttribute, setText } from './dom.mjs'
import { EventDisplay } from './event-display.mjs'
import { bytes, clock, duration, milliseconds, percent, short, whole } from './format.mjs'
import { showGroup } from './group.mjs'
import { Histograms } from './histograms.mjs'
import { History } from './history.mjs'
import { showModels } from './models.mjs'
import { showProblems } from './problems.mjs'
import { table } from './tables.mjs'

/** @import { LiveState, Now, Tick } from '../../src/stream/live/state.js' */

/** The page of one connected process. */
export class Page {
  #about
  #history
  #tiles = byId('tiles')
  #actions
  #event
  /** Ends the listeners of this page when another process takes its place. */
  #gone = new AbortController()
  #histograms
  /** @type {Chart[]} */
  #charts

  /** @param {LiveState} state */
  constructor({ about, recent, day, now }) {
    this.#about = about
    this.#history = new History({ recent, day })
    byId('charts').replaceChildren()
    byId('scores').replaceChildren()
    this.#charts = chartsOf(about).map((spec) => new Chart(spec, byId('charts')))
    this.#histograms = new Histograms(byId('scores'))
    this.#actions = new Actions(about, this.#gone.signal)
    this.#event = new EventDisplay(this.#gone.signal)
    document.title = `${about.pipeline} – Spillway`
    setText(byId('name'), about.pipeline)
    setText(byId('what'), about.description || `${about.source} → ${about.scores}`)
    this.#showNow(now)
    this.redraw()
  }

  get process() {
    return this.#about.process
  }

  /** After a reconnection to the same process. @param {LiveState} state */
  restore({ recent, day, now }) {
    this.#history = new History({ recent, day })
    this.#showNow(now)
    this.redraw()
  }

  /** @param {Tick} tick */
  tick({ time, point, minute, now }) {
    this.#history.add('recent', time, point)
    if (minute !== null) this.#history.add('day', time, minute)
    this.#showNow(now)
    if (span() === 'recent' || minute !== null) this.redraw()
  }

  /** Another process is shown from now on. */
  close() {
    this.#gone.abort()
    for (const chart of this.#charts) chart.close()
  }

  redraw() {
    for (const chart of this.#charts) chart.show(this.#history, span())
  }

  recolour() {
    for (const chart of this.#charts) chart.redraw()
  }

  /** @param {Now} now */
  #showNow(now) {
    showStatus(now)
    showProblems(now.problems)
    this.#showTiles(now)
    this.#histograms.show(now.scores)
    this.#event.show(now.event)
    this.#actions.show(now)
    this.#showChains(now)
    showModels(now)
    showGroup(now.group)
    const lanes = now.lanes.map(({ topic, partition, lag }) => [topic, String(partition), whole(lag)])
    table(byId('lanes'), 'Partitions', ['topic', 'partition', 'lag'], lanes, 'This process has no partition.')
    const codes = now.letters.byCode.map(({ code, count }) => [code, whole(count)])
    table(byId('codes'), 'Dead letters by code', ['code', 'count'], codes)
    const letters = now.letters.recent.map(({ time, code, place, message }) => [
      clock(time),
      code,
      place,
      message,
    ])
    table(byId('letters'), 'Newest dead letters', ['time', 'code', 'place', 'message'], letters, '')
    const notices = now.notices.map(({ time, text }) => [clock(time), text])
    table(byId('notices'), 'Notices', ['time', 'notice'], notices)
  }

  /** @param {Now} now */
  #showTiles({ totals, startedAt, letters }) {
    const last = (/** @type {string} */ name) => this.#history.recent.values[name]?.at(-1) ?? null
    const fills = this.#about.steps.map((step) => last(`fill.${step}`)).filter((value) => value !== null)
    const fill = fills.length === 0 ? null : Math.min(...fills)
    const letterRate = last('letters') ?? 0
    const tiles = [
      ['Events per second', short(last('events')), `${whole(totals.events)} in all`],
      [
        'Accepted per second',
        short(last('accepted')),
        `${percent(ratio(totals.accepted, totals.events))} of all`,
      ],
      ['Latency p50', milliseconds(last('latency.p50')), `p99 ${milliseconds(last('latency.p99'))}`],
      ['Lag', short(last('lag')), last('lag') === null ? 'unknown' : 'messages'],
      ['Batch fill', percent(fill), this.#about.steps.length > 1 ? 'of the emptiest step' : ''],
      [
        'Workers busy',
        percent(last('busy')),
        this.#about.workers === 1 ? '1 worker' : `${this.#about.workers} workers`,
      ],
      [
        'Dead letters',
        whole(totals.letters),
        letters.byCode[0]?.code ?? '',
        letterRate > 0 ? 'bad' : totals.letters > 0 ? 'warn' : '',
      ],
      ['Running for', duration(Date.now() / 1e3 - startedAt), `${bytes(totals.bytes)} read`],
    ]
    tiles.forEach(([name, value, note, state = ''], index) => {
      const tile = this.#tiles.children[index] ?? this.#tiles.appendChild(emptyTile())
      setAttribute(tile, 'data-state', state)
      for (const [i, text] of [name, value, note].entries()) setText(tile.children[i], text)
    })
  }

  /** @param {Now} now */
  #showChains({ totals }) {
    const rows = this.#about.chains.map(({ name, when, prescale }) => [
      name,
      short(this.#history.recent.values[`chain.${name}`]?.at(-1)),
      whole(totals.chains[name] ?? 0),
      percent(ratio(totals.chains[name] ?? 0, totals.events)),
      String(prescale),
      when,
    ])
    const head = ['chain', 'per second', 'events', 'fraction', 'prescale', 'expression']
    table(byId('chains'), 'Trigger menu', head, rows, 'This pipeline selects nothing.')
  }
}

const emptyTile = () => html('div', { class: 'tile' }, html('dt'), html('dd'), html('dd', { class: 'note' }))

/** @param {number} part @param {number} all */
const ratio = (part, all) => (all === 0 ? null : part / all)

/** @returns {'recent' | 'day'} */
const span = () =>
  document.querySelector('input[name="span"][value="day"]:checked') === null ? 'recent' : 'day'

/** @param {Pick<Now, 'paused' | 'problem'>} now */
function showStatus({ paused, problem }) {
  const status = byId('status')
  setAttribute(status, 'data-state', problem !== null ? 'bad' : paused ? 'warn' : 'good')
  setText(status, problem ?? (paused ? 'paused' : 'live'))
}
