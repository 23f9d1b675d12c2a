import type { Run } from './load.js'
import type { Numbers } from './loops.js'

/** A typed array of any kind, or several kinds at once. */
interface Indexed {
  [index: number]: number
}

/** Repeats each event's value for all items of its list. */
export function spreadInto(values: Indexed, offsets: Int32Array, rows: number, out: Indexed): void {
  for (let row = 0; row < rows; row++) {
    const value = values[row]
    for (let i = offsets[row]; i < offsets[row + 1]; i++) out[i] = value
  }
}

/**
 * Flat positions of `list[index]`, one per event; -1 where there is no such item. Indices count from 0, negative
 * ones from the end. The positions lie in the codes register at `depth`.
 */
export function itemPositions(
  axis: string,
  index: (run: Run) => Numbers,
  depth: number,
): (run: Run) => Int32Array {
  return (run) => {
    const { rows } = run.events
    const offsets = run.events.offsets(axis)
    const wanted = index(run)
    const out = run.registers.codes(depth, rows)
    for (let row = 0; row < rows; row++) {
      const at = (wanted[row] < 0 ? offsets[row + 1] : offsets[row]) + wanted[row]
      out[row] = Number.isInteger(at) && at >= offsets[row] && at < offsets[row + 1] ? at : -1
    }
    return out
  }
}

/** The values at these positions, `none` where the position is -1. `out` may be `positions` itself. */
export function pick(values: Indexed, positions: Int32Array, out: Indexed, rows: number, none: number): void {
  for (let row = 0; row < rows; row++) out[row] = positions[row] < 0 ? none : values[positions[row]]
}
