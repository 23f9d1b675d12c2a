/** @import { Point, Series } from '../../src/stream/live/history.js' */

/** Points that a page keeps of each kind: as many as the server. */
const MOST = { recent: 600, day: 1440 }

/** @typedef {{ times: number[], values: Record<string, (number | null)[]> }} Points */

/** @param {Series} series @returns {Points} */
const copyOf = ({ times, values }) => ({
  times: [...times],
  values: Object.fromEntries(Object.entries(values).map(([name, list]) => [name, [...list]])),
})

/** The page's copy of the server's history; as bounded as that is. */
export class History {
  /** @param {{ recent: Series, day: Series }} state */
  constructor({ recent, day }) {
    this.recent = copyOf(recent)
    this.day = copyOf(day)
  }

  /**
   * @param {'recent' | 'day'} span
   * @param {number} time
   * @param {Point} point
   */
  add(span, time, point) {
    const { times, values } = this[span]
    for (const name of Object.keys(point)) values[name] ??= times.map(() => null)
    times.push(time)
    for (const [name, list] of Object.entries(values)) list.push(point[name] ?? null)
    if (times.length <= MOST[span]) return
    times.shift()
    for (const list of Object.values(values)) list.shift()
  }

  /**
   * Columns as uPlot wants them: times, then one list a name.
   * @param {'recent' | 'day'} span
   * @param {readonly string[]} names
   * @returns {[number[], ...(number | null)[][]]}
   */
  columns(span, names) {
    const { times, values } = this[span]
    return [times, ...names.map((name) => values[name] ?? times.map(() => null))]
  }
}
