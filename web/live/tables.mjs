import { html, setText } from './dom.mjs'

/** Columns whose cells are numbers or long texts, by their heads. */
const NUMBERS = new Set([
  'value',
  'per second',
  'fraction',
  'prescale',
  'version',
  'count',
  'lag',
  'events',
  'partitions',
  'latency p99',
  'dead letters',
  'PSI',
  'KS',
  'values',
])
const LONG = new Set(['message', 'expression', 'notice', 'fallbacks', 'what happened', 'models', 'health'])

/** @param {string} head */
const classOf = (head) => (NUMBERS.has(head) ? 'number' : LONG.has(head) ? 'long' : '')

/**
 * A table in `parent`, made once; afterwards only cells that changed are written.
 * @param {HTMLElement} parent
 * @param {string} name What it shows, for those who do not see it.
 * @param {readonly string[]} head
 * @param {readonly (readonly string[])[]} rows
 * @param {string} [empty] What stands there instead when there are no rows.
 */
export function table(parent, name, head, rows, empty = 'None.') {
  const body = parent.querySelector('tbody') ?? make(parent, name, head)
  const region = /** @type {HTMLElement} */ (parent.firstElementChild)
  const nothing = /** @type {HTMLElement} */ (parent.lastElementChild)
  region.hidden = rows.length === 0
  nothing.hidden = rows.length > 0
  setText(nothing, empty)
  while (body.rows.length > rows.length) body.deleteRow(-1)
  rows.forEach((cells, r) => {
    const row = body.rows[r] ?? body.insertRow()
    cells.forEach((text, c) => {
      const cell = row.cells[c] ?? row.insertCell()
      if (cell.className !== classOf(head[c])) cell.className = classOf(head[c])
      setText(cell, text)
    })
  })
}

/** @param {HTMLElement} parent @param {string} name @param {readonly string[]} head */
function make(parent, name, head) {
  const body = html('tbody')
  const heads = head.map((text) => html('th', { scope: 'col', class: classOf(text) }, text))
  const made = html('table', {}, html('thead', {}, html('tr', {}, ...heads)), body)
  // A region that scrolls must be reachable by keyboard.
  const region = html('div', { class: 'scroll', role: 'region', 'aria-label': name, tabindex: '0' }, made)
  parent.replaceChildren(region, html('p', { class: 'soft' }))
  return body
}
