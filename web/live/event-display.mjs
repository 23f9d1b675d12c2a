import { byId, html, setText, svg } from './dom.mjs'
import { digits } from './format.mjs'
import { PICTURE, plane } from './plane.mjs'
import { table } from './tables.mjs'

/** @import { Collection, EventView } from '../../src/stream/live/event-view.js' */

const COLOURS = 8

/** One recent event: its picture, a legend whose buttons hide collections, and its scores. */
export class EventDisplay {
  #picture = byId('event-picture')
  #legend = byId('event-legend')
  #values = byId('event-values')
  #held = false
  /** @type {Set<string>} */
  #hidden = new Set()
  /** @type {EventView | null} */
  #event = null

  /** @param {AbortSignal} signal Ends its listeners. */
  constructor(signal) {
    const button = byId('event-hold')
    button.setAttribute('aria-pressed', 'false')
    this.#legend.replaceChildren()
    const turn = () => {
      this.#held = !this.#held
      button.setAttribute('aria-pressed', String(this.#held))
    }
    button.addEventListener('click', turn, { signal })
  }

  /** @param {EventView | null} event */
  show(event) {
    if (event === null || this.#held || event.event === this.#event?.event) return
    this.#event = event
    this.#draw(event)
  }

  /** @param {EventView} event */
  #draw({ event, accepted, chains, scores, collections, left }) {
    const items = collections.map(({ name, pt }) => `${pt.length} ${name}`).join(', ')
    const marks = plane(collections, (name) => !this.#hidden.has(name))
    const picture = svg('svg', { viewBox: PICTURE, role: 'img' }, ...marks)
    picture.setAttribute('aria-label', `Event ${event} in pseudorapidity and azimuth: ${items}`)
    this.#picture.replaceChildren(picture)
    const kind = accepted === null ? '' : accepted ? ', accepted' : ', not accepted'
    const more = left > 0 ? `; ${left} soft items are not drawn` : ''
    const text = `Event ${event}${kind}${more}. Areas are proportional to pT; dashed lines have no η.`
    setText(byId('event-caption'), text)
    this.#showLegend(collections)
    const rows = scores.map(({ name, value }) => [name, digits(value)])
    const passed = chains.length > 0 ? [['chains', chains.join(', ')]] : []
    table(this.#values, 'Scores of this event', ['column', 'value'], [...rows, ...passed])
  }

  /** @param {readonly Collection[]} collections */
  #showLegend(collections) {
    const names = collections.map(({ name }) => name)
    const before = [...this.#legend.children].map((child) => child.getAttribute('data-name'))
    if (before.join() !== names.join())
      this.#legend.replaceChildren(...names.map((name, index) => this.#button(name, index)))
    for (const [index, button] of [...this.#legend.children].entries()) {
      const { name, pt } = collections[index]
      setText(/** @type {Element} */ (button.lastElementChild), `${name} ${pt.length}`)
    }
  }

  /** @param {string} name @param {number} index */
  #button(name, index) {
    const dot = svg('circle', { cx: 6, cy: 6, r: 5, class: `s${index % COLOURS}` })
    const mark = svg('svg', { viewBox: '0 0 12 12', 'aria-hidden': 'true' }, dot)
    const state = { 'aria-pressed': String(!this.#hidden.has(name)), 'data-name': name }
    const button = html('button', { type: 'button', ...state }, mark, html('span'))
    button.addEventListener('click', () => {
      if (!this.#hidden.delete(name)) this.#hidden.add(name)
      button.setAttribute('aria-pressed', String(!this.#hidden.has(name)))
      if (this.#event !== null) this.#draw(this.#event)
    })
    return button
  }
}
