import type { BoundFeatures } from '../feature-builder.js'

/** One tensor [n, columns] of columns with a value an event, side by side. */
export function rowsOf(events: number, columns: readonly Float64Array[]): BoundFeatures {
  const { length: width } = columns
  return {
    items: events,
    lengths: null,
    fill(items, from, to, slot, _length, [out]) {
      for (let i = from, at = slot * width; i < to; i++, at += width) {
        for (let c = 0; c < width; c++) out[at + c] = columns[c][items[i]]
      }
    },
  }
}
