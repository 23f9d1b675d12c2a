import { html, setAttribute, setText, svg } from './dom.mjs'
import { digits, percent, whole } from './format.mjs'

/** @import { ScoreHistogram, ScoreReference } from '../../src/stream/live/score-samples.js' */

const WIDTH = 320
const HEIGHT = 130
const BOTTOM = 16

/** Fewer values say nothing of drift. */
const LEAST = 500
/** Customary: from here on it is worth a look, and an alarm. */
const LOOK = 0.1
const ALARM = 0.25

/** Tops of bars as one line. @param {readonly number[]} heights */
const outline = (heights) =>
  heights
    .flatMap((height, i) => {
      const y = (HEIGHT - BOTTOM - height).toFixed(1)
      const [left, right] = [i, i + 1].map((edge) => ((edge * WIDTH) / heights.length).toFixed(1))
      return [`${left},${y}`, `${right},${y}`]
    })
    .join(' ')

/** @param {ScoreReference | null} reference */
function driftText(reference) {
  if (reference === null) return ''
  const { psi, count } = reference
  if (count < LEAST) return '; too few for a PSI yet'
  return `; PSI ${digits(psi)}${psi > LOOK ? ', unlike the training sample' : ''}`
}

/** @param {ScoreReference | null} reference */
const stateOf = (reference) =>
  reference === null || reference.count < LEAST || reference.psi <= LOOK
    ? ''
    : reference.psi <= ALARM
      ? 'warn'
      : 'bad'

/** One figure for each score column; made once, then only its bars move. */
export class Histograms {
  #parent
  /** @type {Map<string, { figure: HTMLElement, bars: SVGRectElement[], line: Element, low: Element, high: Element, caption: Element }>} */
  #figures = new Map()

  /** @param {HTMLElement} parent */
  constructor(parent) {
    this.#parent = parent
  }

  /** @param {readonly ScoreHistogram[]} histograms */
  show(histograms) {
    for (const histogram of histograms) {
      const { column, counts, low, high, sampled, outside, reference } = histogram
      const figure = this.#figures.get(column) ?? this.#make(histogram)
      const expected = reference?.shares ?? []
      const most = Math.max(1 / sampled, ...counts.map((count) => count / sampled), ...expected)
      const heightOf = (/** @type {number} */ share) => (share / most) * (HEIGHT - BOTTOM - 2)
      figure.bars.forEach((bar, i) => {
        const height = heightOf((counts[i] ?? 0) / sampled)
        setAttribute(bar, 'y', (HEIGHT - BOTTOM - height).toFixed(1))
        setAttribute(bar, 'height', height.toFixed(1))
      })
      setAttribute(figure.line, 'points', outline(expected.map(heightOf)))
      setText(figure.low, digits(low))
      setText(figure.high, digits(high))
      const beyond = outside === 0 ? '' : `; ${percent(outside / sampled)} beyond the range`
      setText(figure.caption, `${whole(sampled)} values${beyond}${driftText(reference)}`)
      setAttribute(figure.caption, 'data-state', stateOf(reference))
    }
    for (const [column, { figure }] of this.#figures)
      figure.hidden = histograms.every((one) => one.column !== column)
  }

  /** @param {ScoreHistogram} histogram */
  #make({ column, counts }) {
    const width = WIDTH / counts.length
    const bars = counts.map((_, i) =>
      svg('rect', {
        x: (i * width).toFixed(2),
        width: (width - 0.6).toFixed(2),
        y: 0,
        height: 0,
        class: 'bar s0',
      }),
    )
    const y = HEIGHT - 3
    const low = svg('text', { x: 0, y })
    const high = svg('text', { x: WIDTH, y, 'text-anchor': 'end' })
    const base = HEIGHT - BOTTOM
    const axis = svg('line', { x1: 0, x2: WIDTH, y1: base, y2: base, class: 'axis' })
    const line = svg('polyline', { class: 'reference' })
    const marks = [...bars, axis, line, low, high]
    const picture = svg('svg', { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: 'img' }, ...marks)
    picture.setAttribute('aria-label', `Histogram of ${column}`)
    const caption = html('figcaption', { class: 'soft' })
    const figure = html('figure', {}, html('h3', {}, column), picture, caption)
    this.#parent.append(figure)
    const made = { figure, bars, line, low, high, caption }
    this.#figures.set(column, made)
    return made
  }
}
