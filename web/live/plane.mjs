import { svg } from './dom.mjs'
import { digits } from './format.mjs'

/** @import { Collection } from '../../src/stream/live/event-view.js' */

const WIDTH = 480
const HEIGHT = 360
const LEFT = 40
const RIGHT = WIDTH - 8
const TOP = 8
const BOTTOM = HEIGHT - 30
const COLOURS = 8
const LARGEST = 24
/** Half widths of the whole detector, and of the surroundings of one jet. */
const WHOLE = { eta: 5, phi: Math.PI }
const NEAR = { eta: 1.2, phi: 1.2 }

/** Into (-π, π]. @param {number} phi */
const wrapped = (phi) => phi - 2 * Math.PI * Math.ceil((phi - Math.PI) / (2 * Math.PI))

/** A part of the η–φ plane: its centre and half widths. */
class View {
  /** @param {{ eta: number, phi: number }} centre @param {{ eta: number, phi: number }} half */
  constructor(centre, half) {
    this.centre = centre
    this.half = half
  }

  /** @param {number} eta */
  x(eta) {
    return (LEFT + RIGHT) / 2 + ((eta - this.centre.eta) / this.half.eta) * ((RIGHT - LEFT) / 2)
  }

  /** @param {number} phi From the centre, rad. */
  y(phi) {
    return (TOP + BOTTOM) / 2 - (phi / this.half.phi) * ((BOTTOM - TOP) / 2)
  }

  /** Whether a direction is inside. @param {number} eta @param {number} phi */
  holds(eta, phi) {
    return (
      Math.abs(eta - this.centre.eta) <= this.half.eta &&
      Math.abs(wrapped(phi - this.centre.phi)) <= this.half.phi
    )
  }
}

/**
 * The whole plane, or the surroundings of the hardest object where everything lies near it.
 * @param {readonly Collection[]} collections
 */
function viewOf(collections) {
  const all = collections.flatMap(({ pt, eta, phi }) =>
    eta === null ? [] : pt.map((value, i) => ({ pt: value, eta: eta[i], phi: phi[i] })),
  )
  const hardest = all.reduce((best, one) => (one.pt > (best?.pt ?? 0) ? one : best), all.at(0))
  if (hardest !== undefined) {
    const near = new View(hardest, NEAR)
    if (all.length > 1 && all.every(({ eta, phi }) => near.holds(eta, phi))) return near
  }
  return new View({ eta: 0, phi: 0 }, WHOLE)
}

/**
 * Directions of an event in the η–φ plane; areas are proportional to pT.
 * @param {readonly Collection[]} collections All of the event: they decide the view.
 * @param {(name: string) => boolean} isShown
 * @returns {SVGElement[]}
 */
export function plane(collections, isShown) {
  const view = viewOf(collections)
  const most = Math.max(1e-9, ...collections.flatMap(({ pt }) => pt).filter(Number.isFinite))
  const marks = collections.flatMap((collection, index) =>
    isShown(collection.name) ? marksOf(collection, `s${index % COLOURS}`, view, most) : [],
  )
  return [...frame(view), ...marks]
}

/**
 * @param {Collection} collection
 * @param {string} colour
 * @param {View} view
 * @param {number} most
 * @returns {SVGElement[]}
 */
function marksOf({ name, pt, eta, phi }, colour, view, most) {
  return pt.flatMap((value, i) => {
    const away = wrapped(phi[i] - view.centre.phi)
    if (!(value > 0) || !Number.isFinite(away)) return []
    const where = eta === null ? '' : `η ${digits(eta[i])}, `
    const title = svg('title', {}, `${name}: pT ${digits(value)}, ${where}φ ${digits(phi[i])}`)
    if (eta === null) {
      if (Math.abs(away) > view.half.phi) return []
      const y = view.y(away)
      const line = { x1: LEFT, x2: RIGHT, y1: y, y2: y, 'stroke-width': 1.5, 'stroke-dasharray': '6 4' }
      return [/** @type {SVGElement} */ (svg('line', { ...line, class: colour }, title))]
    }
    if (!view.holds(eta[i], phi[i])) return []
    const r = Math.max(1.5, LARGEST * Math.sqrt(value / most)).toFixed(1)
    const cx = view.x(eta[i]).toFixed(1)
    const cy = view.y(away).toFixed(1)
    return [svg('circle', { cx, cy, r, class: `dot ${colour}` }, title)]
  })
}

/** @param {View} view @returns {SVGElement[]} */
function frame(view) {
  const { centre, half } = view
  const etas = ticks(centre.eta, half.eta, half.eta > 2 ? 2 : 0.5)
  const phis =
    half.phi === Math.PI ? [-Math.PI, -Math.PI / 2, 0, Math.PI / 2, Math.PI] : ticks(0, half.phi, 0.5)
  const name = (/** @type {number} */ phi) =>
    half.phi === Math.PI ? nameOfAngle(phi) : signed(wrapped(phi + centre.phi))
  return [
    ...etas.map((eta) =>
      svg('line', { x1: view.x(eta), x2: view.x(eta), y1: TOP, y2: BOTTOM, class: 'gridline' }),
    ),
    ...phis.map((phi) =>
      svg('line', { x1: LEFT, x2: RIGHT, y1: view.y(phi), y2: view.y(phi), class: 'gridline' }),
    ),
    ...etas.map((eta) =>
      svg('text', { x: view.x(eta), y: BOTTOM + 14, 'text-anchor': 'middle' }, signed(eta)),
    ),
    ...phis.map((phi) =>
      svg('text', { x: LEFT - 4, y: Math.max(TOP + 8, view.y(phi) + 3), 'text-anchor': 'end' }, name(phi)),
    ),
    svg('text', { x: (LEFT + RIGHT) / 2, y: HEIGHT - 3, 'text-anchor': 'middle' }, 'η'),
    svg('text', { x: 2, y: (TOP + BOTTOM) / 2 - 14 }, 'φ'),
    svg('rect', { x: LEFT, y: TOP, width: RIGHT - LEFT, height: BOTTOM - TOP, class: 'axis' }),
  ]
}

/** Multiples of `step` inside. @param {number} centre @param {number} half @param {number} step */
function ticks(centre, half, step) {
  const first = Math.ceil((centre - half) / step)
  const last = Math.floor((centre + half) / step)
  return Array.from({ length: last - first + 1 }, (_, i) => (first + i) * step)
}

/** @param {number} value */
const signed = (value) => digits(Math.round(value * 100) / 100).replace('-', '−')

/** @param {number} phi A multiple of π/2. */
function nameOfAngle(phi) {
  const names = ['−π', '−π/2', '0', 'π/2', 'π']
  return names[Math.round(phi / (Math.PI / 2)) + 2]
}

export const PICTURE = `0 0 ${WIDTH} ${HEIGHT}`
