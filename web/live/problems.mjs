import { byId, html, setAttribute, setText } from './dom.mjs'
import { clock } from './format.mjs'

/** @import { Problem } from '../../src/stream/live/state.js' */

/**
 * What is wrong, with a word on what to do. Only the number of things is announced to screen readers: sentences hold
 * numbers that change every second.
 * @param {readonly Problem[]} problems
 */
export function showProblems(problems) {
  const summary = byId('problems-summary')
  const state = problems.some(({ grave }) => grave) ? 'bad' : problems.length > 0 ? 'warn' : 'good'
  setAttribute(summary, 'data-state', state)
  setText(summary, summaryOf(problems.length))
  const list = byId('problems')
  while (list.children.length > problems.length) list.lastElementChild?.remove()
  problems.forEach(({ what, grave, text, action, at, alert }, index) => {
    const item = list.children[index] ?? list.appendChild(emptyItem())
    setAttribute(item, 'data-what', what)
    setAttribute(item, 'data-state', grave ? 'bad' : 'warn')
    const when = at === null ? '' : ` (${clock(at)})`
    setText(item.children[0], `${text}${when}`)
    setText(item.children[1], action)
    setText(item.children[2], alert === null ? '' : `Alert: ${alert}`)
  })
}

/** @param {number} count */
function summaryOf(count) {
  if (count === 0) return 'Nothing, as far as this process sees.'
  return count === 1
    ? 'One thing, now or in the last minutes:'
    : `${count} things, now or in the last minutes:`
}

const emptyItem = () =>
  html('li', {}, html('strong'), html('span', { class: 'action' }), html('span', { class: 'soft' }))
