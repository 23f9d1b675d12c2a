import { html, setText, svg } from './dom.mjs'
import { colour } from './theme.mjs'
import uPlot from './uplot.mjs'

/** @import { History } from './history.mjs' */

/**
 * A figure over time.
 * @typedef {object} ChartSpec
 * @property {string} title
 * @property {readonly { name: string, label: string }[]} series Names of the history, and what they are called.
 * @property {(value: number | null | undefined) => string} format Of values, with their unit.
 * @property {number} [most] Upper end of the axis; the data's when absent.
 */

const HEIGHT = 180
const COLOURS = 8
/** Different dashes beside different colours: not everyone tells colours apart. */
const DASHES = [[], [8, 4], [2, 3], [10, 3, 2, 3]]

/** 13:05, or 13:05:20 between whole minutes. @param {number} seconds since 1970 */
function timeOfDay(seconds) {
  const time = new Date(seconds * 1000)
  const parts = [time.getHours(), time.getMinutes(), time.getSeconds()]
  return parts
    .slice(0, parts[2] === 0 ? 2 : 3)
    .map((part) => String(part).padStart(2, '0'))
    .join(':')
}

/** One chart with a legend of buttons that also shows the last values. */
export class Chart {
  #spec
  #plot
  #box
  /** @type {{ value: HTMLElement, button: HTMLButtonElement, name: string }[]} */
  #legend = []
  #resized = new ResizeObserver(() => this.#resize())

  /** @param {ChartSpec} spec @param {HTMLElement} parent */
  constructor(spec, parent) {
    this.#spec = spec
    this.#box = html('div', { class: 'plot', role: 'img', 'aria-label': `${spec.title} over time` })
    const legend = html('div', { class: 'legend' })
    parent.append(html('figure', {}, html('h3', {}, spec.title), this.#box, legend))
    this.#plot = new uPlot(this.#options(), [[], ...spec.series.map(() => [])], this.#box)
    for (const [index, { name, label }] of spec.series.entries())
      legend.append(this.#button(name, label, index))
    this.#resized.observe(this.#box)
  }

  /** @param {History} history @param {'recent' | 'day'} span */
  show(history, span) {
    const names = this.#spec.series.map(({ name }) => name)
    this.#plot.setData(history.columns(span, names))
    for (const { value, name } of this.#legend)
      setText(value, this.#spec.format(history.recent.values[name]?.at(-1)))
  }

  close() {
    this.#resized.disconnect()
    this.#plot.destroy()
  }

  /** After the colours changed. */
  redraw() {
    this.#plot.redraw(false)
  }

  #resize() {
    const width = Math.floor(this.#box.clientWidth)
    if (width > 0 && width !== this.#plot.width) this.#plot.setSize({ width, height: HEIGHT })
  }

  /** @param {string} name @param {string} label @param {number} index */
  #button(name, label, index) {
    const dash = DASHES[index % DASHES.length].join(' ')
    const line = svg('line', { x1: 0, x2: 16, y1: 6, y2: 6, class: `s${index % COLOURS}`, 'stroke-width': 3 })
    line.setAttribute('stroke-dasharray', dash)
    const value = html('strong')
    const mark = svg('svg', { viewBox: '0 0 16 12', 'aria-hidden': 'true' }, line)
    const button = html('button', { type: 'button', 'aria-pressed': 'true' }, mark, label, value)
    button.addEventListener('click', () => {
      const shown = button.getAttribute('aria-pressed') !== 'true'
      button.setAttribute('aria-pressed', String(shown))
      this.#plot.setSeries(index + 1, { show: shown })
    })
    this.#legend.push({ value, button, name })
    return button
  }

  /** @returns {uPlot.Options} */
  #options() {
    const { series, format, most } = this.#spec
    const soft = () => colour('soft')
    const grid = { stroke: () => colour('grid'), width: 1 }
    const axis = { stroke: soft, grid, ticks: grid, font: '11px system-ui, sans-serif' }
    return {
      width: 320,
      height: HEIGHT,
      legend: { show: false },
      cursor: { drag: { x: false, y: false }, points: { show: false } },
      scales: { y: { range: (_plot, _low, high) => [0, most ?? (high > 0 ? high * 1.05 : 1)] } },
      axes: [
        { ...axis, space: 75, values: (_plot, ticks) => ticks.map(timeOfDay) },
        { ...axis, size: 62, values: (_plot, ticks) => ticks.map((tick) => format(tick)) },
      ],
      series: [
        {},
        ...series.map(({ label }, index) => ({
          label,
          stroke: () => colour(`c${index % COLOURS}`),
          width: 1.5,
          dash: DASHES[index % DASHES.length],
          points: { show: false },
          spanGaps: false,
        })),
      ],
    }
  }
}
