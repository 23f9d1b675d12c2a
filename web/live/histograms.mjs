import { html, setAttribute, setText, svg } from './dom.mjs'
import { digits, percent, whole } from './format.mjs'

/** @import { ScoreHistogram } from '../../src/stream/live/score-samples.js' */

const WIDTH = 320
const HEIGHT = 130
const BOTTOM = 16

/** One figure for each score column; made once, then only its bars move. */
export class Histograms {
  #parent
  /** @type {Map<string, { bars: SVGRectElement[], low: Element, high: Element, caption: Element }>} */
  #figures = new Map()

  /** @param {HTMLElement} parent */
  constructor(parent) {
    this.#parent = parent
  }

  /** @param {readonly ScoreHistogram[]} histograms */
  show(histograms) {
    for (const histogram of histograms) {
      const { column, counts, low, high, sampled, outside } = histogram
      const figure = this.#figures.get(column) ?? this.#make(histogram)
      const most = Math.max(1, ...counts)
      figure.bars.forEach((bar, i) => {
        const height = ((counts[i] ?? 0) / most) * (HEIGHT - BOTTOM)
        setAttribute(bar, 'y', (HEIGHT - BOTTOM - height).toFixed(1))
        setAttribute(bar, 'height', height.toFixed(1))
      })
      setText(figure.low, digits(low))
      setText(figure.high, digits(high))
      const beyond = outside === 0 ? '' : `; ${percent(outside / sampled)} beyond the range`
      setText(figure.caption, `${whole(sampled)} values${beyond}`)
    }
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
    const line = svg('line', { x1: 0, x2: WIDTH, y1: base, y2: base, class: 'axis' })
    const picture = svg('svg', { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: 'img' }, ...bars, line, low, high)
    picture.setAttribute('aria-label', `Histogram of ${column}`)
    const caption = html('figcaption', { class: 'soft' })
    this.#parent.append(html('figure', {}, html('h3', {}, column), picture, caption))
    const made = { bars, low, high, caption }
    this.#figures.set(column, made)
    return made
  }
}
